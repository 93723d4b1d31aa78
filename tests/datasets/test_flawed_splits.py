"""Splits with a deliberate mistake: random frames, and test frames that also validate or train."""

import pytest
from builders.split_frames import TWO, drawn, movie, roles_of, short_movies
from hypothesis import given, settings
from hypothesis import strategies as st

from unetlib.datasets.settings import SplitSettings
from unetlib.datasets.splits import SplitError


def test_random_mixes_what_the_honest_split_keeps_apart():
    roles = drawn(movie("01", "g" * 20) + movie("02", "g" * 20), by="random", folds=4)
    assert roles.count("X") == 10 and roles.count("v") == 6 and roles.count("T") == 24
    assert "XT" in roles[:20] and "TX" in roles[20:]


def test_the_test_frames_can_also_validate_and_train():
    rules = {"by": "sequence", "fold": 1}
    assert drawn(TWO, **rules) == ".X..X....." + "TTTTTTTTvv"
    assert drawn(TWO, **rules, test_frames_also="validate") == ".x..x....." + "TTTTTTTT.."
    assert drawn(TWO, **rules, test_frames_also="train") == ".A..A....." + "TTTTTTTT.."
    rules |= {"validation_fraction": 0}
    assert drawn(TWO, **rules, test_frames_also="validate") == ".x..x....." + "TTTTTTTTTT"
    assert drawn(TWO, **rules, test_frames_also="train") == ".A..A....." + "TTTTTTTTTT"
    rules |= {"max_train": 2, "max_validation": 1, "max_test": 1}  # of the test frames, all that test do the rest
    assert drawn(TWO, **rules, test_frames_also="validate") == "....x....." + ".T....T..."
    assert drawn(TWO, **rules, test_frames_also="train") == "....A....." + ".T....T..."


def test_without_validation_frames_no_frame_is_left_unused_between_roles_in_vain():
    stack = movie("train", "g" * 20)
    rules = {"by": "block", "folds": 4, "gap_frames": 1, "validation_fraction": 0, "test_frames_also": "validate"}
    assert drawn(stack, **rules, fold=3) == "xxxxx.TTTTTTTTTTTTTT"
    assert drawn(stack, **rules, fold=2) == "TTTT.xxxxx.TTTTTTTTT"
    assert drawn(stack, **rules, fold=0) == "TTTTTTTTTTTTTT.xxxxx"


def test_some_frames_must_validate():
    with pytest.raises(ValueError, match="validation_fraction is 0, so that no frame chooses the network"):
        SplitSettings(validation_fraction=0)


@settings(max_examples=100, deadline=None)
@given(
    frames=short_movies,
    by=st.sampled_from(["sequence", "block", "group", "random"]),
    fraction=st.sampled_from([0, 0.2, 0.5]),
    also=st.sampled_from(["validate", "train"]),
)
def test_no_frame_tests_that_does_not_test_without_the_mistake(frames, by, fraction, also):
    """The naive statement: the honest split, with its validation frames exchanged for its test frames."""
    try:
        honest = roles_of(frames, by=by, validation_fraction=fraction or 0.01)
        flawed = roles_of(frames, by=by, validation_fraction=fraction, test_frames_also=also)
    except SplitError:
        return
    words = {"test": {"validate": "validation+test", "train": "train+validation+test"}[also], "validation": "unused"}
    if fraction:
        assert [a.role for a in flawed] == [words.get(a.role, a.role) for a in honest]
    else:
        assert {a.frame for a in flawed if "test" in a.role} == {a.frame for a in honest if a.role == "test"}
        trained = {a.frame for a in flawed if "train" in a.role}
        assert trained >= {a.frame for a in honest if a.role == "train"}
        assert {a.role for a in flawed} <= {"train", "unused", words["test"]}


def test_the_option_at_rest_leaves_the_identity_of_a_split():
    plain = SplitSettings.read({"folds": 3})
    assert not {"test_frames_also", "dense_only", "gold_only"} & plain.identity().keys()
    assert SplitSettings.read({"folds": 3, "test_frames_also": "none"}).identity() == plain.identity()
    assert SplitSettings.read({"folds": 3, "test_frames_also": "train"}).identity() != plain.identity()
