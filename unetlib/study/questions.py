"""What question an experiment answers: that of what it changes against the reference."""

from collections.abc import Mapping

from unetlib.evaluation.settings import Question
from unetlib.study.experiments import datasets_of
from unetlib.study.settings import StudySettings
from unetlib.study.stated_settings import done

BY_SETTING: Mapping[str, Question] = {  # the longest beginning of a setting's dotted name that is here counts
    "model": "architecture",
    "model.skip": "skips",
    "model.norm": "normalisation",
    "normalisation": "normalisation",
    "augmentation": "augmentation",
    "weight_map": "border weights",
    "separate_touching": "border weights",
    "loss": "loss",
    "training": "training recipe",
    "batch": "training recipe",
    "batch.draw_frames_by": "data",
    "split": "data",
    "datasets": "data",
    "train_on": "data",
    "inference": "inference",
    "instance_method": "inference",
    "scoring": "inference",
    "seeds": "inference",
    "validation": "protocol",
    "target": "loss",
    "start_from": "training recipe",
}
SEVERAL: Question = "training recipe"


def question_of(study: StudySettings, experiment: str) -> Question:
    """Return the question of an experiment: the one that it states, else the one of what it changes."""
    if stated := study.experiments[experiment].question:
        return stated
    dataset = datasets_of(study, experiment)[0]
    theirs, ours = done(study, experiment, dataset), done(study, study.study.reference, dataset)
    changed = {name for name in theirs | ours if theirs.get(name) != ours.get(name)}
    found = {_question(name) for name in changed}
    return found.pop() if len(found) == 1 else SEVERAL


def _question(setting: str) -> Question:
    known = [start for start in BY_SETTING if setting == start or setting.startswith(f"{start}.")]
    return BY_SETTING[max(known, key=len)] if known else SEVERAL
