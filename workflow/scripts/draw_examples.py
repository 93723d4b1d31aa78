"""Draw the pictures of a dataset: examples of a network's predictions, a weight map, augmented variants."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from script import run

from unetlib.datasets.dataset import Dataset
from unetlib.datasets.split_files import frames_with_role
from unetlib.evaluation import tables
from unetlib.imaging import weight_maps
from unetlib.imaging.instances import instances_from_probability
from unetlib.imaging.labels import separate_touching
from unetlib.imaging.settings import InstanceSettings
from unetlib.io.predictions import Predictions
from unetlib.report import figures, image_panels
from unetlib.training.settings import CacheSettings


@dataclass(frozen=True)
class Arguments:
    settings: CacheSettings
    instances: InstanceSettings
    metric: str
    prediction: Path
    scores: Path
    frames: Path
    split: Path
    cache: Path
    figures: Path


def main(arguments: Arguments) -> None:
    dataset = Dataset(arguments.frames.parent)
    chosen = frames_with_role(arguments.split, "train")
    frame = chosen[len(chosen) // 2]
    arrays = (np.load(arguments.cache.parent / f"{frame}.{kind}.npy", mmap_mode="r") for kind in ("image", "mask"))
    pairs = list(zip(*arrays, strict=True))[:8]
    drawn = {
        "examples": image_panels.qualitative(examples(arguments, dataset)),
        "weight-map": weight_map(dataset, frame, arguments.settings),
        "augmentation": image_panels.augmentation_gallery(pairs[0], pairs[1:]),
    }
    for panel, figure in drawn.items():
        name = f"{panel}-{arguments.frames.parent.name}"
        figures.save(figure, arguments.figures / f"{name}.png", arguments.figures / f"{name}.svg")


def examples(arguments: Arguments, dataset: Dataset) -> list[image_panels.Example]:
    """Return the best, median and worst test image by the dataset's primary metric."""
    name, metric = arguments.frames.parent.name, arguments.metric
    scores = tables.read_long(arguments.scores)
    own = scores[(scores["test_dataset"] == name) & (scores["metric"] == metric)]
    ranked = own.dropna(subset=["value"]).sort_values(["value", "image"], ascending=False)
    predictions = Predictions(arguments.prediction)
    rows = []
    for place, word in ((0, "best"), (len(ranked) // 2, "median"), (len(ranked) - 1, "worst")):
        frame, value = str(ranked["image"].iloc[place]), ranked["value"].iloc[place]
        truth, ignore = dataset.truth(frame)
        predicted = instances_from_probability(predictions[f"{name}/{frame}"], arguments.instances)
        note = f"{word}: {tables.METRICS[metric]} {value:.3f}"
        size = dataset.frame(frame).pixel_size_um
        rows.append(
            image_panels.Example(frame[:16], dataset.image(frame), truth, predicted, ignore, note, pixel_size_um=size)
        )
    return rows


def weight_map(dataset: Dataset, frame: str, settings: CacheSettings) -> Any:
    """Return a figure of the weight map of a training frame, part by part."""
    image, labels, ignore = dataset.seen(frame)
    labels = separate_touching(labels) if settings.separate_touching else labels
    form = settings.weight_map
    total = weight_maps.weight_map(labels, form, ignore=ignore)
    border = weight_maps.border_term(labels, w0=form.w0, sigma_px=form.sigma_px)
    return image_panels.weight_map(image, labels, np.where(ignore, 0, total - border), border, total)


if __name__ == "__main__":
    run(main, Arguments, __doc__)
