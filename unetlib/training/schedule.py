"""The learning rate over a training."""

import math
from collections.abc import Sequence

from unetlib.training.settings import TrainingSettings

RISE = 0.3  # share of the updates of one cycle, as are the numbers below those of torch's OneCycleLR
FIRST, LAST = 1 / 25, 1 / 25e4  # learning rates at its ends, as shares of the largest


def learning_rate_at(settings: TrainingSettings, update: int, scores: Sequence[float]) -> float:
    """Return the learning rate of update 0..updates−1, given the score (larger is better) of each evaluation before it.

    The first warmup_updates rise linearly to learning_rate; then "constant", "cosine" (to 0 after the last
    update; arXiv 1608.03983, no restart) or "plateau" (times plateau_factor at each of plateau_drops). "one_cycle" has
    no warm-up: half a cosine up and half a cosine down (arXiv 1708.07120; the momentum stays). No rate after the
    warm-up is below minimum_learning_rate.
    """
    if settings.schedule == "one_cycle":
        return max(settings.minimum_learning_rate, settings.learning_rate * _one_cycle(update, settings.updates))
    if update < settings.warmup_updates:
        return settings.learning_rate * (update + 1) / settings.warmup_updates
    return max(settings.minimum_learning_rate, _after_warmup(settings, update, scores))


def _after_warmup(settings: TrainingSettings, update: int, scores: Sequence[float]) -> float:
    if settings.schedule == "cosine":
        progress = (update - settings.warmup_updates) / (settings.updates - settings.warmup_updates)
        return settings.learning_rate * 0.5 * (1 + math.cos(math.pi * progress))
    if settings.schedule == "plateau":
        return settings.learning_rate * settings.plateau_factor ** plateau_drops(scores, settings.plateau_patience)
    return settings.learning_rate


def _one_cycle(update: int, updates: int) -> float:
    """Return the learning rate at an update of one cycle, as a share of the largest."""
    peak, last = RISE * updates - 1, updates - 1
    if update <= peak:
        start, end, progress = FIRST, 1.0, update / peak
    else:
        start, end, progress = 1.0, LAST, (update - peak) / (last - peak)
    return end + (start - end) * 0.5 * (1 + math.cos(math.pi * progress))


def plateau_drops(scores: Sequence[float], patience: int) -> int:
    """Return how often the learning rate has dropped: whenever more than `patience` evaluations in a row failed.

    An evaluation fails if it does not exceed the best before it; after a drop the count starts again.

    >>> plateau_drops([0.5, 0.6, 0.6, 0.6], patience=1)
    1
    """
    best, failed, drops = -math.inf, 0, 0
    for score in scores:
        failed = 0 if score > best else failed + 1
        best = max(best, score)
        if failed > patience:
            drops, failed = drops + 1, 0
    return drops
