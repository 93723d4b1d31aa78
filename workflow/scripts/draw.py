"""Draw the figures of a study: curves, effects, transfer, and panels of images for each dataset."""

import numpy as np
import pandas as pd
from splice import JSON, PATH, PATHS, run

from unetlib import figures, panels, tables, weights
from unetlib.instances import instances_from_probability
from unetlib.labels import separate_touching
from unetlib.predictions import Predictions
from unetlib.samples import Dataset
from unetlib.splits import frames_with_role
from unetlib.study import runs


def main(arguments):
    study, results = arguments.study["study"], arguments.scores.parent
    ablation, transfer, differences = (
        tables.read_long(results / "tables" / f"{name}.csv") for name in ("ablation", "transfer", "differences")
    )
    history = [pd.read_csv(results / "runs" / r.path / "history.csv").assign(**vars(r)) for r in runs(arguments.study)]
    figure = figures.learning_curves(pd.concat(history), experiments=study["experiments"])
    save(results, "learning-curves", figure)
    ablation = ablation[ablation["experiment"].isin(study["experiments"])]
    save(results, "ablation", figures.ablation_forest(ablation, labels=tables.METRICS, runs=differences))
    save(results, "transfer", figures.transfer_heatmap(transfer, experiment=study["reference"]))
    scores = tables.read_long(arguments.scores)
    for frames, cache in zip(arguments.frames, arguments.caches, strict=True):
        dataset = Dataset(frames.parent)
        metric = arguments.study["datasets"][frames.parent.name]["headline"]
        shown = examples(arguments, dataset, frames.parent.name, scores, metric)
        save(results, f"examples-{frames.parent.name}", panels.qualitative(shown))
        training(arguments, dataset, frames.parent.name, cache)


def examples(arguments, dataset, name, scores, metric):
    """Best, median and worst test image of the reference's first run, by the dataset's headline metric."""
    study = arguments.study["study"]
    first = next(r for r in runs(arguments.study) if r.experiment == study["reference"] and r.train_dataset == name)
    own = scores[(scores["test_dataset"] == name) & (scores["metric"] == metric)]
    for key, value in vars(first).items():
        own = own[own[key] == value]
    ranked = own.dropna(subset=["value"]).sort_values(["value", "image"], ascending=False)
    predictions = Predictions(arguments.scores.parent / "predictions" / f"{first.path}.npz")
    rows = []
    for place, word in ((0, "best"), (len(ranked) // 2, "median"), (len(ranked) - 1, "worst")):
        frame, value = str(ranked["image"].iloc[place]), ranked["value"].iloc[place]
        truth, ignore = dataset.truth(frame)
        predicted = instances_from_probability(
            predictions[f"{name}/{frame}"],
            threshold=arguments.settings["threshold"],
            min_area_px=arguments.min_area_px[name],
        )
        note = f"{word}: {tables.METRICS[metric]} {value:.3f}"
        size = dataset.frame(frame).pixel_size_um
        image = dataset.image(frame)
        rows.append(panels.Example(frame[:16], image, truth, predicted, ignore, note, pixel_size_um=size))
    return rows


def training(arguments, dataset, name, cache):
    """The weight map and the cached variants of the middle training frame."""
    settings = arguments.settings
    split = cache.parents[4] / "splits" / name / f"{cache.parents[1].name}.csv"
    chosen = frames_with_role(split, "train")
    frame = chosen[len(chosen) // 2]
    labels, ignore = dataset.training_truth(frame)
    labels = separate_touching(labels) if settings["gap"] else labels
    form = settings["weights"]
    total = weights.weight_map(labels, **form, ignore=ignore)
    border = weights.border_term(labels, w0=form["w0"], sigma_px=form["sigma_px"])
    image = dataset.image(frame)
    figure = panels.weight_map(image, labels, np.where(ignore, 0, total - border), border, total)
    save(arguments.scores.parent, f"weight-map-{name}", figure)
    images, masks = (np.load(cache.parent / f"{frame}.{kind}.npy", mmap_mode="r") for kind in ("image", "mask"))
    pairs = list(zip(images, masks, strict=True))[:8]
    save(arguments.scores.parent, f"augmentation-{name}", panels.augmentation_gallery(pairs[0], pairs[1:]))


def save(results, name, figure):
    figures.save(figure, results / "figures" / f"{name}.png", results / "figures" / f"{name}.svg")


if __name__ == "__main__":
    options = {"study": JSON, "settings": JSON, "min_area_px": JSON, "scores": PATH}
    run(main, __doc__, **options, frames=PATHS, caches=PATHS)
