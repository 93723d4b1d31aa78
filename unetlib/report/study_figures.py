"""The figures of a study by file name: charts of its tables, images of each dataset, tracks of a test sequence."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from unetlib.datasets.dataset import Dataset
from unetlib.datasets.frames import FrameRecord
from unetlib.evaluation.run_facts import training_frames
from unetlib.evaluation.tables import METRICS
from unetlib.imaging import weight_maps
from unetlib.imaging.instances import instances_from_probability
from unetlib.imaging.labels import separate_touching
from unetlib.imaging.settings import InstanceSettings
from unetlib.io.predictions import image_name
from unetlib.networks.run_record import RunFacts
from unetlib.report import image_panels
from unetlib.report.figures import ablation_forest, learning_curves, save, transfer_heatmap
from unetlib.report.league import league_chart
from unetlib.report.size_curves import curve, curve_points
from unetlib.report.study_tables import marked
from unetlib.report.track_figures import motion, paths, tracks_over, true_paths
from unetlib.report.waterfalls import waterfall_chart
from unetlib.study.facts import StudyFacts
from unetlib.training.cached_variants import Variants
from unetlib.training.settings import CacheSettings

SHOWN_VARIANTS = 8  # of a training image, including the image itself
NAME_LENGTH = 16  # characters of a frame's name that fit beside its images


@dataclass(frozen=True)
class ChartData:
    """The data of a study's charts: its tables, the training history and the facts.json of every network.

    Only a study with protocols has waterfall and claims, only one that trains tools a league.
    """

    comparison: pd.DataFrame
    ablation: pd.DataFrame
    differences: pd.DataFrame
    transfer: pd.DataFrame
    history: pd.DataFrame
    facts: Sequence[RunFacts]
    waterfall: pd.DataFrame | None = None
    claims: pd.DataFrame | None = None
    league: pd.DataFrame | None = None


@dataclass(frozen=True)
class ReferenceRun:
    """A reference network with its predictions for the test images of a dataset.

    settings: cache settings of its training images; instances: settings that turn probabilities into instances;
    metric: the dataset's primary metric.
    """

    dataset: Dataset
    predictions: Mapping[str, NDArray[np.float32]]
    scores: pd.DataFrame
    settings: CacheSettings
    instances: InstanceSettings
    metric: str

    @property
    def name(self) -> str:
        """The dataset's name."""
        return self.dataset.folder.name


def save_figures(figures: Mapping[str, Figure], folder: Path) -> None:
    """Save each figure as <name>.png and <name>.svg."""
    for name, figure in figures.items():
        save(figure, folder / f"{name}.png", folder / f"{name}.svg")


def charts(study: StudyFacts, data: ChartData) -> dict[str, Figure]:
    """Return the charts by file name: learning curves, ablation, transfer, one curve per sweep, waterfall, league."""
    experiments, datasets = [*study.experiments], [*study.datasets]
    ablation = marked(study, data.ablation[data.ablation["experiment"].isin([*experiments, *study.tools])])
    drawn = {
        "learning-curves": learning_curves(data.history, experiments=[*_in_curves(study)]),
        "ablation": ablation_forest(ablation, labels=METRICS, runs=marked(study, data.differences)),
        "transfer": transfer_heatmap(data.transfer, experiment=study.reference),
    }
    for name, steps in study.sweeps.items():
        counted = frames_trained_on(study, data.facts) if name == "training-size" else None
        points = curve_points(data.comparison, steps, counted)
        drawn[name] = curve(points, datasets=datasets, labels=METRICS, name=name, full=study.reference)
    if data.waterfall is not None:
        drawn["waterfall"] = waterfall_chart(data.waterfall, published_values(study, data.claims))
    if data.league is not None:
        drawn["league"] = league_chart(marked(study, data.league))
    return drawn


def _in_curves(study: StudyFacts) -> Iterator[str]:
    """Yield the experiments of the learning curves: all but the steps of protocols that are set apart."""
    steps = {step.experiment for protocol in study.protocols.values() for step in protocol.steps}
    yield from (name for name in study.experiments if name not in steps & set(study.set_apart))


