"""Settings of a training: what is refused, and learning rates by eye."""

import dataclasses

import pytest

from unetlib.training.settings import SettingsError, TrainingSettings, plateau_drops

GOOD = TrainingSettings(
    optimiser="sgd",
    learning_rate=0.1,
    momentum=0.9,
    weight_decay=0.0,
    schedule="constant",
    warmup_updates=0,
    updates=40,
    accumulate=1,
    evaluate_every=10,
    patience=0,
    precision="float32",
    seed=0,
)


def recipe(**changes):
    return dataclasses.replace(GOOD, **changes)


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("optimiser", "rmsprop", "set one of sgd, nesterov, adam, adamw"),
        ("schedule", "step", "set one of constant, cosine, plateau"),
        ("precision", "float16", "set one of auto, float32, bfloat16"),
        ("updates", 0, "set 1 or more"),
        ("accumulate", 0, "set 1 or more"),
        ("evaluate_every", 0, "set 1 or more"),
        ("momentum", -0.1, "set 0 or more"),
        ("patience", -1, "set 0 or more"),
        ("warmup_updates", -1, "set 0 or more"),
        ("weight_decay", float("nan"), "set 0 or more"),
        ("learning_rate", 0.0, "set a positive number"),
        ("learning_rate", float("nan"), "set a positive number"),
    ],
)
def test_a_bad_setting_is_named(name, value, line):
    with pytest.raises(SettingsError, match=f"training.{name} is .*{line}"):
        recipe(**{name: value})


def test_nesterov_needs_momentum():
    with pytest.raises(SettingsError, match="nesterov needs a positive one"):
        recipe(optimiser="nesterov", momentum=0.0)


def test_cosine_by_eye():
    ours = recipe(schedule="cosine", warmup_updates=10, updates=50)
    rates = [ours.learning_rate_at(update, []) for update in (10, 20, 30, 40, 49)]
    assert rates == pytest.approx([0.1, 0.0853553, 0.05, 0.0146447, 0.000154133], rel=1e-5)


def test_plateau_by_eye():
    assert [plateau_drops([0.5] * n, patience=2) for n in range(8)] == [0, 0, 0, 0, 1, 1, 1, 2]
    assert plateau_drops([0.1, 0.2, 0.3, 0.4, 0.5], patience=0) == 0


@pytest.mark.parametrize("schedule", ["constant", "cosine", "plateau"])
def test_warmup_rises_linearly_to_the_learning_rate(schedule):
    rates = [recipe(schedule=schedule, warmup_updates=4).learning_rate_at(u, []) for u in range(5)]
    assert rates == pytest.approx([0.025, 0.05, 0.075, 0.1, 0.1])


def test_warmup_longer_than_the_training_is_all_rise():
    ours = recipe(schedule="cosine", warmup_updates=80)
    assert ours.learning_rate_at(39, []) == pytest.approx(0.05)
