"""Splits that several experiments share: their settings by key, and the files of all of them."""

from builders.config import CONFIG, changed, study

from unetlib.study.experiments import split_settings
from unetlib.study.facts import study_facts
from unetlib.study.layout import Layout
from unetlib.study.shared_settings import split_files, split_settings_by_key


def test_each_key_has_the_settings_of_its_experiment_and_dataset():
    made = study(changed(("split", "max_test"), 2))
    facts = study_facts(made)
    found = split_settings_by_key(made, facts)
    for experiment in CONFIG["study"]["experiments"]:
        for dataset, key in facts.splits[experiment].items():
            assert found[key] == split_settings(made, dataset, experiment)
    assert {key for keys in facts.training_splits.values() for key in keys.values()} < set(found)


def test_the_files_are_those_that_train_or_test_a_run_and_the_studys():
    made = study(changed(("split", "max_test"), 2))
    facts, layout = study_facts(made), Layout("s")
    expected = {layout.split(name, key, fold) for name, key in facts.splits[""].items() for fold in facts.folds}
    for run in facts.runs():
        for name, key in facts.split_keys_for_testing(run.experiment, run.train_dataset).items():
            expected.add(layout.split(name, key, run.fold))
        for name, key in facts.training_splits_of(run.experiment, run.train_dataset).items():
            expected.add(layout.split(name, key, run.fold))
    found = split_files(facts, layout)
    assert found == sorted(expected)
    assert set(found) > {layout.split(name, facts.splits[""][name], fold) for name in "ab" for fold in facts.folds}
