"""What question an experiment answers: that of what it changes, or the one that it states."""

import pytest
from builders.config import changed, facts, study

from unetlib.study.experiments import run_settings
from unetlib.study.questions import question_of
from unetlib.study.settings import StudyError, StudySettings


def question(entry: dict) -> str:
    return question_of(study(changed(("experiments", "plain"), entry)), "plain")


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"model": {"skip": "none"}}, "skips"),
        ({"model": {"norm": "batch"}}, "normalisation"),
        ({"model": {"base_filters": 4}}, "architecture"),
        ({"augmentation": {"policy": "none"}}, "augmentation"),
        ({"weight_map": {"w0": 0}}, "border weights"),
        ({"loss": {"name": "ce_dice"}}, "loss"),
        ({"training": {"updates": 5}}, "training recipe"),
        ({"batch": {"draw_frames_by": "objects"}}, "data"),
        ({"split": {"max_train": 1}}, "data"),
        ({"networks_of": "reference", "inference": {"test_time_augmentation": 8}}, "inference"),
        ({"validation": {"images": "augmented"}}, "protocol"),
        ({"model": {"norm": "batch"}, "loss": {"name": "ce_dice"}}, "training recipe"),
        ({"model": {"norm": "batch", "skip": "none"}, "question": "skips"}, "skips"),
    ],
)
def test_the_question_is_that_of_what_is_changed(entry: dict, expected: str) -> None:
    assert question(entry) == expected


def test_a_question_changes_nothing_that_an_experiment_does() -> None:
    asked = changed(
        ("experiments", "plain"), {"loss": {"name": "ce_dice"}, "question": "protocol", "named_before": True}
    )
    plain = changed(("experiments", "plain"), {"loss": {"name": "ce_dice"}})
    assert run_settings(study(asked), "plain") == run_settings(study(plain), "plain")
    one, other = facts(asked), facts(plain)
    assert one.splits == other.splits and one.aliases == other.aliases and one.sweeps == other.sweeps
    assert (one.experiments["plain"].question, one.experiments["plain"].named_before) == ("protocol", True)
    assert other.experiments["plain"].question == "loss" and not other.experiments["plain"].named_before


def test_an_unknown_question_is_refused() -> None:
    with pytest.raises((StudyError, ValueError), match=r"experiments\.plain\.question is 'hope'"):
        StudySettings.read(changed(("experiments", "plain", "question"), "hope"))
