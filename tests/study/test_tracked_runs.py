"""Which films a study follows, and which networks cannot be asked to."""

import pytest
from builders.config import changed

from unetlib.study.runs import Run
from unetlib.study.tracked_runs import tracked_experiments, tracked_runs, untrackable


def followed(*experiments):
    return changed(("tracking", "experiments"), list(experiments))


def test_the_challenges_datasets_that_are_split_by_sequence_are_followed():
    assert tracked_experiments(followed("reference", "turned")) == {
        "experiments": ["reference", "turned"],
        "datasets": ["a"],
    }
    config = followed("reference")
    config["datasets"]["a"]["split"] = "block"
    assert tracked_experiments(config)["datasets"] == []
    config["datasets"]["a"]["split"], config["split"]["by"] = "sequence", "random"
    assert tracked_experiments(config)["datasets"] == []


@pytest.mark.parametrize("names", [(), ("adam",)])
def test_none_is_followed_where_no_network_of_the_study_is_named(names):
    assert tracked_experiments(followed(*names)) == {"experiments": [], "datasets": []}


def test_every_fold_and_seed_of_a_followed_experiment_is_a_run():
    config = followed("reference")
    facts = config | {"filmed": tracked_experiments(config)}
    assert tracked_runs(facts) == [Run("reference", "a", fold, 0) for fold in (0, 1)]
    assert tracked_runs(config | {"filmed": tracked_experiments(followed())}) == []


def test_a_network_that_knows_the_film_or_all_datasets_is_unfit():
    assert untrackable(followed("reference", "turned", "small")) == {}
    assert untrackable(followed("joint", "leaky")) == {
        "joint": "is a joint network; name an experiment with one per dataset",
        "leaky": "does not split by sequence: it was trained on frames of the film",
    }
