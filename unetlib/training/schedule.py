"""The learning rate over a training."""

import math
from collections.abc import Sequence

from unetlib.training.settings import TrainingSettings

PLATEAU_PATIENCE = 3  # evaluations without improvement that are let pass
PLATEAU_FACTOR = 0.5


def learning_rate_at(settings: TrainingSettings, update: int, dices: Sequence[float]) -> float:
    """Return the learning rate of update 0..updates−1, given the Dice of all evaluations before it.

    The first warmup_updates rise linearly to learning_rate; then "constant", "cosine" (to 0 after the last
    update; arXiv 1608.03983, no restart) or "plateau" (halved at each of plateau_drops).
    """
    if update < settings.warmup_updates:
        return settings.learning_rate * (update + 1) / settings.warmup_updates
    if settings.schedule == "cosine":
        progress = (update - settings.warmup_updates) / (settings.updates - settings.warmup_updates)
        return settings.learning_rate * 0.5 * (1 + math.cos(math.pi * progress))
    if settings.schedule == "plateau":
        return settings.learning_rate * PLATEAU_FACTOR ** plateau_drops(dices)
    return settings.learning_rate


def plateau_drops(dices: Sequence[float], patience: int = PLATEAU_PATIENCE) -> int:
    """Return how often the learning rate has fallen: each time more than `patience` evaluations in a row failed.

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
