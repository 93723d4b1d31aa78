"""A run of a study: one network, known by experiment, training dataset, fold and seed."""

import re
from dataclasses import dataclass
from pathlib import PurePath

JOINT = "all"  # the training set of one network trained on every dataset of the study
EXTERNAL = "external"  # what another tool's label images were trained on: nothing of ours
NO_SEED = 0  # the seed of what has none


class RunError(ValueError):
    """A path that is not of a run."""


@dataclass(frozen=True, order=True)
class Run:
    """One network of an experiment, trained for it or (networks_of) for another."""

    experiment: str
    train_dataset: str
    fold: int
    seed: int

    @property
    def path(self) -> str:
        """experiment/train_dataset/fold0-seed0: where its files stand under runs/, predictions/ and scores/."""
        return f"{self.experiment}/{self.train_dataset}/fold{self.fold}-seed{self.seed}"

    def place(self, test_dataset: str, image: str) -> tuple[str, str, str, int, int, str]:
        """Return where a score of this run stands in the long table: SCORE_COLUMNS without metric and value."""
        return self.experiment, self.train_dataset, test_dataset, self.fold, self.seed, image


def run_of(path: PurePath) -> Run:
    """Return the run whose file or folder stands at …/experiment/train_dataset/fold0-seed0[.suffix]."""
    match = re.fullmatch(r"fold(\d+)-seed(\d+)", path.stem)
    if match is None or len(path.parts) < 3:
        raise RunError(f"{path} is not of a run; a run's path ends in experiment/train_dataset/fold0-seed0")
    return Run(path.parts[-3], path.parts[-2], int(match[1]), int(match[2]))
