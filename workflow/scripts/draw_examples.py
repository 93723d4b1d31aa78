"""Draw the pictures of a dataset: examples of a network's predictions, a weight map, augmented copies."""

from dataclasses import dataclass
from pathlib import Path

from script import run

from unetlib.datasets.dataset import Dataset
from unetlib.evaluation.tables import read_long
from unetlib.imaging.settings import InstanceSettings
from unetlib.io.predictions import Predictions
from unetlib.report.study_figures import ReferenceRun, dataset_figures, save_figures
from unetlib.training.cached_variants import read_cache
from unetlib.training.settings import CacheSettings


@dataclass(frozen=True)
class Arguments:
    settings: CacheSettings
    instances: InstanceSettings
    metric: str
    prediction: Path
    scores: Path
    frames: Path
    cache: Path
    figures: Path


def main(arguments: Arguments) -> None:
    found, scores = Predictions(arguments.prediction), read_long(arguments.scores)
    shown = arguments.settings, arguments.instances, arguments.metric
    reference = ReferenceRun(Dataset(arguments.frames.parent), found, scores, *shown)
    save_figures(dataset_figures(reference, read_cache(arguments.cache)), arguments.figures)


if __name__ == "__main__":
    run(main, Arguments, __doc__)
