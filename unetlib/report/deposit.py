"""The deposit of a study: the data behind its tables, charts and verdicts, in a few compressed files.

- study.json: the command and date of the study, and `StudyFacts`
- scores.csv.xz, baselines.csv.xz: the long tables, one row per image and metric, with the same text as in the results
- datasets/<dataset>/frames.csv.xz: sequence, time, cluster and size of each scored image
- runs.jsonl.xz: the facts of each trained run, one per line: settings, data, roles of frames, costs, versions
- history.csv.xz: every evaluation during every training
- tracking.csv.xz: scores of tracked sequences
- failures.csv.xz: failures of tools
- tools.jsonl.xz: the facts of each training of a tool, where there are any
- resources.csv.xz: what each training took (older deposits have it only with tools)
- checks.csv.xz: the checks of the scores
- silver.csv.xz: silver truth compared with gold truth
- SHA256SUMS

It contains no images, no networks and no paths of the machine that made it. `pandas.read_csv` reads the compressed
tables directly.
"""

import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import TypeVar

import pandas as pd

from unetlib.evaluation import tables
from unetlib.evaluation.long_table import BASELINE_COLUMNS, SCORE_COLUMNS
from unetlib.io.files import atomic_folder, read_csv, read_json, write_json
from unetlib.io.packed import check_checksums, read_packed, write_checksums, write_packed, write_packed_csv
from unetlib.networks.run_record import ALONE, RunFacts
from unetlib.report.study_tables import Scores, read_tracking, trained_facts
from unetlib.report.tool_resources import read_resources, resources, tool_facts
from unetlib.study.external_scores import Failure, failures
from unetlib.study.facts import StudyFacts
from unetlib.study.layout import Layout
from unetlib.study.runs import Run
from unetlib.tracking.sequences import COLUMNS as TRACKING_COLUMNS
from unetlib.trained_tools.facts import ToolFacts

STUDY, RUNS, SCORES, BASELINES = "study.json", "runs.jsonl.xz", "scores.csv.xz", "baselines.csv.xz"
HISTORY, TRACKING, FAILURES = "history.csv.xz", "tracking.csv.xz", "failures.csv.xz"
TOOLS, USED = "tools.jsonl.xz", "resources.csv.xz"
CHECKS, SILVER = "checks.csv.xz", "silver.csv.xz"
FRAMES = "datasets/{dataset}/frames.csv.xz"
FILES = r"study\.json|(runs|tools)\.jsonl\.xz|[a-z]+\.csv\.xz|datasets/[^/]+/frames\.csv\.xz|SHA256SUMS"
RUN_COLUMNS = ("experiment", "train_dataset", "fold", "seed")
HISTORY_COLUMNS = ("update", "loss", "validation_dice")
MACHINE = ("platform",)  # entries of the versions that describe the machine and affect no result


Facts = TypeVar("Facts", bound=RunFacts)


class DepositError(ValueError):
    """Results that cannot be deposited; the message says what is missing or inconsistent, and what to do."""


@dataclass(frozen=True)
class Deposit:
    """A deposited study. command: the one to show to readers; day: date of the scores; silver: its table as CSV."""

    facts: StudyFacts
    command: str
    day: str
    scores: Scores
    trained: list[RunFacts]
    history: pd.DataFrame
    tracking: pd.DataFrame
    checks: pd.DataFrame
    silver: bytes


def write_deposit(folder: Path, root: Path, facts: StudyFacts, command: str) -> None:
    """Replace the folder with the deposit of a finished study. root: the project's folder.

    Raises DepositError if the scores do not match the runs of the study's facts, and OutputError if the folder
    contains files that are not part of a deposit; in both cases the folder stays unchanged.
    """
    layout = Layout(facts.name)
    scores = read_csv(root / layout.all_scores, SCORE_COLUMNS)
    trivial = read_csv(root / layout.baselines, BASELINE_COLUMNS)
    _check_runs(facts, scores, [*failures(facts, root)])
    if any(PurePath(word).is_absolute() for word in command.split()):
        raise DepositError(f"{command}: names a path of this machine; state the command as others would type it")
    with atomic_folder(folder, FILES, "part of a deposit") as staging:
        for name, source in {
            SCORES: layout.all_scores,
            BASELINES: layout.baselines,
            CHECKS: layout.checks,
            SILVER: layout.table("silver"),
        }.items():
            write_packed(staging / name, (root / source).read_bytes())
        for dataset in facts.datasets:
            scored = {row["image"] for row in [*scores, *trivial] if row["test_dataset"] == dataset}
            frames = read_csv(root / layout.frames(dataset), ("frame", "sequence", "time", "group"))
            rows = [row for row in frames if row["frame"] in scored]
            write_packed_csv(staging / FRAMES.format(dataset=dataset), rows, [*frames[0]])
        history = [*_histories(facts, root)]
        columns = dict.fromkeys([*RUN_COLUMNS, *HISTORY_COLUMNS, *(name for row in history for name in row)])
        write_packed_csv(staging / HISTORY, history, [*columns])
        tracked = [row for run in facts.tracked_runs() for row in read_csv(root / layout.track_scores(run.path), ())]
        write_packed_csv(staging / TRACKING, tracked, TRACKING_COLUMNS)
        failed = [{name: str(value) for name, value in each._asdict().items()} for each in failures(facts, root)]
        write_packed_csv(staging / FAILURES, failed, Failure._fields)
        _write_facts(staging / RUNS, trained_facts(facts, root))
        if facts.tools:
            _write_facts(staging / TOOLS, tool_facts(facts, root))
        write_packed(staging / USED, tables.to_csv(resources(facts, root)).encode())
        day = datetime.fromtimestamp((root / layout.all_scores).stat().st_mtime, UTC).date()
        write_json(staging / STUDY, {"command": command, "day": f"{day}", "facts": facts.plain()})
        write_checksums(staging)


