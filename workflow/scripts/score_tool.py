"""Score the label images of a trained tool on every test set, image by image, and record its failures."""

from dataclasses import dataclass
from pathlib import Path

from script import run

from unetlib.evaluation.long_table import SCORE_COLUMNS
from unetlib.evaluation.settings import DatasetScoring
from unetlib.io.files import write_csv
from unetlib.study.external_scores import FAILURE_COLUMNS
from unetlib.study.runs import run_of
from unetlib.trained_tools.tool_scores import SplitToScore, score_predictions


@dataclass(frozen=True)
class Arguments:
    predictions: Path
    frames: list[Path]
    splits: list[Path]
    masks: bool
    datasets: dict[str, DatasetScoring]
    scores: Path
    failures: Path


def main(arguments: Arguments) -> None:
    tests = [*map(SplitToScore, arguments.frames, arguments.splits)]
    scored = run_of(arguments.predictions.parent)
    made = score_predictions(scored, arguments.predictions, tests, arguments.datasets, masks=arguments.masks)
    write_csv(arguments.scores, made.rows, SCORE_COLUMNS)
    write_csv(arguments.failures, made.failures, FAILURE_COLUMNS)
    for row in made.failures:
        print(f"failed: {scored.path} on {row['dataset']}: {row['reason']}")


if __name__ == "__main__":
    run(main, Arguments, __doc__)
