"""nnU-Net v2, 2d: its own planning, preprocessing and trainer, with a smaller plan and a schedule by time (card.md)."""

import argparse
import json
import os
import random
import resource
import shutil
import time
from pathlib import Path

import numpy as np
import tifffile
from scipy import ndimage
from skimage.segmentation import find_boundaries, watershed

BACKGROUND, CORE, RIM = 0, 1, 2
NAME, PLANS, CONFIGURATION = "Dataset001_cells", "nnUNetPlans", "2d_small"
PATCH_PX, BATCH, FILTERS = 256, 2, (16, 256)  # the plan's own: batches of 25, 32 to 512 filters
ITERATIONS, VALIDATIONS = 20, 4  # of an epoch: its own 250 and 50 are longer than a small budget
END_SHARE = 0.97
START = time.monotonic()


def used(given):
    """Return the seconds used so far: of the processor, children included, or of the wall on a GPU."""
    if given.device != "cpu":
        return time.monotonic() - START
    found = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in found)


def classes(labels):
    """Return background, core and rim (2 px) of each cell, (H, W) uint8: nnU-Net itself knows no instances."""
    rim = find_boundaries(labels, mode="inner", connectivity=2)
    rim |= ndimage.binary_dilation(rim) & (labels > 0)
    return np.where(labels == 0, BACKGROUND, np.where(rim, RIM, CORE)).astype(np.uint8)


def instances(found):
    """Return instance ids, (H, W) uint16, of the classes: components of the core, grown into the rim."""
    seeds, _ = ndimage.label(found == CORE)
    distance = ndimage.distance_transform_edt(seeds == 0)
    return watershed(distance, seeds, mask=found != BACKGROUND).astype(np.uint16)


def folders(model):
    """Name nnU-Net's three folders, below that of the model, before it is imported."""
    for name in ("nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results"):
        os.environ[name] = str(model / name)
        (model / name / NAME).mkdir(parents=True, exist_ok=True)
    os.environ["nnUNet_def_n_proc"] = "1"
    os.environ["nnUNet_compile"] = "false"


def write_raw(given):
    """Write the images as nnU-Net wants them; return the case names of training and validation."""
    raw = given.model / "nnUNet_raw" / NAME
    names = {}
    for role in ("train", "validation"):
        images, labels = getattr(given, f"{role}_images"), getattr(given, f"{role}_labels")
        paths = sorted(images.glob("*.tif"))
        names[role] = [f"{role}{number:05d}" for number in range(len(paths))]
        for path, name in zip(paths, names[role], strict=True):
            (raw / "imagesTr").mkdir(exist_ok=True)
            (raw / "labelsTr").mkdir(exist_ok=True)
            tifffile.imwrite(raw / "imagesTr" / f"{name}_0000.tif", tifffile.imread(path))
            tifffile.imwrite(raw / "labelsTr" / f"{name}.tif", classes(tifffile.imread(labels / path.name)))
    dataset = {
        "channel_names": {"0": "grey"},
        "labels": {"background": BACKGROUND, "core": CORE, "rim": RIM},
        "numTraining": sum(map(len, names.values())),
        "file_ending": ".tif",
        "overwrite_image_reader_writer": "NaturalImage2DIO",
    }
    (raw / "dataset.json").write_text(json.dumps(dataset))
    return names


