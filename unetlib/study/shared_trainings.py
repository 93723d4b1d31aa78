"""Whose networks each experiment uses: no network is trained twice."""

from unetlib.io.files import short_hash
from unetlib.study.experiments import is_joint, run_settings, split_settings, trains_nothing
from unetlib.study.settings import StudySettings


def share_identical_trainings(study: StudySettings) -> StudySettings:
    """Return the study with `networks_of` stated by every experiment that needs no training of its own.

    Of the study's experiments that agree in every training setting and in the split, on every dataset, the
    reference, else the first in the list, is trained; the others use its networks. So a level of a sweep that
    equals the study's reference costs a prediction and no training.
    """
    names, entries = study.study.experiments, dict(study.experiments)
    trained: dict[str, str] = {}  # what is trained → by which experiment
    for name in sorted(names, key=lambda name: (trains_nothing(study, name), name != study.study.reference)):
        first = trained.setdefault(_training_key(study, name), name)
        if first != name:
            entries[name] = entries[name].model_copy(update={"networks_of": first})
    return study.model_copy(update={"experiments": entries})


def _training_key(study: StudySettings, experiment: str) -> str:
    """Return a key of everything that decides an experiment's networks but fold and seed."""
    datasets = study.study.datasets
    return short_hash(
        {
            "joint": is_joint(study, experiment),
            "settings": [run_settings(study, experiment, dataset).plain() for dataset in (*datasets, "")],
            "splits": [split_settings(study, dataset, experiment).plain() for dataset in datasets],
        }
    )
