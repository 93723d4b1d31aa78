"""Every experiment of the shipped studies differs from its base in one factor, and from every other."""

from itertools import combinations

import pytest
from builders.config import config_of, study

from unetlib.study import experiments, shared_trainings


def flat(section, prefix=""):
    for key, value in section.items():
        if isinstance(value, dict) and key != "params":
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", str(value)


def differing(chosen, one, other):
    """The settings in which two experiments differ."""
    both = (set(flat(experiments.run_settings(chosen, name).plain())) for name in (one, other))
    return {name for name, _ in set.symmetric_difference(*both)}


RATES = {"training.learning_rate", "training.momentum"}  # belong to their optimiser
LOSS = {"loss.name", "loss.params"}
OVERLAYS = [(), ("cpu",), ("cpu", "ladder")]  # the demo starts from another recipe


@pytest.mark.parametrize("overlays", OVERLAYS, ids=lambda names: "-".join(names) or "paper")
@pytest.mark.parametrize(
    ("base", "name", "factor"),
    [
        ("reference", "adam", {"training.optimiser"}),
        ("reference", "batch-norm", {"model.norm"}),
        ("reference", "dice-loss", LOSS),
        ("reference", "plateau", {"training.schedule"}),
        ("modern", "modern-no-batch-norm", {"model.norm"}),
        ("modern", "modern-no-dice", LOSS),
        ("modern", "modern-sgd", {"training.optimiser"}),
        ("modern", "modern-no-plateau", {"training.schedule"}),
        ("modern", "modern-no-dropout", {"model.dropout"}),
        ("reference", "loss-bce-tversky", LOSS),
        ("reference", "filters-8", {"model.base_filters"}),
        ("reference", "copies-1", {"augmentation.copies"}),
        ("reference", "touching-merged", {"separate_touching"}),
        ("reference", "padded", {"model.padding", "batch.tile_px"}),
        ("padded", "attention-unet", {"model.architecture"}),
        ("padded", "unet-plus-plus", {"model.architecture"}),
    ],
)
def test_a_rung_changes_one_factor_in_every_study(overlays, base, name, factor):
    chosen = study(config_of(*overlays))
    found = differing(chosen, base, name) - RATES
    assert found <= factor, found
    if not found:  # the study's base has that level already: it must be one that an overlay sets
        assert overlays and name in ("adam", "filters-8", "batch-norm", "dice-loss")
    assert experiments.split_settings(chosen, "isbi-em", base) == experiments.split_settings(chosen, "isbi-em", name)


@pytest.mark.parametrize("overlays", OVERLAYS, ids=lambda names: "-".join(names) or "paper")
def test_no_two_trained_experiments_are_the_same(overlays):
    chosen = shared_trainings.share_identical_trainings(study(config_of(*overlays)))
    dataset = chosen.study.datasets[0]
    trained = [name for name in chosen.study.experiments if not experiments.trains_nothing(chosen, name)]
    for one, other in combinations(trained, 2):
        splits = [experiments.split_settings(chosen, dataset, name) for name in (one, other)]
        joint = {experiments.is_joint(chosen, name) for name in (one, other)}
        assert differing(chosen, one, other) or splits[0] != splits[1] or len(joint) == 2, (one, other)
