"""Otsu's threshold and a watershed, whose smoothing and distance are chosen on training images.

The contract of a tool is in docs/add-a-tool.md. This one draws training images in a random order, scores a grid of
settings on each until a part of the budget is used, and keeps the settings with the best mean score.
"""

import argparse
import json
import random
import time
from pathlib import Path

import numpy as np
import tifffile
from scipy import ndimage
from skimage.feature import peak_local_max
from skimage.filters import threshold_otsu
from skimage.segmentation import watershed

GRID = [(sigma, distance, bright) for sigma in (1, 2, 4) for distance in (5, 10, 20, 40) for bright in (True, False)]
SHARE = 0.8  # of the budget that the grid may use: reading and writing need the rest
MOST_IMAGES = 24


def segment(image, sigma_px, min_distance_px, bright):
    """Return instance ids, (H, W) uint16, 0 = background, of a grey image of any dtype."""
    smooth = ndimage.gaussian_filter(image.astype(np.float64), sigma_px)
    if smooth.min() == smooth.max():
        return np.zeros(image.shape, np.uint16)
    mask = (smooth > threshold_otsu(smooth)) == bright
    distance = ndimage.gaussian_filter(ndimage.distance_transform_edt(mask), sigma_px)
    pieces, _ = ndimage.label(mask)
    peaks = peak_local_max(distance, min_distance=min_distance_px, labels=pieces, exclude_border=False)
    markers = np.zeros(image.shape, np.int32)
    markers[tuple(peaks.T)] = np.arange(1, len(peaks) + 1)
    return watershed(-distance, markers, mask=mask).astype(np.uint16)


def found_share(truth, labels):
    """Return the share of objects, true and predicted, that are matched with an IoU above 0.5: 2 TP / (T + P)."""
    both = np.zeros((int(truth.max()) + 1, int(labels.max()) + 1), np.int64)
    np.add.at(both, (truth.ravel(), labels.ravel()), 1)
    sizes, found = both.sum(1)[1:], both.sum(0)[1:]
    iou = both[1:, 1:] / np.maximum(sizes[:, None] + found[None] - both[1:, 1:], 1)
    count = (sizes > 0).sum() + (found > 0).sum()
    return 2 * (iou > 0.5).sum() / count if count else 1.0


def train(given):
    start, scores = time.process_time(), {setting: [] for setting in GRID}
    paths = sorted(given.train_images.glob("*.tif"))
    random.Random(given.seed).shuffle(paths)
    for path in paths[:MOST_IMAGES]:
        image, truth = tifffile.imread(path), tifffile.imread(given.train_labels / path.name)
        for setting in GRID:
            scores[setting].append(found_share(truth, segment(image, *setting)))
        if time.process_time() - start > SHARE * given.seconds:
            break
    best = max(GRID, key=lambda setting: np.mean(scores[setting]))
    chosen = dict(zip(("sigma_px", "min_distance_px", "bright"), best, strict=True))
    (given.model / "settings.json").write_text(json.dumps(chosen))
    told = {"images": len(scores[best]), "training_score": float(np.mean(scores[best])), **chosen}
    (given.model / "facts.json").write_text(json.dumps(told))


def predict(given):
    chosen = json.loads((given.model / "settings.json").read_text())
    for path in sorted(given.images.glob("*.tif")):
        labels = segment(tifffile.imread(path), **chosen)
        tifffile.imwrite(given.output / path.name, labels, compression="zlib")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(required=True)
    for name, act in (("train", train), ("predict", predict)):
        command = commands.add_parser(name)
        command.set_defaults(act=act)
        folders = {
            "train": ("train-images", "train-labels", "validation-images", "validation-labels", "model"),
            "predict": ("model", "images", "output"),
        }[name]
        for folder in folders:
            command.add_argument(f"--{folder}", type=Path, required=True)
        command.add_argument("--seed", type=int, default=0)
        command.add_argument("--seconds", type=float, default=60.0)
        command.add_argument("--threads", type=int, default=1)
        command.add_argument("--device", default="cpu")
    return parser.parse_args()


if __name__ == "__main__":
    given = arguments()
    given.act(given)
