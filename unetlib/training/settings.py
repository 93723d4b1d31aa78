"""How to train: the settings that decide the result, checked, and the learning rate that follows from them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from unetlib.networks.device import PRECISIONS

OPTIMISERS = ("sgd", "nesterov", "adam", "adamw")
SCHEDULES = ("constant", "cosine", "plateau")
PLATEAU_PATIENCE = 3  # evaluations without improvement that are let pass
PLATEAU_FACTOR = 0.5


class SettingsError(ValueError):
    """A setting that cannot be trained with."""


@dataclass(frozen=True)
class TrainingSettings:
    """Every setting that decides the bits of a training; RecipeError for one that is unknown or out of range.

    Rates have no unit; warmup_updates, updates and evaluate_every count updates, patience evaluations.
    """

    optimiser: str
    learning_rate: float
    momentum: float
    weight_decay: float
    schedule: str
    warmup_updates: int
    updates: int
    accumulate: int
    evaluate_every: int
    patience: int
    precision: str
    seed: int

    def __post_init__(self) -> None:
        for name, known in (("optimiser", OPTIMISERS), ("schedule", SCHEDULES), ("precision", PRECISIONS)):
            if getattr(self, name) not in known:
                raise SettingsError(f"training.{name} is {getattr(self, name)!r}; set one of {', '.join(known)}")
        for name in ("updates", "accumulate", "evaluate_every"):
            self._at_least(name, 1)
        for name in ("momentum", "weight_decay", "warmup_updates", "patience"):
            self._at_least(name, 0)
        if not 0 < self.learning_rate < math.inf:
            raise SettingsError(f"training.learning_rate is {self.learning_rate}; set a positive number")
        if self.optimiser == "nesterov" and self.momentum == 0:
            raise SettingsError("training.momentum is 0; nesterov needs a positive one")

    def _at_least(self, name: str, least: int) -> None:
        if not getattr(self, name) >= least:
            raise SettingsError(f"training.{name} is {getattr(self, name)}; set {least} or more")

    def learning_rate_at(self, update: int, dices: Sequence[float]) -> float:
        """Returns the learning rate of update 0..updates−1, given the Dice of all evaluations before it.

        The first warmup_updates rise linearly to learning_rate; then "constant", "cosine" (to 0 after the last
        update; arXiv 1608.03983, no restart) or "plateau" (halved at each of plateau_drops).
        """
        if update < self.warmup_updates:
            return self.learning_rate * (update + 1) / self.warmup_updates
        if self.schedule == "cosine":
            progress = (update - self.warmup_updates) / (self.updates - self.warmup_updates)
            return self.learning_rate * 0.5 * (1 + math.cos(math.pi * progress))
        if self.schedule == "plateau":
            return self.learning_rate * PLATEAU_FACTOR ** plateau_drops(dices)
        return self.learning_rate


def plateau_drops(dices: Sequence[float], patience: int = PLATEAU_PATIENCE) -> int:
    """Returns how often the learning rate has fallen: each time more than `patience` evaluations in a row failed.

    An evaluation fails that does not exceed the best before it; after a fall the count starts anew.

    >>> plateau_drops([0.5, 0.6, 0.6, 0.6], patience=1)
    1
    """
    best, failed, drops = -math.inf, 0, 0
    for dice in dices:
        failed = 0 if dice > best else failed + 1
        best = max(best, dice)
        if failed > patience:
            drops, failed = drops + 1, 0
    return drops
