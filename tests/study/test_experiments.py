"""What each experiment does: its difference and nothing else, and no network trained twice."""

from itertools import combinations
from pathlib import Path

import pytest
import yaml
from builders.config import CONFIG, changed

from unetlib.io.files import short_hash
from unetlib.networks import tiling
from unetlib.study import experiments, runs

ROOT = Path(__file__).parents[2]
PAPER = yaml.safe_load((ROOT / "config.yaml").read_text())


def test_an_experiment_changes_what_it_names_and_nothing_else():
    reference, plain = (experiments.experiment_settings(CONFIG, name, "b") for name in ("reference", "plain"))
    assert plain["augmentation"] == {"policy": "none", "variants": 4}
    assert plain["loss"] == {"name": "ce_dice", "params": {"dice_fraction": 0.5}}
    for key in set(reference) - {"augmentation", "loss"}:
        assert plain[key] == reference[key]
    assert CONFIG["augmentation"]["policy"] == "full", "the configuration itself was altered"


def test_a_dataset_brings_its_tile_when_trained_on_alone():
    assert experiments.experiment_settings(CONFIG, "reference", "a")["batch"]["tile_px"] == 100
    assert experiments.experiment_settings(CONFIG, "reference", "b")["batch"]["tile_px"] == 388
    assert experiments.experiment_settings(CONFIG, "joint", runs.JOINT)["batch"]["tile_px"] == 388


def test_a_change_of_padding_alone_takes_the_largest_tile_that_fits():
    assert experiments.experiment_settings(CONFIG, "padded", "a")["batch"]["tile_px"] == 96
    assert experiments.experiment_settings(CONFIG, "padded", "b")["batch"]["tile_px"] == 384
    stated = changed(("experiments", "padded", "batch"), {"tile_px": 320})
    assert experiments.experiment_settings(stated, "padded", "b")["batch"]["tile_px"] == 320


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("depth", [1, 3, 5])
def test_the_largest_tile_is_one_that_the_network_takes(depth, padding):
    for side in range(16, 120):
        found = tiling.largest_tile(side, depth=depth, padding=padding)
        assert tiling.takes_tile(found, depth=depth, padding=padding) and found <= side
        above = range(found + 1, side + 1)
        assert not any(tiling.takes_tile(other, depth=depth, padding=padding) for other in above)
    assert tiling.largest_tile(1, depth=5, padding="same") == 16


def test_experiments_share_a_cache_exactly_when_its_settings_agree():
    key = {name: short_hash(experiments.cache_settings(CONFIG, name)) for name in CONFIG["experiments"]}
    assert key["reference"] == key["joint"] == key["turned"] != key["plain"]
    assert key["plain"] == key["flipped"], "flips happen at load: both need the images alone"


def test_folds_of_a_dataset_replace_the_studys_and_the_experiments_split_both():
    assert experiments.split_settings(CONFIG, "a") == {"by": "sequence", "folds": 2, "max_train": None, "seed": 0}
    assert experiments.split_settings(CONFIG, "b")["folds"] == 5
    assert experiments.split_settings(CONFIG, "b", "leaky") == experiments.split_settings(CONFIG, "b") | {
        "by": "random"
    }
    assert experiments.split_settings(CONFIG, "a", "small") == experiments.split_settings(CONFIG, "a") | {
        "max_train": 2
    }
    assert experiments.split_settings(CONFIG, "a", "turned") == experiments.split_settings(CONFIG, "a")
    both = changed(("split", "by"), "random")
    assert experiments.split_settings(both, "a")["by"] == "random"


def test_splits_that_agree_share_a_key():
    keys = experiments.split_keys(CONFIG)
    assert set(keys) == {"", *CONFIG["study"]["experiments"]}
    for name in ("reference", "plain", "joint", "turned"):
        assert keys[name] == keys[""]
    assert len({keys[name]["a"] for name in ("", "small", "leaky")}) == 3
    assert experiments.split_keys(changed(("split", "max_train"), 2))["small"]["a"] == keys["small"]["a"]


def test_inference_is_laid_over_the_studys():
    assert experiments.inference_settings(CONFIG, "reference") == {"mode": "tile", "rotations": 1}
    assert experiments.inference_settings(CONFIG, "turned") == {"mode": "tile", "rotations": 8}


def trainers(config):
    made = experiments.share_identical_trainings(config)
    return {name: runs.training_experiment(made, name) for name in config["study"]["experiments"]}


def test_what_agrees_with_the_reference_is_not_trained_again():
    apart = {name: name for name in CONFIG["study"]["experiments"]} | {"turned": "reference"}
    assert trainers(CONFIG) == apart
    assert trainers(changed(("split", "max_train"), 2)) == apart | {"small": "reference"}
    assert trainers(changed(("study", "reference"), "small")) == apart
    equal = changed(("experiments", "plain"), {"augmentation": {"policy": "flips"}})
    assert trainers(equal) == apart | {"flipped": "plain"}, "the first in the list is trained"
    equal["study"]["reference"] = "flipped"
    assert trainers(equal) == apart | {"plain": "flipped"}, "unless the reference is among them"


