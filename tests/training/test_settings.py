"""Settings of a training: what is refused, in one line, and what their cache is."""

import pytest

from unetlib.imaging.settings import ResampleSettings, TargetSettings
from unetlib.io.files import short_hash
from unetlib.io.settings import Settings, SettingsError
from unetlib.training.settings import CacheSettings, LossSettings, RunSettings, TrainingSettings


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("optimiser", "rmsprop", "input should be 'sgd', 'nesterov', 'adam' or 'adamw'"),
        ("schedule", "step", "input should be 'constant', 'cosine', 'plateau' or 'one_cycle'"),
        ("clip_norm", 0, "greater than 0"),
        ("plateau_factor", 1, "less than 1"),
        ("select_by", "iou", "input should be 'dice', 'loss' or 'last'"),
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


def test_the_minimum_learning_rate_is_below_the_learning_rate():
    with pytest.raises(SettingsError, match=r"training\.minimum_learning_rate is 0\.1, above learning_rate \(0\.01\)"):
        TrainingSettings.read({"learning_rate": 0.01, "minimum_learning_rate": 0.1})


def test_updates_per_dataset():
    settings = TrainingSettings(updates=100, evaluate_every=20, warmup_updates=7)
    assert settings.for_datasets(3) == settings
    each = settings.model_copy(update={"updates_per": "dataset"})
    joint = each.for_datasets(3)
    assert (joint.updates, joint.evaluate_every, joint.warmup_updates) == (300, 60, 7) and each.for_datasets(1) == each


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


def test_symmetries_of_tiles_share_a_cache():
    for symmetries in ("flips", "half_turns", "none"):
        run = RunSettings.read({"augmentation": {"symmetries": symmetries}})
        assert run.cache == RunSettings().cache and run.identity() != RunSettings().identity()


def test_options_at_rest_leave_keys_as_they_were():
    """The keys of the paper's settings before there were options: no network is trained anew for one."""
    assert short_hash(RunSettings().identity()) == "cd3d94a6" and short_hash(CacheSettings().identity()) == "da866eff"


def options(settings):
    """The options of settings and of their sections: the section, the name, the value at rest."""
    for name, field in type(settings).model_fields.items():
        value = getattr(settings, name)
        if (field.json_schema_extra or {}).get("rests"):
            yield type(settings), name, value
        elif isinstance(value, Settings):
            yield from options(value)


DISTANCES = {"kind": "distances", "loss": "smooth_l1", "weight": 1.0}
OTHER = {
    bool: True,
    float: 0.0025,
    int: 2,
    type(None): 0.25,
    TargetSettings: DISTANCES,
    ResampleSettings: ResampleSettings(object_diameter_px=20),
}


@pytest.mark.parametrize("option", [*options(RunSettings())], ids=lambda option: f"{option[0].__name__}.{option[1]}")
def test_an_option_in_use_changes_the_key(option):
    section, name, rest = option
    annotation = section.model_fields[name].annotation
    choices = getattr(annotation, "__args__", ())
    value = next(choice for choice in choices if choice != rest) if isinstance(rest, str) else OTHER[type(rest)]
    value = "other" if annotation == str | None else value
    assert name not in section(**{name: rest}).identity()
    found = section(**{name: value}).identity()[name]
    assert found == (value.plain() if isinstance(value, Settings) else value)


def test_every_length_of_a_cache_is_scaled_and_nothing_else():
    settings = CacheSettings()
    assert settings.scaled(1) is settings
    plain, scaled = settings.plain(), settings.scaled(0.5).plain()
    lengths = {
        (section, name) for section in ("weight_map", "augmentation") for name in plain[section] if name.endswith("_px")
    }
    changed = {
        (section, name)
        for section in ("weight_map", "augmentation")
        for name, value in plain[section].items()
        if scaled[section][name] != value
    }
    assert changed == lengths and len(lengths) == 4
    assert all(scaled[section][name] == plain[section][name] / 2 for section, name in lengths)
