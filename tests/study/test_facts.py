"""The facts of a study: its runs in the order of its lists, whose networks they use, and which split tests them."""

from builders.config import CONFIG, changed, facts

from unetlib.study.facts import StudyFacts
from unetlib.study.runs import JOINT, Run

FACTS = facts()


def test_one_run_per_experiment_dataset_fold_seed_and_one_joint_network():
    found = FACTS.runs()
    assert len(found) == len(set(found)) == 7 * 2 * 2 + 2
    assert found[0].path == "reference/a/fold0-seed0"
    assert {run.train_dataset for run in found if run.experiment == "joint"} == {JOINT}


def test_training_sets():
    assert FACTS.training_datasets("joint", JOINT) == ["a", "b"]
    assert FACTS.training_datasets("reference", "b") == ["b"]


def test_an_experiment_is_trained_on_the_datasets_that_it_names_alone():
    config = changed(("experiments", "plain", "datasets"), ["b"])
    config["experiments"]["joint"]["datasets"] = ["a"]
    found = facts(config)
    assert [run.path for run in found.runs() if run.experiment == "plain"] == [
        "plain/b/fold0-seed0",
        "plain/b/fold1-seed0",
    ]
    assert found.training_datasets("joint", JOINT) == ["a"]
    assert {run for run in FACTS.runs() if run.experiment not in ("plain", "joint")} < set(found.runs())
    own = found.split_keys_for_testing("joint", JOINT)
    assert own == {name: found.splits["joint" if name == "a" else ""][name] for name in ("a", "b")}


def test_an_experiment_that_only_predicts_uses_the_networks_of_another():
    trained = FACTS.trained_runs()
    assert {run.experiment for run in FACTS.runs()} - {run.experiment for run in trained} == {"turned"}
    for run in FACTS.runs():
        twin = FACTS.training_run(run)
        assert twin in trained and (twin == run) == (run in trained)
        assert (twin.train_dataset, twin.fold, twin.seed) == (run.train_dataset, run.fold, run.seed)


def test_a_network_is_tested_by_its_own_split_where_it_was_trained_and_by_the_studys_elsewhere():
    keys = {"": {"a": "A", "b": "B"}, "random-split": {"a": "RA", "b": "RB"}}
    known = FACTS.model_copy(update={"splits": keys})
    assert known.split_keys_for_testing("random-split", "a") == {"a": "RA", "b": "B"}
    assert known.split_keys_for_testing("random-split", "b") == {"a": "A", "b": "RB"}
    assert known.split_keys_for_testing("random-split", JOINT) == {"a": "RA", "b": "RB"}


def test_the_split_that_trains_a_run_is_its_experiment_s_on_the_datasets_it_is_trained_on():
    found = facts(changed(("split", "max_test"), 1))
    assert found.training_splits_of("small", "b") == {"b": found.training_splits["small"]["b"]}
    assert found.training_splits_of("joint", JOINT) == found.training_splits["joint"] == FACTS.training_splits["joint"]
    assert found.training_splits["joint"] != found.splits["joint"]


def test_every_fold_and_seed_of_a_tracked_experiment_is_a_run():
    tracked = facts(changed(("tracking", "networks_of"), ["reference"]))
    assert tracked.tracked_runs() == [Run("reference", "a", fold, 0) for fold in (0, 1)]
    assert FACTS.tracked_runs() == []


def test_external_tools_are_runs_without_a_seed():
    named = FACTS.model_copy(update={"external_tools": ["tool"]})
    assert named.external_runs() == [Run("tool", "external", fold, 0) for fold in (0, 1)]


def test_what_is_left_out_and_equals_the_reference_is_an_alias_of_it():
    config = changed(("experiments", "again"), {"model": {"base_filters": 8}})
    config["experiments"]["wide"] = {"model": {"base_filters": 9}}
    config["experiments"]["elsewhere"] = {"split": {"max_train": 1}}
    assert facts(config).aliases == {"again": "reference"}


def test_facts_are_the_same_after_a_command_line_in_the_same_order():
    read = StudyFacts.from_json(FACTS.model_dump_json())
    assert read == FACTS
    assert [*read.experiments] == CONFIG["study"]["experiments"] and [*read.datasets] == CONFIG["study"]["datasets"]
