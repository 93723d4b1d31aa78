"""The runs of a study: one trained network each, known by experiment, training dataset, fold and seed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

JOINT = "all"  # the training set of one network trained on every dataset of the study
EXTERNAL = "external"  # what another tool's label images were trained on: nothing of ours
TRIVIAL = ("all-foreground", "all-background", "otsu")  # names of baselines.trivial_masks
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
    return [run for run in runs(config) if trainer_of(config, run.experiment) == run.experiment]


def trained_twin(config: Mapping[str, Any], run: Run) -> Run:
    """Return the run whose network this run uses: mostly itself."""
    return Run(trainer_of(config, run.experiment), run.train_dataset, run.fold, run.seed)


def trainer_of(config: Mapping[str, Any], experiment: str) -> str:
    """Return the experiment that trains this experiment's networks: mostly itself."""
    return str(config["experiments"][experiment].get("trained_as") or experiment)


def is_joint(config: Mapping[str, Any], experiment: str) -> bool:
    """Return whether one network is trained on all datasets together."""
    return bool(config["experiments"][trainer_of(config, experiment)].get("joint"))


def training_datasets(config: Mapping[str, Any], train_dataset: str) -> list[str]:
    """Return the datasets that a training set stands for."""
    return list(config["study"]["datasets"]) if train_dataset == JOINT else [train_dataset]


def judging_splits(study: Mapping[str, Any], experiment: str, train_dataset: str) -> dict[str, str]:
    """Return, for each dataset, the key of the split whose test frames judge a run.

    A network is tested on what it was trained on by its own experiment's split, on every other dataset by the
    study's. study: `study`, and `splits`, the keys by experiment and dataset (the study's own under "").
    """
    own = training_datasets(study, train_dataset)
    return {
        dataset: study["splits"][experiment if dataset in own else ""][dataset]
        for dataset in study["study"]["datasets"]
    }
