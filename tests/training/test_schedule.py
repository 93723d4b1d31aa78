"""Learning rates over a training, by eye; test_optimisers.py compares them with torch's schedulers."""

import pytest

from unetlib.training.schedule import learning_rate_at, plateau_drops
from unetlib.training.settings import TrainingSettings


def training(**changes):
    settings = {"learning_rate": 0.1, "schedule": "constant", "warmup_updates": 0, "updates": 40, "evaluate_every": 10}
    return TrainingSettings(**{**settings, **changes})


def test_cosine_by_eye():
    settings = training(schedule="cosine", warmup_updates=10, updates=50)
    rates = [learning_rate_at(settings, update, []) for update in (10, 20, 30, 40, 49)]
    assert rates == pytest.approx([0.1, 0.0853553, 0.05, 0.0146447, 0.000154133], rel=1e-5)


def test_plateau_by_eye():
    assert [plateau_drops([0.5] * n, patience=2) for n in range(8)] == [0, 0, 0, 0, 1, 1, 1, 2]
    assert plateau_drops([0.1, 0.2, 0.3, 0.4, 0.5], patience=0) == 0


@pytest.mark.parametrize("schedule", ["constant", "cosine", "plateau"])
def test_warmup_rises_linearly_to_the_learning_rate(schedule):
    rates = [learning_rate_at(training(schedule=schedule, warmup_updates=4), u, []) for u in range(5)]
    assert rates == pytest.approx([0.025, 0.05, 0.075, 0.1, 0.1])


def test_warmup_longer_than_the_training_is_all_rise():
    settings = training(schedule="cosine", warmup_updates=80)
    assert learning_rate_at(settings, 39, []) == pytest.approx(0.05)
