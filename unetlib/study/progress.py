"""Progress of a study in lines for the terminal: networks trained, runs scored, results flagged by the checks."""

import csv
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from unetlib.study.external_scores import failures
from unetlib.study.facts import StudyFacts
from unetlib.study.layout import Layout
from unetlib.study.runs import Run

NAMED = 5  # how many missing files a line names


def progress(facts: StudyFacts, root: Path = Path()) -> list[str]:
    """Return one line each on trained networks, scored runs and scored tools: done, total, and what is missing.

    A further line follows for each test set on which an external tool failed. root: the project's folder. A file that
    exists is complete, because all files are written atomically.
    """
    layout = Layout(facts.name)
    failed = list(failures(facts, root))
    lines = [
        _line("networks trained", {run.path: root / layout.model(run.path) for run in facts.trained_runs()}),
        _line("runs scored", {run.path: root / layout.scores(run.path) for run in facts.runs()}),
        _line(
            "external tools scored",
            {
                f"{run.experiment}/fold{run.fold}": root / layout.external_scores(run.experiment, run.fold)
                for run in facts.external_runs()
            },
            {f"{each.tool}/fold{each.fold}" for each in failed},
        ),
    ]
    if facts.tools:
        trained = {Run(each.tool, each.train_dataset, each.fold, each.seed).path for each in failed}
        files = {run.path: root / layout.tool_scores(run.path) for run in facts.tool_runs()}
        lines.append(_line("trained tools scored", files, trained))
    return [*lines, *(f"failed: {each}" for each in failed)]


def closing_line(facts: StudyFacts, root: Path = Path()) -> str:
    """Return the closing line of a study: where the report is, networks trained, results flagged by the checks.

    Parts whose files do not exist yet are omitted.
    """
    layout = Layout(facts.name)
    report, checks = root / layout.report, root / layout.checks
    parts = [str(report) if report.exists() else "no report yet", progress(facts, root)[0]]
    if checks.exists():
        with checks.open(newline="", encoding="utf-8") as handle:
            statuses = [row["status"] for row in csv.DictReader(handle)]
        parts.append(f"checks that flagged a result: {statuses.count('flagged')} of {len(statuses)}")
    return "; ".join(parts)


def _line(what: str, files: Mapping[str, Path], failed: Collection[str] = ()) -> str:
    missing = [name for name, path in files.items() if name in failed or not path.is_file()]
    return f"{what}: {len(files) - len(missing)} of {len(files)}" + _list_of(missing)


def _list_of(missing: Sequence[str]) -> str:
    more = f" and {len(missing) - NAMED} more" if len(missing) > NAMED else ""
    return f"; not {', '.join(missing[:NAMED])}{more}" if missing else ""