def test_networks_that_one_dataset_tells_apart_are_trained_apart():
    """A stated tile is the study's on b, but on a the dataset's own tile is smaller."""
    stated = changed(("experiments", "plain"), {"batch": {"tile_px": 388}})
    assert trainers(stated)["plain"] == "plain"
    stated["datasets"]["a"]["tile_px"] = None
    assert trainers(stated)["plain"] == "reference"


def test_whose_networks_are_used_is_followed_to_the_end():
    """turned uses those of small, which are the reference's; wherever turned stands in the list."""
    config = changed(("experiments", "turned", "trained_as"), "small")
    config["experiments"]["small"] = {}
    assert trainers(config)["turned"] == trainers(config)["small"] == "reference"
    config = changed(("experiments", "turned", "trained_as"), "small")
    config["study"]["experiments"] = ["turned", "small", "reference"]
    assert trainers(config) == {"turned": "small", "small": "small", "reference": "reference"}


def flat(section, prefix=""):
    for key, value in section.items():
        if isinstance(value, dict) and key != "params":
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", str(value)


def differing(config, one, other):
    """The settings in which two experiments differ."""
    both = (set(flat(experiments.experiment_settings(config, name, ""))) for name in (one, other))
    return {name for name, _ in set.symmetric_difference(*both)}


RATES = {"training.learning_rate", "training.momentum"}  # belong to their optimiser
LOSS = {"loss.name", "loss.params"}
OVERLAYS = [(), ("cpu",), ("cpu", "ladder"), ("demo",)]


def study_of(*overlays):
    config = PAPER
    for name in overlays:
        config = experiments.merged(config, yaml.safe_load((ROOT / f"studies/{name}.yaml").read_text()))
    return config


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
        ("reference", "variants-1", {"augmentation.variants"}),
        ("reference", "no-gap", {"gap"}),
        ("reference", "padded", {"model.padding", "batch.tile_px"}),
        ("padded", "attention-unet", {"model.architecture"}),
        ("padded", "unet-plus-plus", {"model.architecture"}),
    ],
)
def test_a_rung_changes_one_factor_in_every_study(overlays, base, name, factor):
    config = study_of(*overlays)
    found = differing(config, base, name) - RATES
    assert found <= factor, found
    if not found:  # the study's base has that level already: it must be one that an overlay sets
        assert overlays and name in ("adam", "filters-8")
    assert experiments.split_settings(config, "isbi-em", base) == experiments.split_settings(config, "isbi-em", name)


@pytest.mark.parametrize("overlays", OVERLAYS, ids=lambda names: "-".join(names) or "paper")
def test_no_two_trained_experiments_are_the_same(overlays):
    config = experiments.share_identical_trainings(study_of(*overlays))
    trained = [n for n in config["study"]["experiments"] if runs.training_experiment(config, n) == n]
    for one, other in combinations(trained, 2):
        split = {
            name: experiments.split_settings(config, config["study"]["datasets"][0], name) for name in (one, other)
        }
        joint = {runs.is_joint(config, name) for name in (one, other)}
        assert differing(config, one, other) or split[one] != split[other] or len(joint) == 2, (one, other)


def test_the_reference_under_another_name_is_known():
    config = changed(("experiments", "plain"), {})
    config["study"]["experiments"] = ["reference", "plain", "turned", "flipped", "leaky"]
    found = experiments.share_identical_trainings(config)
    same = {name: experiments.same_as_reference(found, name) for name in found["study"]["experiments"]}
    assert {name: found for name, found in same.items() if found} == {"plain": ["a", "b"]}, (
        "turned asks the same networks in another way, the others are trained apart"
    )
    found["experiments"]["plain"]["scoring"] = {"window_px": 9}
    assert experiments.same_as_reference(found, "plain") == []


def test_who_is_cut_by_watershed_and_where():
    config = changed(("datasets", "a", "watershed_depth_px"), 6)
    components = {name: {"a": 0, "b": 0} for name in config["study"]["experiments"]}
    assert experiments.watershed_depths(config) == components, "as the paper"
    config["experiments"]["turned"]["instances"] = "watershed"
    assert experiments.watershed_depths(config) == components | {"turned": {"a": 6, "b": 0}}
    config["instances"] = "watershed"
    config["experiments"]["turned"]["instances"] = "components"
    found = experiments.watershed_depths(config)
    assert found.pop("turned") == {"a": 0, "b": 0} and all(cut == {"a": 6, "b": 0} for cut in found.values())


@pytest.mark.parametrize(
    ("headline", "same"), [("seg", ["b"]), ("map", ["b"]), ("dice", ["a", "b"]), ("iou", ["a", "b"])]
)
def test_a_cut_asks_nothing_without_a_depth_or_of_a_headline_of_pixels(headline, same):
    config = changed(("experiments", "plain"), {"trained_as": "reference"})
    config["datasets"]["a"] |= {"watershed_depth_px": 6, "headline": headline}
    assert experiments.same_as_reference(config, "plain") == ["a", "b"]
    config["experiments"]["plain"]["instances"] = "watershed"
    assert experiments.same_as_reference(config, "plain") == same
