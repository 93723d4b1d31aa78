"""Score the label images that an external tool made of every test set, image by image."""

from dataclasses import dataclass
from pathlib import Path

from script import run

from unetlib.datasets.split_files import fold_of, frames_with_role
from unetlib.evaluation.long_table import SCORE_COLUMNS, long_rows
from unetlib.evaluation.score_predictions import score_label_files
from unetlib.evaluation.settings import DatasetScoring
from unetlib.io.files import write_csv
from unetlib.study.runs import EXTERNAL, NO_SEED, Run


@dataclass(frozen=True)
class Arguments:
    labels: list[Path]
    frames: list[Path]
    splits: list[Path]
    tool: str
    masks: bool
    datasets: dict[str, DatasetScoring]
    output: Path


def main(arguments: Arguments) -> None:
    rows = []
    for labels, frames, split in zip(arguments.labels, arguments.frames, arguments.splits, strict=True):
        name, tested = frames.parent.name, frames_with_role(split, "test")
        of, scoring = Run(arguments.tool, EXTERNAL, fold_of(split), NO_SEED), arguments.datasets[name]
        found = score_label_files(frames.parent, tested, labels, scoring, masks=arguments.masks)
        for frame, scores in found.items():
            rows += long_rows(SCORE_COLUMNS, of.place(name, frame), scores)
    write_csv(arguments.output, rows, SCORE_COLUMNS)


if __name__ == "__main__":
    run(main, Arguments, __doc__)
