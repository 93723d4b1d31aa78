"""The figures of a study by file name: charts of its tables, images of each dataset, tracks of a test sequence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from unetlib.datasets.dataset import Dataset, FrameRecord
from unetlib.evaluation.run_facts import training_frames
from unetlib.evaluation.tables import METRICS
from unetlib.imaging import weight_maps
from unetlib.imaging.instances import instances_from_probability
from unetlib.imaging.labels import separate_touching
from unetlib.report import image_panels
from unetlib.report.figures import ablation_forest, learning_curves, save, transfer_heatmap
from unetlib.report.size_curves import curve, curve_points
from unetlib.report.track_figures import motion, paths, tracks_over, true_paths
from unetlib.study.runs import training_experiment

SHOWN_VARIANTS = 8  # of a training image, the image itself among them
NAME_LENGTH = 16  # characters of a frame's name that fit beside its images


@dataclass(frozen=True)
class ChartData:
    """What the charts of a study show: its tables, the learning history and the facts.json of every network."""

    comparison: pd.DataFrame
    ablation: pd.DataFrame
    differences: pd.DataFrame
    transfer: pd.DataFrame
    history: pd.DataFrame
    facts: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class ReferenceRun:
    """A network of the reference on the test images of a dataset.

    settings: how it was trained (`experiments.experiment_settings`); scoring: headline, min_area_px and
    watershed_depth_px of the dataset.
    """

    dataset: Dataset
    predictions: Mapping[str, NDArray[np.float32]]
    scores: pd.DataFrame
    settings: Mapping[str, Any]
    scoring: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The dataset's name."""
        return self.dataset.folder.name


def save_figures(figures: Mapping[str, Figure], folder: Path) -> None:
    """Save each figure as <name>.png and <name>.svg."""
    for name, figure in figures.items():
        save(figure, folder / f"{name}.png", folder / f"{name}.svg")


def charts(
    study: Mapping[str, Any], levels: Mapping[str, Mapping[str, int | None]], data: ChartData
) -> dict[str, Figure]:
    """Return learning curves, ablation, transfer and a curve for all that the study varies in steps.

    study: the facts of the study that the rules hand over; levels: `experiments.swept_levels`.
    """
    named = study["study"]
    ablation = data.ablation[data.ablation["experiment"].isin(named["experiments"])]
    drawn = {
        "learning-curves": learning_curves(data.history, experiments=named["experiments"]),
        "ablation": ablation_forest(ablation, labels=METRICS, runs=data.differences),
        "transfer": transfer_heatmap(data.transfer, experiment=named["reference"]),
    }
    for name, steps in levels.items():
        counted = frames_trained_on(study, data.facts) if name == "training-size" else None
        points = curve_points(data.comparison, steps, counted)
        drawn[name] = curve(points, datasets=named["datasets"], labels=METRICS, name=name, full=named["reference"])
    return drawn


def frames_trained_on(study: Mapping[str, Any], facts: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], float]:
    """Return how many training frames the networks of each experiment and dataset had, whichever experiment trained."""
    counts = training_frames(facts)
    pairs = [(name, dataset) for name in study["study"]["experiments"] for dataset in study["study"]["datasets"]]
    found = {pair: counts.get((training_experiment(study, pair[0]), pair[1])) for pair in pairs}
    return {pair: count for pair, count in found.items() if count}


def dataset_figures(
    run: ReferenceRun, frame: str, variants: Sequence[tuple[np.ndarray, np.ndarray]]
) -> dict[str, Figure]:
    """Return examples of predictions, and the weight map and the augmented variants of a training frame."""
    drawn = {
        "examples": image_panels.qualitative(examples(run)),
        "weight-map": weight_map(run.dataset, frame, run.settings),
        "augmentation": image_panels.augmentation_gallery(variants[0], variants[1:SHOWN_VARIANTS]),
    }
    return {f"{name}-{run.name}": figure for name, figure in drawn.items()}


def examples(run: ReferenceRun) -> list[image_panels.Example]:
    """Return the best, the median and the worst test image by the dataset's headline metric."""
    metric = run.scoring["headline"]
    own = run.scores[(run.scores["test_dataset"] == run.name) & (run.scores["metric"] == metric)]
    ranked = own.dropna(subset=["value"]).sort_values(["value", "image"], ascending=False)
    places = {"best": 0, "median": len(ranked) // 2, "worst": len(ranked) - 1}
    rows = {word: ranked.iloc[place] for word, place in places.items()}
    return [
        _example(run, str(row["image"]), f"{word}: {METRICS[metric]} {row['value']:.3f}") for word, row in rows.items()
    ]


def _example(run: ReferenceRun, frame: str, note: str) -> image_panels.Example:
    truth, ignore = run.dataset.truth(frame)
    predicted = instances_from_probability(
        run.predictions[f"{run.name}/{frame}"],
        threshold=run.settings["threshold"],
        min_area_px=run.scoring["min_area_px"],
        watershed_depth_px=run.scoring["watershed_depth_px"],
    )
    image, size = run.dataset.image(frame), run.dataset.frame(frame).pixel_size_um
    return image_panels.Example(frame[:NAME_LENGTH], image, truth, predicted, ignore, note, pixel_size_um=size)


def weight_map(dataset: Dataset, frame: str, settings: Mapping[str, Any]) -> Figure:
    """Return the weight map of a training frame, part by part. settings: `experiments.experiment_settings`."""
    image, labels, ignore = dataset.seen(frame)
    labels = separate_touching(labels) if settings["gap"] else labels
    form = settings["weights"]
    total = weight_maps.weight_map(labels, **form, ignore=ignore)
    border = weight_maps.border_term(labels, w0=form["w0"], sigma_px=form["sigma_px"])
    return image_panels.weight_map(image, labels, np.where(ignore, 0, total - border), border, total)


def sequence_figures(
    dataset: Dataset, frames: Sequence[FrameRecord], cells: pd.DataFrame, tracks: pd.DataFrame
) -> dict[str, Figure]:
    """Return the tracks over the last frame of a sequence, and the areas and speeds of its cells.

    cells: the rows of measurements; tracks: tracks.csv. True tracks are drawn where every frame has markers.
    """
    last, truth = frames[-1], None
    markers = [plane for plane in (dataset.markers(frame.frame) for frame in frames) if plane is not None]
    if len(markers) == len(frames):
        truth = true_paths(markers).assign(time=lambda rows: rows["time"] + frames[0].time)
    shown = dataset.image(last.frame)
    drawn = {
        "tracks": tracks_over(shown, truth, paths(cells), last=last.time, pixel_size_um=last.pixel_size_um),
        "motion": motion(cells, tracks),
    }
    return {f"{name}-{dataset.folder.name}": figure for name, figure in drawn.items()}