def plan(given, names):
    """Plan and preprocess as nnU-Net does, then add a smaller plan that inherits from its own, and our split."""
    from nnunetv2.experiment_planning.plan_and_preprocess_api import extract_fingerprints, plan_experiments, preprocess

    extract_fingerprints([1], num_processes=1, check_dataset_integrity=False, show_progress_bar=False)
    plan_experiments([1])
    prepared = given.model / "nnUNet_preprocessed" / NAME
    path = prepared / f"{PLANS}.json"
    plans = json.loads(path.read_text())
    own = plans["configurations"]["2d"]
    network = json.loads(json.dumps(own["architecture"]))
    patch = [min(PATCH_PX, side) for side in own["patch_size"]]
    arch = network["arch_kwargs"]
    stages = arch["n_stages"]
    while stages > 2 and min(patch) < 4 * 2 ** (stages - 1):
        stages -= 1
    for key, value in arch.items():
        if isinstance(value, list) and len(value) == arch["n_stages"]:
            arch[key] = value[:stages]
        elif isinstance(value, list) and len(value) == arch["n_stages"] - 1:
            arch[key] = value[: stages - 1]
    arch["n_stages"] = stages
    arch["features_per_stage"] = [min(FILTERS[0] * 2**stage, FILTERS[1]) for stage in range(stages)]
    step = [int(np.prod([stride[axis] for stride in arch["strides"]])) for axis in (0, 1)]
    patch = [max(side // each * each, each) for side, each in zip(patch, step, strict=True)]
    plans["configurations"][CONFIGURATION] = {
        "inherits_from": "2d",
        "batch_size": BATCH,
        "patch_size": patch,
        "architecture": network,
    }
    path.write_text(json.dumps(plans, indent=2))
    preprocess([1], configurations=["2d"], num_processes=[1], show_progress_bar=False)
    splits = [{"train": names["train"], "val": names["validation"]}]
    (prepared / "splits_final.json").write_text(json.dumps(splits))
    return {"patch_px": patch, "filters": arch["features_per_stage"], "batch": BATCH}


def train(given):
    folders(given.model)
    told = plan(given, write_raw(given))
    told["seconds_before_training"] = round(used(given), 1)
    os.environ["nnUNet_n_proc_DA"] = "0"  # with it the planning crashes; without it the training starts processes
    import torch
    from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer

    torch.set_num_threads(given.threads)
    torch.manual_seed(given.seed)
    np.random.seed(given.seed)
    random.seed(given.seed)
    begin, end = used(given), END_SHARE * given.seconds

    class BudgetTrainer(nnUNetTrainer):
        """nnU-Net's trainer; its rate falls with the time used instead of with the epoch, by the same power."""

        def on_train_epoch_start(self):
            super().on_train_epoch_start()
            part = min((used(given) - begin) / max(end - begin, 1e-9), 0.999)
            rate = self.initial_lr * (1 - part) ** 0.9
            for group in self.optimizer.param_groups:
                group["lr"] = rate

        def run_training(self):
            self.on_train_start()
            torch.set_num_threads(given.threads)
            longest = 0.0
            while self.current_epoch < 3 or used(given) + longest < end:
                before = used(given)
                self.on_epoch_start()
                self.on_train_epoch_start()
                outputs = []
                for _ in range(self.num_iterations_per_epoch):
                    outputs.append(self.train_step(next(self.dataloader_train)))
                    if used(given) > end:
                        break
                self.on_train_epoch_end(outputs)
                with torch.no_grad():
                    self.on_validation_epoch_start()
                    batches = range(self.num_val_iterations_per_epoch)
                    self.on_validation_epoch_end([self.validation_step(next(self.dataloader_val)) for _ in batches])
                self.on_epoch_end()
                longest = max(longest, used(given) - before)
                if used(given) > end:
                    break
            self.on_train_end()

    BudgetTrainer.__name__ = nnUNetTrainer.__name__  # so that nnU-Net's predictor finds the class that it restores
    prepared = given.model / "nnUNet_preprocessed" / NAME
    plans = json.loads((prepared / f"{PLANS}.json").read_text()) | {"continue_training": False}
    dataset = json.loads((prepared / "dataset.json").read_text())
    device = torch.device(given.device)
    trainer = BudgetTrainer(plans=plans, configuration=CONFIGURATION, fold=0, dataset_json=dataset, device=device)
    trainer.num_iterations_per_epoch, trainer.num_val_iterations_per_epoch = ITERATIONS, VALIDATIONS
    trainer.logger.plot_progress_png = lambda *_: None  # a picture after every epoch
    trainer.num_epochs = 10**6
    trainer.run_training()
    told |= {"epochs": trainer.current_epoch, "updates": trainer.current_epoch * ITERATIONS}
    for name in ("nnUNet_raw", "nnUNet_preprocessed"):
        shutil.rmtree(given.model / name)
    (given.model / "facts.json").write_text(json.dumps(told))


def predict(given):
    folders(given.model)
    import torch
    from nnunetv2.imageio.natural_image_reader_writer import NaturalImage2DIO
    from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor

    torch.set_num_threads(given.threads)
    predictor = nnUNetPredictor(device=torch.device(given.device), allow_tqdm=False, perform_everything_on_device=False)
    trained = next((given.model / "nnUNet_results" / NAME).glob(f"*__{CONFIGURATION}"))
    predictor.initialize_from_trained_model_folder(str(trained), use_folds=(0,))
    torch.set_num_threads(given.threads)
    for path in sorted(given.images.glob("*.tif")):
        image, properties = NaturalImage2DIO().read_images([str(path)])
        found = predictor.predict_single_npy_array(image, properties)
        tifffile.imwrite(given.output / path.name, instances(np.asarray(found)[0]), compression="zlib")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(required=True)
    trained = ("train-images", "train-labels", "validation-images", "validation-labels", "model")
    for act, folders in ((train, trained), (predict, ("model", "images", "output"))):
        command = commands.add_parser(act.__name__)
        command.set_defaults(act=act)
        for folder in folders:
            command.add_argument(f"--{folder}", type=Path, required=True)
        command.add_argument("--seed", type=int, default=0)
        command.add_argument("--seconds", type=float, default=780.0)
        command.add_argument("--threads", type=int, default=1)
        command.add_argument("--device", default="cpu")
    return parser.parse_args()


if __name__ == "__main__":
    given = arguments()
    given.act(given)
