"""Which films a study follows, and which networks cannot be asked to."""

import pytest

from studies import changed
from unetlib.filmed import filmed, filmed_runs, unfit
from unetlib.study import Run


def followed(*experiments):
    return changed(("tracking", "experiments"), list(experiments))


def test_the_challenges_datasets_that_are_split_by_sequence_are_followed():
    assert filmed(followed("reference", "turned")) == {"experiments": ["reference", "turned"], "datasets": ["a"]}
    config = followed("reference")
    config["datasets"]["a"]["split"] = "block"
    assert filmed(config)["datasets"] == []
    config["datasets"]["a"]["split"], config["split"]["by"] = "sequence", "random"
    assert filmed(config)["datasets"] == []


@pytest.mark.parametrize("names", [(), ("adam",)])
def test_none_is_followed_where_no_network_of_the_study_is_named(names):
    assert filmed(followed(*names)) == {"experiments": [], "datasets": []}


def test_every_fold_and_seed_of_a_followed_experiment_is_a_run():
    config = followed("reference")
    facts = config | {"filmed": filmed(config)}
    assert filmed_runs(facts) == [Run("reference", "a", fold, 0) for fold in (0, 1)]
    assert filmed_runs(config | {"filmed": filmed(followed())}) == []


def test_a_network_that_knows_the_film_or_all_datasets_is_unfit():
    assert unfit(followed("reference", "turned", "small")) == {}
    assert unfit(followed("joint", "leaky")) == {
        "joint": "is a joint network; name an experiment with one per dataset",
        "leaky": "does not split by sequence: it was trained on frames of the film",
    }
