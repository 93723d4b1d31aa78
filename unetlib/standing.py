"""How far a study has come: which of its runs were expected, are done, and are missing."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from unetlib.study import EXTERNAL, PSEUDO_SEED, Run, runs, trained_runs

SHOWN = 5


def external_runs(study: Mapping[str, Any]) -> list[Run]:
    """Return other tools as runs: one per fold, trained on nothing of ours, with one seed that stands for none.

    study: the section of the config.
    """
    return [Run(name, EXTERNAL, fold, PSEUDO_SEED) for name in study["externals"] for fold in study["folds"]]


def standing(config: Mapping[str, Any], results: Path) -> list[str]:
    """Return a line each on networks trained, runs scored and other tools scored: how many, of how many, which not.

    config: a resolved study; results: its folder. A file that stands there is whole, as all are written at once.
    """
    return [
        _line("networks trained", {run.path: results / "runs" / run.path / "model.pt" for run in trained_runs(config)}),
        _line("runs scored", {run.path: results / "scores" / f"{run.path}.csv" for run in runs(config)}),
        _line(
            "other tools scored",
            {
                f"{run.experiment}/fold{run.fold}": results / "externals" / run.experiment / f"fold{run.fold}.csv"
                for run in external_runs(config["study"])
            },
        ),
    ]


def ending(config: Mapping[str, Any], results: Path) -> str:
    """Return one line for the end of a run: where the report is, networks trained, checks that flagged a result.

    What is not there yet is left out.
    """
    report, checks = results / "report.html", results / "checks.csv"
    parts = [str(report) if report.exists() else "no report yet", standing(config, results)[0]]
    if checks.exists():
        with checks.open(newline="", encoding="utf-8") as handle:
            statuses = [row["status"] for row in csv.DictReader(handle)]
        parts.append(f"checks that flagged a result: {statuses.count('flagged')} of {len(statuses)}")
    return "; ".join(parts)


def _line(what: str, files: Mapping[str, Path]) -> str:
    missing = [name for name, path in files.items() if not path.is_file()]
    return f"{what}: {len(files) - len(missing)} of {len(files)}" + _named(missing)


def _named(missing: Sequence[str]) -> str:
    more = f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else ""
    return f"; not {', '.join(missing[:SHOWN])}{more}" if missing else ""
