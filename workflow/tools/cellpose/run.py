"""Cellpose 3 by `cellpose.train.train_seg`, with as many epochs as the budget allows (card.md)."""

import argparse
import json
import os
import sys
import time
from pathlib import Path

import numpy as np
import tifffile

BATCH, PATCH_PX = 4, 128
EPOCHS = 200  # above 100 the learning rate falls at the end; an epoch has as many batches as the budget allows
SHARE = 0.9  # of what is left after the preparation, that the epochs are planned for
CHANNELS = [0, 0]  # grey
FACTOR = 4  # a first pass may find cells this much smaller or larger than those of training, and no more
LEAST_CELLS = 5  # images with fewer are dropped by default
START = time.monotonic()


def used(given):
    """Return the seconds used so far: of the processor, or of the wall on a GPU."""
    return time.process_time() if given.device == "cpu" else time.monotonic() - START


def weights(name):
    """Return the file of pretrained weights that the user has; none are downloaded."""
    place = Path(os.environ.get("CELLPOSE_LOCAL_MODELS_PATH", Path.home() / ".cellpose/models"))
    path = Path(name) if Path(name).is_file() else place / name
    if not path.is_file():
        sys.exit(
            f"no pretrained weights {name} in {place.name}; download them with Cellpose itself, or leave the tool out"
        )
    return str(path)


def network(given, pretrained):
    import torch
    from cellpose import models

    torch.set_num_threads(given.threads)
    torch.manual_seed(given.seed)
    return models.CellposeModel(gpu=given.device != "cpu", pretrained_model=pretrained, model_type=None)


def train(given):
    from cellpose import dynamics, train

    start = weights(given.start) if given.start != "scratch" else False
    told = {"start": given.start, "diameter": given.diameter}
    if given.train == "false":
        told["weights"] = start
        (given.model / "facts.json").write_text(json.dumps(told))
        return
    paths = sorted(given.train_images.glob("*.tif"))
    images = [tifffile.imread(path) for path in paths]
    labels = [tifffile.imread(given.train_labels / path.name) for path in paths]
    counts = [len(np.unique(each)) - 1 for each in labels]
    least = LEAST_CELLS if np.mean([count >= LEAST_CELLS for count in counts]) > 0.5 else 1
    model = network(given, start)
    flows = dynamics.labels_to_flows(labels, device=model.device)
    how = {"channels": CHANNELS, "normalize": True, "batch_size": BATCH, "bsize": PATCH_PX, "min_train_masks": least}
    how |= {"train_data": images, "train_labels": flows, "save_path": str(given.model), "save_every": 10**6}

    def epochs(count, batches, seed):
        """Train; numpy.random.seed is shifted by our seed, as train_seg sets it to the number of the epoch."""
        original = np.random.seed
        np.random.seed = lambda value: original(value + 100003 * seed)
        try:
            return train.train_seg(
                network(given, start).net if count == 1 else model.net,
                n_epochs=count,
                nimg_per_epoch=BATCH * batches,
                model_name="trial" if count == 1 else "model",
                **how,
            )
        finally:
            np.random.seed = original

    epochs(1, 1, given.seed)  # compiles
    before = used(given)
    epochs(1, 1, given.seed)
    preparation = used(given) - before
    before = used(given)
    epochs(1, 5, given.seed)
    update = max((used(given) - before - preparation) / 4, 1e-3)
    left = SHARE * (given.seconds - used(given)) - preparation
    updates = max(int(left / update), 1)
    batches = max(updates // EPOCHS, 1)
    count = max(updates // batches, 2)
    _, losses, _ = epochs(count, batches, given.seed)
    told |= {"epochs": count, "batches_per_epoch": batches, "updates": count * batches, "seconds_per_update": update}
    told |= {"weights": "models/model", "last_loss": float(losses[-1]), "rate_was_lowered": count > 100, "least": least}
    (given.model / "models/trial").unlink(missing_ok=True)
    (given.model / "facts.json").write_text(json.dumps(told))


def predict(given):
    from cellpose import utils

    told = json.loads((given.model / "facts.json").read_text())
    path = told["weights"]
    model = network(given, path if Path(path).is_absolute() else str(given.model / path))
    for image_path in sorted(given.images.glob("*.tif")):
        image = tifffile.imread(image_path)
        labels = model.eval(image, channels=CHANNELS, diameter=None)[0]
        if given.diameter == "first-pass" and labels.max():
            mean = float(model.diam_labels)
            diameter = float(np.clip(utils.diameters(labels)[0], mean / FACTOR, mean * FACTOR))
            labels = model.eval(image, channels=CHANNELS, diameter=diameter)[0]
        tifffile.imwrite(given.output / image_path.name, labels.astype(np.uint16), compression="zlib")


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
        command.add_argument("--diameter", choices=("first-pass", "mean"), default="first-pass")
        command.add_argument("--start", default="scratch", help="scratch, or the name of weights that the user has")
        command.add_argument("--train", choices=("true", "false"), default="true")
    return parser.parse_args()


if __name__ == "__main__":
    given = arguments()
    given.act(given)
