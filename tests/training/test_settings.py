"""Settings of a training: what is refused, in one line, and what their cache is."""

import pytest

from unetlib.io.settings import SettingsError
from unetlib.training.settings import CacheSettings, LossSettings, RunSettings, TrainingSettings


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("optimiser", "rmsprop", "input should be 'sgd', 'nesterov', 'adam' or 'adamw'"),
        ("schedule", "step", "input should be 'constant', 'cosine' or 'plateau'"),
        ("precision", "float16", "input should be 'auto', 'float32' or 'bfloat16'"),
        ("updates", 0, "greater than or equal to 1"),
        ("accumulation_steps", 0, "greater than or equal to 1"),
        ("evaluate_every", 0, "greater than or equal to 1"),
        ("momentum", -0.1, "greater than or equal to 0"),
        ("patience", -1, "greater than or equal to 0"),
        ("warmup_updates", -1, "greater than or equal to 0"),
        ("weight_decay", float("nan"), "finite number"),
        ("learning_rate", 0.0, "greater than 0"),
        ("learning_rate", float("inf"), "finite number"),
    ],
)
def test_a_bad_setting_is_named(name, value, line):
    with pytest.raises(SettingsError, match=f"training.{name} is .*{line}") as caught:
        TrainingSettings.read({name: value}, "training")
    assert "\n" not in str(caught.value)


def test_nesterov_needs_momentum():
    with pytest.raises(SettingsError, match=r"training\.momentum is 0; nesterov needs a positive one"):
        TrainingSettings.read({"optimiser": "nesterov", "momentum": 0})


def test_the_key_of_an_earlier_version_is_unknown():
    with pytest.raises(SettingsError, match="accumulate is not a known key; did you mean 'accumulation_steps'"):
        TrainingSettings.read({"accumulate": 2})


def test_a_loss_takes_its_own_parameters_alone():
    assert LossSettings.read({"name": "ce_dice", "params": {"dice_fraction": 1}}).params.given() == {"dice_fraction": 1}
    with pytest.raises(SettingsError, match=r"ce_dice takes no alpha, beta \(its parameters: dice_fraction\)"):
        LossSettings.read({"name": "ce_dice", "params": {"alpha": 0.3, "beta": 0.7}})


def test_the_cache_of_a_run_is_what_decides_its_bytes():
    run = RunSettings.read({"separate_touching": False, "augmentation": {"copies": 3}, "training": {"updates": 9}})
    assert run.cache == CacheSettings(separate_touching=False, augmentation={"copies": 3})
    assert run.cache != RunSettings.read({"augmentation": {"copies": 3}}).cache
