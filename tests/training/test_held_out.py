"""Which labelled images judge a fine-tuned network."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unetlib.datasets.checks import DatasetError
from unetlib.datasets.frames import FrameRecord
from unetlib.training.held_out import parted


def frames(groups, annotation="gold", same=()):
    facts = {"sequence": "", "time": 0, "modality": "m", "height": 8, "width": 8, "instances": 1}
    return [
        FrameRecord(f"f{n}", group=group, annotation=annotation, duplicate_of="f0" if n in same else "", **facts)
        for n, group in enumerate(groups)
    ]


def test_the_last_quarter_judges_and_whole_groups_stay_together():
    assert parted(frames("a" * 8)) == ([f"f{n}" for n in range(6)], ["f6", "f7"])
    assert parted(frames("aabbbc")) == (["f0", "f1"], ["f2", "f3", "f4", "f5"])
    assert parted(frames("abcd"), 2) == (["f0", "f1"], ["f2", "f3"])
    assert parted(frames("abcd"), 0) == (["f0", "f1", "f2", "f3"], [])
    assert parted(frames("a")) == (["f0"], [])


def test_images_without_labels_do_neither_and_equal_images_stay_together():
    assert parted([*frames("ab"), *frames("cd", annotation="none")]) == (["f0"], ["f1"])
    assert parted(frames("aaaa", same={0, 3})) == (["f0", "f1", "f3"], ["f2"])
    with pytest.raises(DatasetError, match="none is left"):
        parted(frames("aaaa", same={0, 3}), 3)  # of f0 and f3, one would train and the other judge


def test_one_must_be_left_to_train():
    with pytest.raises(DatasetError, match="2 labelled images, of which 2 are to be held out: none is left to train"):
        parted(frames("ab"), 2)
    with pytest.raises(DatasetError, match="hold out fewer; all of them are of one group, or show the same image"):
        parted(frames("aa", same={0, 1}))
    with pytest.raises(DatasetError, match="0 labelled images"):
        parted(frames("ab", annotation="none"))


@given(st.lists(st.sampled_from("abc"), min_size=2, max_size=12), st.integers(0, 4))
def test_no_group_is_on_both_sides_and_enough_are_held_out(groups, held_out):
    known = frames(groups)
    try:
        trains, judges = parted(known, held_out)
    except DatasetError:
        return
    group = {frame.frame: frame.group for frame in known}
    assert sorted(trains + judges) == sorted(group) and len(judges) >= held_out
    if len(set(groups)) > 1:
        assert not {group[name] for name in trains} & {group[name] for name in judges}
