"""A run of a study: one network, identified by experiment, training dataset, fold and seed."""

import re
from dataclasses import dataclass
from pathlib import PurePath

JOINT = "all"  # the training set of one network trained on every dataset of the study
EXTERNAL = "external"  # the training set of an external tool: none of ours
NO_SEED = 0  # the seed of a run without one


class RunError(ValueError):
    """A path does not belong to a run."""


@dataclass(frozen=True, order=True)
class Run:
    """One network of an experiment, trained for it or for another one (networks_of)."""

    experiment: str
    train_dataset: str
    fold: int
    seed: int

    @property
    def path(self) -> str:
        """experiment/train_dataset/fold0-seed0: the path of its files under runs/, predictions/ and scores/."""
        return f"{self.experiment}/{self.train_dataset}/fold{self.fold}-seed{self.seed}"

    def place(self, test_dataset: str, image: str) -> tuple[str, str, str, int, int, str]:
        """Return the key of this run's scores in the long table: SCORE_COLUMNS without metric and value."""
        return self.experiment, self.train_dataset, test_dataset, self.fold, self.seed, image


def run_of(path: PurePath) -> Run:
    """Parse the run from the path of its file or folder: …/experiment/train_dataset/fold0-seed0[.suffix]."""
    match = re.fullmatch(r"fold(\d+)-seed(\d+)", path.stem)
    if match is None or len(path.parts) < 3:
        raise RunError(f"{path} is not of a run; a run's path ends in experiment/train_dataset/fold0-seed0")
    return Run(path.parts[-3], path.parts[-2], int(match[1]), int(match[2]))
