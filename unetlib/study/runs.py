"""The runs of a study: one trained network each, known by experiment, training dataset, fold and seed."""

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

JOINT = "all"  # the training set of one network trained on every dataset of the study
EXTERNAL = "external"  # what another tool's label images were trained on: nothing of ours
PSEUDO_SEED = 0  # of what has no seed


class StudyError(ValueError):
    """A configuration that cannot be run."""


@dataclass(frozen=True, order=True)
class Run:
    """One network of an experiment, trained for it or (trained_as) for another."""

    experiment: str
    train_dataset: str
    fold: int
    seed: int

    @property
    def path(self) -> str:
        """experiment/train_dataset/fold0-seed0: where its files stand under runs/, predictions/ and scores/."""
        return f"{self.experiment}/{self.train_dataset}/fold{self.fold}-seed{self.seed}"


def run_of(path: PurePath) -> Run:
    """Return the run whose file or folder stands at …/experiment/train_dataset/fold0-seed0[.suffix]."""
    match = re.fullmatch(r"fold(\d+)-seed(\d+)", path.stem)
    if match is None or len(path.parts) < 3:
        raise StudyError(f"{path}: no run stands there; a path ends in experiment/train_dataset/fold0-seed0")
    return Run(path.parts[-3], path.parts[-2], int(match[1]), int(match[2]))


def runs(config: Mapping[str, Any]) -> list[Run]:
    """Return every run that is predicted and scored, in the order of the study's lists."""
    study = config["study"]
    return [
        Run(experiment, dataset, fold, seed)
        for experiment in study["experiments"]
        for dataset in ([JOINT] if is_joint(config, experiment) else study["datasets"])
        for fold in study["folds"]
        for seed in study["seeds"]
    ]


def trained_runs(config: Mapping[str, Any]) -> list[Run]:
    """Return the runs that are trained: all but those of experiments that use the networks of another."""
    return [run for run in runs(config) if training_experiment(config, run.experiment) == run.experiment]


def training_run(config: Mapping[str, Any], run: Run) -> Run:
    """Return the run whose network this run uses: mostly itself."""
    return Run(training_experiment(config, run.experiment), run.train_dataset, run.fold, run.seed)


def training_experiment(config: Mapping[str, Any], experiment: str) -> str:
    """Return the experiment that trains this experiment's networks: mostly itself."""
    return str(config["experiments"][experiment].get("trained_as") or experiment)


def is_joint(config: Mapping[str, Any], experiment: str) -> bool:
    """Return whether one network is trained on all datasets together."""
    return bool(config["experiments"][training_experiment(config, experiment)].get("joint"))


def training_datasets(config: Mapping[str, Any], train_dataset: str) -> list[str]:
    """Return the datasets that a training set stands for."""
    return list(config["study"]["datasets"]) if train_dataset == JOINT else [train_dataset]


def split_keys_for_testing(study: Mapping[str, Any], experiment: str, train_dataset: str) -> dict[str, str]:
    """Return, for each dataset, the key of the split whose test frames judge a run.

    A network is tested on what it was trained on by its own experiment's split, on every other dataset by the
    study's. study: `study`, and `splits`, the keys by experiment and dataset (the study's own under "").
    """
    own = training_datasets(study, train_dataset)
    return {
        dataset: study["splits"][experiment if dataset in own else ""][dataset]
        for dataset in study["study"]["datasets"]
    }


SHOWN = 5


def external_runs(study: Mapping[str, Any]) -> list[Run]:
    """Return other tools as runs: one per fold, trained on nothing of ours, with one seed that stands for none.

    study: the section of the config.
    """
    return [Run(name, EXTERNAL, fold, PSEUDO_SEED) for name in study["externals"] for fold in study["folds"]]


def progress(config: Mapping[str, Any], results: Path) -> list[str]:
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


def closing_line(config: Mapping[str, Any], results: Path) -> str:
    """Return one line for the end of a run: where the report is, networks trained, checks that flagged a result.

    What is not there yet is left out.
    """
    report, checks = results / "report.html", results / "checks.csv"
    parts = [str(report) if report.exists() else "no report yet", progress(config, results)[0]]
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
