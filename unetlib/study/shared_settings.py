"""What several experiments share: the settings of splits and caches by key, and the files of all splits."""

from unetlib.datasets.settings import SplitSettings
from unetlib.study.experiments import split_settings, training_split_settings
from unetlib.study.facts import StudyFacts
from unetlib.study.layout import Layout
from unetlib.study.settings import StudySettings


def split_settings_by_key(study: StudySettings, facts: StudyFacts) -> dict[str, SplitSettings]:
    """Return the settings of every split of a study, those that test and those that train."""
    return {
        key: settings(study, dataset, name or None)
        for splits, settings in ((facts.splits, split_settings), (facts.training_splits, training_split_settings))
        for name, keys in splits.items()
        for dataset, key in keys.items()
    }


def split_files(facts: StudyFacts, layout: Layout) -> list[str]:
    """Return the files of the study's splits and of those that train and test its runs, sorted."""
    of_study = {layout.split(name, key, fold) for name, key in facts.splits[""].items() for fold in facts.folds}
    of_runs = {
        layout.split(name, key, run.fold)
        for run in facts.runs()
        for keys in (
            facts.split_keys_for_testing(run.experiment, run.train_dataset),
            facts.training_splits_of(run.experiment, run.train_dataset),
        )
        for name, key in keys.items()
    }
    return sorted(of_study | of_runs)
