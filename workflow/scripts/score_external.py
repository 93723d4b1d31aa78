"""Score an external tool's label images of every test set, image by image, and record its failures."""

from dataclasses import dataclass
from pathlib import Path

from script import run

from unetlib.evaluation.long_table import SCORE_COLUMNS
from unetlib.evaluation.settings import DatasetScoring
from unetlib.io.files import write_csv
from unetlib.study.external_scores import FAILURE_COLUMNS, TestSet, score_tool


@dataclass(frozen=True)
class Arguments:
    labels: list[Path]
    frames: list[Path]
    splits: list[Path]
    tool: str
    masks: bool
    datasets: dict[str, DatasetScoring]
    scores: Path
    failures: Path


def main(arguments: Arguments) -> None:
    tests = map(TestSet, arguments.labels, arguments.frames, arguments.splits)
    made = score_tool(arguments.tool, tests, arguments.datasets, masks=arguments.masks)
    write_csv(arguments.scores, made.rows, SCORE_COLUMNS)
    write_csv(arguments.failures, made.failures, FAILURE_COLUMNS)
    for row in made.failures:
        print(f"failed: {arguments.tool} on {row['dataset']}: {row['reason']}")


if __name__ == "__main__":
    run(main, Arguments, __doc__)
