"""StarDist 2D by its authors' training notebook, stopped when the budget is used (card.md)."""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import tifffile

THRESHOLDS_SHARE = 0.12  # of the budget, kept for the choice of thresholds on validation images
FULL_RATE_SHARE = 0.6  # of the training: after it the learning rate falls linearly
LAST_RATE = 0.05  # of the full learning rate, at the end
PATCH_PX, GRID = 256, 2


def used(given):
    """Return the seconds used so far: of the processor, or of the wall on a GPU."""
    return time.process_time() if given.device == "cpu" else time.monotonic() - START


START = time.monotonic()


def pictures(folder):
    """Return the images of a folder by name, normalised as the notebook does: percentiles 1 and 99.8 to 0 and 1."""
    from csbdeep.utils import normalize

    return {path.name: normalize(tifffile.imread(path), 1, 99.8) for path in sorted(folder.glob("*.tif"))}


def pairs(images, labels):
    """Return images and label images of two folders, mirrored where they are smaller than a patch."""
    from stardist import fill_label_holes

    found = []
    for name, image in pictures(images).items():
        truth = fill_label_holes(tifffile.imread(labels / name))
        margin = [(0, max(0, PATCH_PX - side)) for side in image.shape]
        found.append((np.pad(image, margin, mode="symmetric"), np.pad(truth, margin)))
    return [image for image, _ in found], [truth for _, truth in found]


def augment(image, truth):
    """Flip, turn and change the grey values at random, as the notebook does."""
    turns, flip = np.random.randint(4), np.random.randint(2)
    image, truth = np.rot90(image, turns), np.rot90(truth, turns)
    if flip:
        image, truth = np.fliplr(image), np.fliplr(truth)
    image = image * np.random.uniform(0.6, 2) + np.random.uniform(-0.2, 0.2)
    return image + 0.02 * np.random.uniform(0, 1) * np.random.normal(0, 1, image.shape), truth


def prepare(given):
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(given.threads)
    tf.config.threading.set_inter_op_parallelism_threads(given.threads)
    tf.keras.utils.set_random_seed(given.seed)
    return tf


def train(given):
    tf = prepare(given)
    from stardist.models import Config2D, StarDist2D

    class Budget(tf.keras.callbacks.Callback):
        """Lowers the rate with the time used, and stops when the training's part of it is over."""

        updates = 0

        def on_train_begin(self, logs=None):
            self.rate, self.start = float(self.model.optimizer.learning_rate.numpy()), used(given)

        def on_train_batch_end(self, batch, logs=None):
            self.updates += 1
            part = (used(given) - self.start) / max(end - self.start, 1e-9)
            falling = max(0.0, (part - FULL_RATE_SHARE) / (1 - FULL_RATE_SHARE))
            self.model.optimizer.learning_rate.assign(self.rate * max(LAST_RATE, 1 - falling * (1 - LAST_RATE)))
            if used(given) > end:
                self.model.stop_training = True

    end = given.seconds * (1 - THRESHOLDS_SHARE)
    images, truths = pairs(given.train_images, given.train_labels)
    seen = pairs(given.validation_images, given.validation_labels)
    steps = int(np.clip(given.seconds / 30, 5, 100))
    config = Config2D(
        n_rays=32,
        grid=(GRID, GRID),
        use_gpu=False,
        n_channel_in=1,
        train_patch_size=(PATCH_PX, PATCH_PX),
        train_batch_size=4,
        train_steps_per_epoch=steps,
        train_epochs=10**6,
        train_tensorboard=False,
        train_reduce_lr=None,
    )
    model = StarDist2D(config, name="stardist", basedir=str(given.model))
    model.prepare_for_training()
    budget = Budget()
    model.callbacks.append(budget)
    model.train(images, truths, validation_data=seen, augmenter=augment, workers=1)
    thresholds = model.optimize_thresholds(*seen)
    told = {"updates": budget.updates, "steps_per_epoch": steps, "thresholds": str(thresholds)}
    (given.model / "facts.json").write_text(json.dumps(told))


def predict(given):
    prepare(given)
    from stardist.models import StarDist2D

    model = StarDist2D(None, name="stardist", basedir=str(given.model))
    for name, image in pictures(given.images).items():
        labels, _ = model.predict_instances(image)
        tifffile.imwrite(given.output / name, labels.astype(np.uint16), compression="zlib")


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
