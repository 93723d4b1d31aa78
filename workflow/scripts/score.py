"""Score the predictions of a few networks on every test set, image by image."""

from dataclasses import dataclass
from pathlib import Path

from script import run

from unetlib.datasets.split_files import frames_for_testing
from unetlib.evaluation.long_table import SCORE_COLUMNS, long_rows
from unetlib.evaluation.score_predictions import score_network
from unetlib.evaluation.settings import DatasetScoring, NetworkScoring
from unetlib.evaluation.test_set import Truths
from unetlib.io.files import write_csv
from unetlib.io.predictions import Predictions
from unetlib.study.runs import run_of


@dataclass(frozen=True)
class Arguments:
    predictions: list[Path]
    frames: list[Path]
    splits: list[Path]
    tests: dict[str, dict[str, str]]  # experiment → dataset → key of the split that tests it
    scoring: dict[str, NetworkScoring]  # by experiment
    datasets: dict[str, DatasetScoring]
    outputs: list[Path]


def main(arguments: Arguments) -> None:
    truths = Truths(frames.parent for frames in arguments.frames)
    for path, output in zip(arguments.predictions, arguments.outputs, strict=True):
        of = run_of(path)
        tests = frames_for_testing(arguments.splits, arguments.tests[of.experiment])
        scored = score_network(Predictions(path), truths, tests, arguments.scoring[of.experiment], arguments.datasets)
        rows = [row for name, frame, found in scored for row in long_rows(SCORE_COLUMNS, of.place(name, frame), found)]
        write_csv(output, rows, SCORE_COLUMNS)


if __name__ == "__main__":
    run(main, Arguments, __doc__)
