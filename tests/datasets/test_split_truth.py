"""Splits that ask for dense or for gold truth: the other frames do not test."""

import pytest
from builders.split_frames import drawn, movie, roles_of, short_movies
from hypothesis import given, settings
from hypothesis import strategies as st

from unetlib.datasets.splits import SplitError


def test_dense_frames_alone_validate_and_test():
    """As GOWT1: most gold frames draw a few cells; frames on both sides of the validation frame train."""
    frames = movie("01", "ppgppg.pppp") + movie("02", "pgppp.pgp")
    dense = {"01-t002", "01-t005", "02-t001", "02-t007", "02-t008"}
    rules = {"by": "sequence", "dense_only": True, "dense": dense}
    assert drawn(frames, **rules) == "TTTTTv.TTTT" + ".X.....XX"
    assert drawn(frames, **rules, gap_frames=2) == "TTT..v..TTT" + ".X.....XX"
    assert drawn(frames, **rules, validation_fraction=0.9, gap_frames=1) == "T.v..v.TTTT" + ".X.....XX"
    assert drawn(frames, **rules, fold=1) == "..X..X....." + "TTTTT.TTv"
    assert drawn(frames, by="sequence") == "TTTTTT.TTvv" + "XXXXX.XXX"
    with pytest.raises(SplitError, match="only 1 sequences have dense gold truth to test on"):
        drawn(frames, **rules | {"dense": {"01-t002"}})


@settings(max_examples=100, deadline=None)
@given(
    frames=short_movies,
    by=st.sampled_from(["sequence", "block", "group", "random"]),
    picks=st.sets(st.integers(0, 60)),
    fold=st.integers(0, 1),
)
def test_where_every_frame_is_dense_nothing_changes_and_else_no_other_frame_judges(frames, by, picks, fold):
    every = {f.frame for f in frames}
    some = {f.frame for number, f in enumerate(frames) if number in picks}

    def roles(dense, only=True):
        try:
            return roles_of(frames, by=by, fold=fold, dense=dense, dense_only=only)
        except SplitError as error:
            return str(error).replace("dense gold", "gold")

    assert roles(every) == roles((), only=False)
    if not isinstance(found := roles(some), str):
        assert {a.frame for a in found if a.role in ("validation", "test")} <= some
        assert {a.role for a in found} <= {"train", "validation", "test", "unused"}


@pytest.mark.parametrize("by", ["sequence", "block", "random"])
def test_with_gold_alone_silver_frames_are_unused_and_the_others_split_as_without_them(by):
    frames = movie("01", "gsgspggg.s") + movie("02", "sgsgsspsgs")
    found = roles_of(frames, by=by, gold_only=True)
    gold = [f for f in frames if f.annotation in ("gold", "partial")]
    assert [each for each in found if each.role != "unused"] == roles_of(gold, by=by)
    assert [each.frame for each in found] == [f.frame for f in frames]
