"""Score the predictions of a few networks on every test set, image by image."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from script import run

from unetlib.datasets.split_files import frames_for_testing
from unetlib.evaluation.long_table import SCORE_COLUMNS, long_rows
from unetlib.evaluation.score_predictions import score_probabilities
from unetlib.evaluation.settings import DatasetScoring, ScoringSettings
from unetlib.evaluation.test_set import load_truths
from unetlib.imaging.settings import InstanceSettings
from unetlib.io.files import write_csv
from unetlib.io.predictions import Predictions
from unetlib.study.runs import run_of


@dataclass(frozen=True)
class Arguments:
    predictions: list[Path]
    frames: list[Path]
    splits: list[Path]
    tests: dict[str, dict[str, str]]  # experiment → dataset → key of the split that tests it
    instances: dict[str, dict[str, InstanceSettings]]  # experiment → dataset → …
    scoring: dict[str, ScoringSettings]  # experiment → …
    datasets: dict[str, DatasetScoring]
    outputs: list[Path]


def main(arguments: Arguments) -> None:
    folders = {frames.parent.name: frames.parent for frames in arguments.frames}
    truths = cache(lambda name, frames: load_truths(folders[name], frames))
    for path, output in zip(arguments.predictions, arguments.outputs, strict=True):
        found, of, rows = Predictions(path), run_of(path), []
        instances, scoring = arguments.instances[of.experiment], arguments.scoring[of.experiment]
        for name, frames in frames_for_testing(arguments.splits, arguments.tests[of.experiment]).items():
            pairs = ((truth, found[f"{name}/{frame}"]) for frame, truth in truths(name, tuple(frames)).items())
            scores = score_probabilities(pairs, instances[name], scoring, arguments.datasets[name])
            for frame, values in zip(frames, scores, strict=True):
                place = (of.experiment, of.train_dataset, name, of.fold, of.seed, frame)
                rows += long_rows(SCORE_COLUMNS, place, values)
        write_csv(output, rows, SCORE_COLUMNS)


if __name__ == "__main__":
    run(main, Arguments, __doc__)
