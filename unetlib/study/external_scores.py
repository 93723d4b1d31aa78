"""Score external tools and record their failures: a tool that fails does not stop the rest of the study."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from unetlib.datasets.split_files import fold_of, frames_with_role
from unetlib.evaluation.long_table import SCORE_COLUMNS, long_rows
from unetlib.evaluation.score_predictions import LabelFileError, score_label_files
from unetlib.evaluation.settings import DatasetScoring
from unetlib.io.files import read_csv
from unetlib.study.external_tools import failure_of
from unetlib.study.facts import StudyFacts
from unetlib.study.layout import Layout
from unetlib.study.runs import EXTERNAL, NO_SEED, Run

FAILURE_COLUMNS = ("dataset", "reason")


class TestSet(NamedTuple):
    """The list of a tool's label images for one dataset, the dataset's frames.csv and its split."""

    labels: Path
    frames: Path
    split: Path


class Failure(NamedTuple):
    """A tool without scores for a dataset and fold, and the reason in one line.

    train_dataset, seed: of a tool that was trained here.
    """

    tool: str
    dataset: str
    fold: int
    reason: str
    train_dataset: str = EXTERNAL
    seed: int = NO_SEED

    def __str__(self) -> str:
        trained = "" if self.train_dataset == EXTERNAL else f", seed {self.seed}"
        if self.train_dataset not in (EXTERNAL, self.dataset):
            trained += f", trained on {self.train_dataset}"
        return f"{self.tool} on {self.dataset}, fold {self.fold}{trained}: {self.reason}"


@dataclass
class ToolScores:
    """The rows of a tool's long table (SCORE_COLUMNS) and of its failures (FAILURE_COLUMNS)."""

    rows: list[dict[str, object]] = field(default_factory=list)
    failures: list[dict[str, str]] = field(default_factory=list)


def score_tool(
    tool: str, tests: Iterable[TestSet], scoring: Mapping[str, DatasetScoring], *, masks: bool = False
) -> ToolScores:
    """Return the scores of a tool for every image of every test set, and its failures."""
    made = ToolScores()
    for labels, frames, split in tests:
        name = frames.parent.name
        if not (reason := failure_of(labels)):
            tested = frames_with_role(split, "test")
            try:
                found = score_label_files(frames.parent, tested, labels, scoring[name], masks=masks)
            except LabelFileError as error:
                reason = " ".join(str(error).splitlines())
            else:
                run = Run(tool, EXTERNAL, fold_of(split), NO_SEED)
                for frame, scores in found.items():
                    made.rows += long_rows(SCORE_COLUMNS, run.place(name, frame), scores)
        if reason:
            made.failures.append({"dataset": name, "reason": reason})
    return made


def failures(facts: StudyFacts, root: Path = Path()) -> Iterator[Failure]:
    """Yield the failures of the study's external tools and trained tools so far. root: the project's folder."""
    layout = Layout(facts.name)
    for run in facts.external_runs():
        path = root / layout.external_failures(run.experiment, run.fold)
        if path.is_file():
            for row in read_csv(path, FAILURE_COLUMNS):
                yield Failure(run.experiment, row["dataset"], run.fold, row["reason"])
    for run in facts.tool_runs():
        path = root / layout.tool_failures(run.path)
        if path.is_file():
            for row in read_csv(path, FAILURE_COLUMNS):
                yield Failure(run.experiment, row["dataset"], run.fold, row["reason"], run.train_dataset, run.seed)
