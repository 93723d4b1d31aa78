"""No network is trained twice: equal experiments share it, and the reference is known under another name."""

import pytest
from builders.config import CONFIG, changed, study

from unetlib.study import experiments, shared_trainings


def trainers(config):
    made = shared_trainings.share_identical_trainings(study(config))
    return {name: experiments.training_experiment(made, name) for name in config["study"]["experiments"]}


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


def test_networks_of_some_datasets_are_those_of_an_experiment_that_has_more():
    """flipped and plain are equal here; who has more datasets trains, wherever it stands in the list."""
    equal = changed(("experiments", "plain"), {"augmentation": {"policy": "flips"}, "datasets": ["b"]})
    assert trainers(equal)["plain"] == trainers(equal)["flipped"] == "flipped"
    equal["experiments"]["flipped"]["datasets"] = ["a"]
    assert trainers(equal)["plain"] == "plain" and trainers(equal)["flipped"] == "flipped"
    equal["experiments"]["flipped"]["datasets"] = ["b", "a"]
    assert trainers(equal)["plain"] == "flipped"


def test_a_joint_network_of_other_datasets_is_another():
    config = changed(("experiments", "plain"), {"train_on": "all"})
    assert trainers(config)["joint"] == "plain"
    config["experiments"]["plain"]["datasets"] = ["a"]
    assert trainers(config)["joint"] == "joint"


def test_whose_networks_are_used_is_followed_to_the_end():
    """turned uses those of small, which are the reference's; wherever turned stands in the list."""
    config = changed(("experiments", "turned", "networks_of"), "small")
    config["experiments"]["small"] = {}
    assert trainers(config)["turned"] == trainers(config)["small"] == "reference"
    config = changed(("experiments", "turned", "networks_of"), "small")
    config["study"]["experiments"] = ["turned", "small", "reference"]
    assert trainers(config) == {"turned": "small", "small": "small", "reference": "reference"}


def test_the_reference_under_another_name_is_known():
    config = changed(("experiments", "plain"), {})
    config["study"]["experiments"] = ["reference", "plain", "turned", "flipped", "random-split"]
    found = shared_trainings.share_identical_trainings(study(config))
    same = {name: experiments.same_as_reference(found, name) for name in found.study.experiments}
    assert {name: found for name, found in same.items() if found} == {"plain": ["a", "b"]}, (
        "turned uses the same networks with another inference, the others are trained apart"
    )
    config["experiments"]["plain"] = {"networks_of": "reference", "scoring": {"mirrored_window_px": 9}}
    assert experiments.same_as_reference(study(config), "plain") == []


@pytest.mark.parametrize(
    ("metric", "same"), [("seg", ["b"]), ("map", ["b"]), ("dice", ["a", "b"]), ("iou", ["a", "b"])]
)
def test_an_instance_method_does_not_matter_without_a_depth_or_to_a_metric_of_pixels(metric, same):
    config = changed(("experiments", "plain"), {"networks_of": "reference"})
    config["datasets"]["a"] |= {"watershed_depth_px": 6, "primary_metric": metric}
    assert experiments.same_as_reference(study(config), "plain") == ["a", "b"]
    config["experiments"]["plain"]["instance_method"] = "watershed"
    assert experiments.same_as_reference(study(config), "plain") == same
