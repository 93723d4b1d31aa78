"""Which sequences a study tracks, and which networks cannot be used for it."""

import pytest
from builders.config import changed, study

from unetlib.study.tracked_runs import tracked_datasets, tracked_experiments, untrackable


def tracked(*experiments):
    return changed(("tracking", "networks_of"), list(experiments))


def test_datasets_of_the_challenge_that_are_split_by_sequence_are_tracked():
    chosen = study(tracked("reference", "turned"))
    assert tracked_experiments(chosen) == ["reference", "turned"] and tracked_datasets(chosen) == ["a"]
    config = tracked("reference")
    config["datasets"]["a"]["split"] = "block"
    assert tracked_datasets(study(config)) == []
    config["datasets"]["a"]["split"], config["split"]["by"] = "sequence", "random"
    assert tracked_datasets(study(config)) == []


@pytest.mark.parametrize("names", [(), ("adam",)])
def test_nothing_is_tracked_where_no_network_of_the_study_is_named(names):
    assert tracked_experiments(study(tracked(*names))) == tracked_datasets(study(tracked(*names))) == []


def test_a_network_that_was_trained_on_the_sequence_or_on_all_datasets_is_refused():
    assert untrackable(study(tracked("reference", "turned", "small"))) == {}
    assert untrackable(study(tracked("joint", "random-split"))) == {
        "joint": "is trained on all datasets; name an experiment with one network per dataset",
        "random-split": "does not split by sequence: it was trained on frames of the test sequence",
    }


def test_a_network_that_was_not_trained_on_a_tracked_dataset_is_refused():
    config = tracked("reference", "plain")
    config["experiments"]["plain"]["datasets"] = ["b"]
    assert untrackable(study(config)) == {
        "plain": "is not trained on a; name an experiment without datasets of its own"
    }
