"""Decide whose networks each experiment uses, so that no network is trained twice."""

from unetlib.io.files import short_hash
from unetlib.study.experiments import datasets_of, is_joint, run_settings, split_settings, trains_nothing
from unetlib.study.runs import JOINT
from unetlib.study.settings import StudySettings


def share_identical_trainings(study: StudySettings) -> StudySettings:
    """Return the study with `networks_of` set for every experiment that needs no training of its own.

    Among experiments with equal training settings and splits on every dataset of the smaller one, one is trained: the
    reference, else the one with most datasets, else the first in the list. The others use its networks. So a level of
    a sweep that equals the reference costs a prediction but no training.
    """
    names, entries = study.study.experiments, dict(study.experiments)
    trained: dict[str, dict[str, str]] = {}  # experiment → training set → key
    for name in sorted(names, key=lambda name: _rank(study, name)):
        own = _training_keys(study, name)
        # one that trains the same networks on at least these training sets; `_rank` has put larger ones first
        first = next((other for other, keys in trained.items() if own.items() <= keys.items()), name)
        if first == name:
            trained[name] = own
        else:
            entries[name] = entries[name].model_copy(update={"networks_of": first})
    return study.model_copy(update={"experiments": entries})


def _rank(study: StudySettings, experiment: str) -> tuple[bool, bool, int]:
    """Return a sort key: experiments that train come first, then the reference, then those with most training sets."""
    return (
        trains_nothing(study, experiment),
        experiment != study.study.reference,
        -len(datasets_of(study, experiment)),
    )


def _training_keys(study: StudySettings, experiment: str) -> dict[str, str]:
    """Return training set → hash of everything that determines an experiment's networks except fold and seed."""
    datasets = datasets_of(study, experiment)
    splits = {name: split_settings(study, name, experiment).plain() for name in datasets}
    if is_joint(study, experiment):
        return {JOINT: short_hash({"settings": run_settings(study, experiment).plain(), "splits": splits})}
    settings = {name: run_settings(study, experiment, name).plain() for name in datasets}
    return {name: short_hash({"settings": settings[name], "split": splits[name]}) for name in datasets}