def published_values(study: StudyFacts, claims: pd.DataFrame | None) -> dict[str, float]:
    """Return the published value of each protocol that a claim has a value for. claims: of `claims.compare_claims`."""
    if claims is None:
        return {}
    values = claims[claims["value"].notna()].drop_duplicates(["protocol", "our_metric"])
    found = values.set_index(["protocol", "our_metric"])["value"].to_dict()
    pairs = {name: (name, protocol.metric) for name, protocol in study.protocols.items()}
    return {name: float(found[pair]) for name, pair in pairs.items() if pair in found}


def frames_trained_on(study: StudyFacts, facts: Sequence[RunFacts]) -> dict[tuple[str, str], float]:
    """Return the number of training frames by experiment and dataset.

    An experiment that reuses the networks of another has the frames of that one.
    """
    counts = training_frames(facts)
    pairs = [(name, dataset) for name in study.experiments for dataset in study.datasets]
    found = {pair: counts.get((study.experiments[pair[0]].trained_by, pair[1])) for pair in pairs}
    return {pair: count for pair, count in found.items() if count}


def dataset_figures(run: ReferenceRun, cache: Sequence[Variants]) -> dict[str, Figure]:
    """Return example predictions, and the weight map and augmented variants of the middle frame of a cache."""
    chosen = cache[len(cache) // 2]
    variants = list(zip(chosen.image[:SHOWN_VARIANTS], chosen.mask[:SHOWN_VARIANTS], strict=True))
    drawn = {
        "examples": image_panels.qualitative(examples(run)),
        "weight-map": weight_map(run.dataset, chosen.frame, run.settings),
        "augmentation": image_panels.augmentation_gallery(variants[0], variants[1:]),
    }
    return {f"{name}-{run.name}": figure for name, figure in drawn.items()}


def examples(run: ReferenceRun) -> list[image_panels.Example]:
    """Return the test images with the best, median and worst score in the dataset's primary metric."""
    metric = run.metric
    own = run.scores[(run.scores["test_dataset"] == run.name) & (run.scores["metric"] == metric)]
    ranked = own.dropna(subset=["value"]).sort_values(["value", "image"], ascending=False)
    places = {"best": 0, "median": len(ranked) // 2, "worst": len(ranked) - 1}
    rows = {word: ranked.iloc[place] for word, place in places.items()}
    return [
        _example(run, str(row["image"]), f"{word}: {METRICS[metric]} {row['value']:.3f}") for word, row in rows.items()
    ]


def _example(run: ReferenceRun, frame: str, note: str) -> image_panels.Example:
    truth, ignore = run.dataset.truth(frame)
    predicted = instances_from_probability(run.predictions[image_name(run.name, frame)], run.instances)
    image, size = run.dataset.image(frame), run.dataset.frame(frame).pixel_size_um
    return image_panels.Example(frame[:NAME_LENGTH], image, truth, predicted, ignore, note, pixel_size_um=size)


def weight_map(dataset: Dataset, frame: str, settings: CacheSettings) -> Figure:
    """Return a figure of the weight map of a training frame and of its two terms."""
    image, labels, ignore = dataset.seen(frame)
    labels = separate_touching(labels) if settings.separate_touching else labels
    form = settings.weight_map.scaled(dataset.length_scale(frame))
    total = weight_maps.weight_map(labels, form, ignore=ignore)
    border = weight_maps.border_term(labels, w0=form.w0, sigma_px=form.sigma_px)
    # The total is border plus class weight, so the class weight is their difference; ignored pixels have no weight.
    return image_panels.weight_map(image, labels, np.where(ignore, 0, total - border), border, total)


def sequence_figures(
    dataset: Dataset, frames: Sequence[FrameRecord], cells: pd.DataFrame, tracks: pd.DataFrame
) -> dict[str, Figure]:
    """Return figures of the tracks over the last frame of a sequence, and of the areas and speeds of its cells.

    cells: the table of measurements; tracks: tracks.csv. True tracks are drawn only if every frame has markers.
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
