"""Score the trivial predictions on every test set, and silver truth on the frames that have gold truth too."""

from dataclasses import dataclass
from pathlib import Path

from script import run

from unetlib.datasets.split_files import dataset_and_key_of, fold_of, frames_with_role
from unetlib.evaluation.long_table import BASELINE_COLUMNS
from unetlib.evaluation.score_predictions import score_baselines
from unetlib.evaluation.settings import DatasetScoring
from unetlib.evaluation.silver_truth import COLUMNS, silver_line, silver_quality
from unetlib.io.files import write_csv


@dataclass(frozen=True)
class Arguments:
    frames: list[Path]
    splits: list[Path]
    datasets: dict[str, DatasetScoring]
    output: Path
    silver: Path


def main(arguments: Arguments) -> None:
    rows: list[dict[str, object]] = []
    for folder in (frames.parent for frames in arguments.frames):
        for split in (path for path in arguments.splits if dataset_and_key_of(path)[0] == folder.name):
            tested = frames_with_role(split, "test")
            rows += score_baselines(folder, tested, arguments.datasets[folder.name], fold=fold_of(split))
    silver = [row for frames in arguments.frames for row in silver_quality(frames.parent)]
    for row in silver:
        print(silver_line(row))
    write_csv(arguments.silver, silver, COLUMNS)
    write_csv(arguments.output, rows, BASELINE_COLUMNS)


if __name__ == "__main__":
    run(main, Arguments, __doc__)
