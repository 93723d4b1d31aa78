from pathlib import PurePath

import pytest
from builders.config import CONFIG

from unetlib.study import runs


def test_one_run_per_experiment_dataset_fold_seed_and_one_joint_network():
    found = runs.runs(CONFIG)
    assert len(found) == len(set(found)) == 7 * 2 * 2 + 2
    assert found[0].path == "reference/a/fold0-seed0"
    assert {run.train_dataset for run in found if run.experiment == "joint"} == {runs.JOINT}


def test_a_run_is_known_by_where_its_files_stand():
    for run in runs.runs(CONFIG):
        for place in (f"runs/{run.path}", f"results/s/predictions/{run.path}.npz", f"{run.path}.csv"):
            assert runs.run_of(PurePath(place)) == run
    for place in ("fold0-seed0", "a/b/fold0.csv", "a/b/fold0-seedx"):
        with pytest.raises(runs.StudyError, match="no run stands there"):
            runs.run_of(PurePath(place))


def test_training_sets():
    assert runs.training_datasets(CONFIG, runs.JOINT) == ["a", "b"]
    assert runs.training_datasets(CONFIG, "b") == ["b"]


def test_an_experiment_that_only_predicts_uses_the_networks_of_another():
    trained = runs.trained_runs(CONFIG)
    assert {run.experiment for run in runs.runs(CONFIG)} - {run.experiment for run in trained} == {"turned"}
    for run in runs.runs(CONFIG):
        twin = runs.training_run(CONFIG, run)
        assert twin in trained and (twin == run) == (run in trained)
        assert (twin.train_dataset, twin.fold, twin.seed) == (run.train_dataset, run.fold, run.seed)


def test_a_network_is_judging_splits_its_own_split_where_it_was_trained_and_by_the_studys_elsewhere():
    keys = {"study": CONFIG["study"], "splits": {"": {"a": "A", "b": "B"}, "leaky": {"a": "LA", "b": "LB"}}}
    assert runs.split_keys_for_testing(keys, "leaky", "a") == {"a": "LA", "b": "B"}
    assert runs.split_keys_for_testing(keys, "leaky", "b") == {"a": "A", "b": "LB"}
    assert runs.split_keys_for_testing(keys, "leaky", runs.JOINT) == {"a": "LA", "b": "LB"}