def read_deposit(folder: Path) -> Deposit:
    """Read a deposited study; a changed or damaged one raises FileError or SettingsError with a one-line message."""
    check_checksums(folder)
    study = read_json(folder / STUDY)
    facts = StudyFacts.read(study["facts"], str(folder / STUDY))
    scores, baselines, history = (tables.read_long(folder / name) for name in (SCORES, BASELINES, HISTORY))
    failed = pd.read_csv(
        folder / FAILURES, dtype={"tool": str, "dataset": str, "train_dataset": str}, keep_default_na=False
    )
    return Deposit(
        facts=facts,
        command=study["command"],
        day=study["day"],
        scores=Scores(
            scores,
            baselines,
            tables.read_clusters(folder / FRAMES.format(dataset=name) for name in facts.datasets),
            [Failure(*row) for row in failed.itertuples(index=False)],
            _read_facts(folder / TOOLS, ToolFacts) if facts.tools else [],
            read_resources(folder / USED) if facts.tools else None,
        ),
        trained=_read_facts(folder / RUNS, RunFacts),
        history=history,
        tracking=read_tracking([folder / TRACKING]),
        checks=pd.read_csv(folder / CHECKS, dtype=str, keep_default_na=False),
        silver=read_packed(folder / SILVER),
    )


def silver_table(silver: bytes) -> pd.DataFrame:
    """Parse the table of silver truth from its CSV."""
    return pd.read_csv(io.BytesIO(silver), dtype={"dataset": str, "sequence": str})


def _check_runs(facts: StudyFacts, scores: Iterable[dict[str, str]], failed: Iterable[Failure]) -> None:
    """Raise DepositError unless the scores are from exactly the runs of these facts, except failed external tools."""
    found = {Run(row["experiment"], row["train_dataset"], int(row["fold"]), int(row["seed"])) for row in scores}
    tools = {*facts.external_runs(), *facts.tool_runs()}
    may_lack = {Run(each.tool, each.train_dataset, each.fold, each.seed) for each in failed}
    wanted = {*facts.runs(), *tools}
    if missing := sorted(wanted - found - may_lack):
        raise DepositError(f"{facts.name}: no score of {missing[0].path}; let the study finish, then deposit it")
    if foreign := sorted(found - wanted):
        raise DepositError(
            f"{facts.name}: has scores of {foreign[0].path}, which its configuration does not run; give the files that "
            "the study was made with"
        )


def _histories(facts: StudyFacts, root: Path) -> Iterator[dict[str, str]]:
    """Yield every evaluation of every trained run, with the same text as in its history file."""
    for run in facts.trained_runs():
        named = {name: str(getattr(run, name)) for name in RUN_COLUMNS}
        yield from (named | row for row in read_csv(root / Layout(facts.name).history(run.path), HISTORY_COLUMNS))


def _write_facts(path: Path, facts: Iterable[RunFacts]) -> None:
    lines = [json.dumps(_without_machine(each)) for each in facts]
    write_packed(path, "".join(f"{line}\n" for line in lines).encode())


def _read_facts(path: Path, kind: type[Facts]) -> list[Facts]:
    return [kind.read(json.loads(line), str(path)) for line in read_packed(path).splitlines()]


def _without_machine(facts: RunFacts) -> dict[str, object]:
    """Return the facts of a run without its platform and without the folders of its data sources."""
    versions = {name: version for name, version in facts.versions.items() if name not in MACHINE}
    data = [each.model_copy(update={"source": each.source and PurePath(each.source).name}) for each in facts.data]
    return facts.model_copy(update={"versions": versions, "data": tuple(data)}).model_dump(
        mode="json", exclude={*ALONE}
    )
