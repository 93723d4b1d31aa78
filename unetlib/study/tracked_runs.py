"""Select the experiments and datasets whose cells are tracked through whole test sequences."""

from unetlib.study.experiments import datasets_of, is_joint, split_settings
from unetlib.study.settings import StudySettings


def tracked_experiments(study: StudySettings) -> list[str]:
    """Return the experiments of tracking.networks_of that take part in the study."""
    return [name for name in study.study.experiments if name in study.tracking.networks_of]


def tracked_datasets(study: StudySettings) -> list[str]:
    """Return the datasets whose test sequences are tracked, if any experiment is tracked.

    They are in the Cell Tracking Challenge's format and split by sequence: in any other split, some frames of a
    sequence have trained the network.
    """
    return [
        name
        for name in study.study.datasets
        if tracked_experiments(study)
        and study.datasets[name].format == "ctc"
        and split_settings(study, name).by == "sequence"
    ]


def untrackable(study: StudySettings) -> dict[str, str]:
    """Return the experiments that should be tracked but cannot be, with the reasons."""
    found = {}
    for name in tracked_experiments(study):
        if is_joint(study, name):
            found[name] = "is trained on all datasets; name an experiment with one network per dataset"
        elif missing := [each for each in tracked_datasets(study) if each not in datasets_of(study, name)]:
            found[name] = f"is not trained on {missing[0]}; name an experiment without datasets of its own"
        elif any(split_settings(study, dataset, name).by != "sequence" for dataset in tracked_datasets(study)):
            found[name] = "does not split by sequence: it was trained on frames of the test sequence"
    return found
