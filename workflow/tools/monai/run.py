"""MONAI's U-Net in the loop of its tutorial 2D segmentation, until the budget is used (card.md)."""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import tifffile
from scipy import ndimage
from skimage.segmentation import find_boundaries, watershed

PATCH_PX, CROPS, BATCH = 128, 4, 2
BACKGROUND, CORE, RIM = 0, 1, 2
VALIDATE_SHARE = 1 / 15  # of the budget between two validations
END_SHARE = 0.96
START = time.monotonic()


def used(given):
    """Return the seconds used so far: of the processor, or of the wall on a GPU."""
    return time.process_time() if given.device == "cpu" else time.monotonic() - START


def classes(labels):
    """Return background, core and rim (2 px) of each cell, (H, W) uint8, so that touching cells can be told apart."""
    rim = find_boundaries(labels, mode="inner", connectivity=2)
    rim |= ndimage.binary_dilation(rim) & (labels > 0)
    return np.where(labels == 0, BACKGROUND, np.where(rim, RIM, CORE)).astype(np.uint8)


def instances(found):
    """Return instance ids, (H, W) uint16, of the classes: components of the core, grown into the rim."""
    seeds, _ = ndimage.label(found == CORE)
    distance = ndimage.distance_transform_edt(seeds == 0)
    return watershed(distance, seeds, mask=found != BACKGROUND).astype(np.uint16)


def network():
    from monai.networks.nets import UNet

    return UNet(
        spatial_dims=2,
        in_channels=1,
        out_channels=3,
        channels=(16, 32, 64, 128, 256),
        strides=(2, 2, 2, 2),
        num_res_units=2,
    )


def prepare(given):
    import torch
    from monai.utils import set_determinism

    torch.set_num_threads(given.threads)
    set_determinism(seed=given.seed)
    return torch.device(given.device)


def samples(images, labels):
    """Return the images of two folders as MONAI's dictionaries of arrays with a channel."""
    found = []
    for path in sorted(images.glob("*.tif")):
        image, truth = tifffile.imread(path).astype(np.float32), classes(tifffile.imread(labels / path.name))
        found.append({"image": image[None], "label": truth[None]})
    return found


def train(given):
    device = prepare(given)
    import torch
    from monai.data import DataLoader, Dataset, list_data_collate
    from monai.inferers import sliding_window_inference
    from monai.losses import DiceCELoss
    from monai.transforms import (
        Compose,
        EnsureTyped,
        RandCropByPosNegLabeld,
        RandFlipd,
        RandRotate90d,
        RandScaleIntensityd,
        RandShiftIntensityd,
        ScaleIntensityd,
        SpatialPadd,
    )

    both = ["image", "label"]
    transform = Compose(
        [
            ScaleIntensityd(keys="image"),
            SpatialPadd(keys=both, spatial_size=(PATCH_PX, PATCH_PX)),
            RandCropByPosNegLabeld(both, "label", (PATCH_PX, PATCH_PX), pos=1, neg=1, num_samples=CROPS),
            RandRotate90d(keys=both, prob=0.5, spatial_axes=[0, 1]),
            RandFlipd(keys=both, prob=0.5, spatial_axis=0),
            RandScaleIntensityd(keys="image", factors=0.3, prob=0.5),
            RandShiftIntensityd(keys="image", offsets=0.1, prob=0.5),
            EnsureTyped(keys=both),
        ]
    )
    data = Dataset(samples(given.train_images, given.train_labels), transform)
    loader = DataLoader(data, batch_size=BATCH, shuffle=True, num_workers=0, collate_fn=list_data_collate)
    scale = Compose([ScaleIntensityd(keys="image"), EnsureTyped(keys=both)])
    seen = [scale(each) for each in samples(given.validation_images, given.validation_labels)]
    model = network().to(device)
    loss_of, optimiser = DiceCELoss(to_onehot_y=True, softmax=True), torch.optim.Adam(model.parameters(), 1e-3)
    told = {"updates": 0, "best_update": 0, "best_validation_dice": -1.0}
    history, last = [], used(given)

    def validate():
        model.eval()
        with torch.no_grad():
            dice = []
            for each in seen:
                logits = sliding_window_inference(each["image"][None].to(device), (PATCH_PX, PATCH_PX), 4, model)
                mask, truth = logits.argmax(1)[0].cpu().numpy() > 0, each["label"][0].numpy() > 0
                dice.append(2 * (mask & truth).sum() / max(mask.sum() + truth.sum(), 1))
        model.train()
        history.append({"update": told["updates"], "validation_dice": float(np.mean(dice))})
        if np.mean(dice) > told["best_validation_dice"]:
            told.update(best_update=told["updates"], best_validation_dice=float(np.mean(dice)))
            torch.save(model.state_dict(), given.model / "best.pt")

    pause = VALIDATE_SHARE * given.seconds
    cost, over = 0.0, False
    model.train()
    while not over:
        for batch in loader:
            optimiser.zero_grad()
            loss = loss_of(model(batch["image"].to(device)), batch["label"].to(device))
            loss.backward()
            optimiser.step()
            told["updates"] += 1
            over = used(given) + cost > END_SHARE * given.seconds
            if over or used(given) - last > pause:
                before = used(given)
                validate()
                last = used(given)
                cost = last - before
                print(history[-1], f"loss {loss.item():.4f}", flush=True)
                over = over or last + cost > END_SHARE * given.seconds
            if over:
                break
    (given.model / "facts.json").write_text(json.dumps(told | {"history": history}))


def predict(given):
    device = prepare(given)
    import torch
    from monai.inferers import sliding_window_inference
    from monai.transforms import ScaleIntensity

    model = network().to(device)
    model.load_state_dict(torch.load(given.model / "best.pt", map_location=device, weights_only=True))
    model.eval()
    for path in sorted(given.images.glob("*.tif")):
        image = ScaleIntensity()(tifffile.imread(path).astype(np.float32)[None])
        with torch.no_grad():
            logits = sliding_window_inference(image[None].to(device), (PATCH_PX, PATCH_PX), 4, model, overlap=0.5)
        labels = instances(logits.argmax(1)[0].cpu().numpy())
        tifffile.imwrite(given.output / path.name, labels, compression="zlib")


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
