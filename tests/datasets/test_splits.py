"""No frame plays two parts, no test neighbour trains, and a split that cannot be made says why."""

import re

import pytest
from builders.split_frames import TWO, Facts, drawn, movie, roles_of, short_movies
from hypothesis import given, settings
from hypothesis import strategies as st

from unetlib.datasets.split_files import fold_of, frames_with_role
from unetlib.datasets.splits import SplitError


def test_by_sequence():
    assert drawn(TWO, by="sequence", fold=1) == ".X..X....." + "TTTTTTTTvv"
    assert drawn(TWO, by="sequence") == "TTTTTTT..v"[:7] + "v.v" + "..X.....X."
    assert drawn(TWO, by="sequence", fold=1, gap_frames=3) == ".X..X....." + "TTTTT...vv"
    assert drawn(TWO, by="sequence", fold=1, max_train=2, max_test=1) == "....X....." + ".T...T..vv"
    assert drawn(TWO, by="sequence", fold=1, validation_fraction=0.4, max_validation=2) == ".X..X....." + "TTTTTT.v.v"


def test_a_gap_is_counted_in_time_where_only_some_frames_have_truth():
    sparse = movie("01", "gg") + movie("02", "g....g....g.g")
    assert drawn(sparse, by="sequence", fold=1, gap_frames=2, validation_fraction=0.25) == "XX" + "T....T......v"
    assert drawn(sparse, by="sequence", fold=1, gap_frames=1, validation_fraction=0.25) == "XX" + "T....T....T.v"


def test_by_block():
    stack = movie("train", "g" * 20)
    assert drawn(stack, by="block", folds=4, gap_frames=1, fold=3) == "XXXXX.vvv.TTTTTTTTTT"
    assert drawn(stack, by="block", folds=4, gap_frames=1, fold=2) == "TTTT.XXXXX.vvv.TTTTT"
    assert drawn(stack, by="block", folds=4, gap_frames=1) == "TTTTTTTTTT.vvv.XXXXX"
    assert drawn(stack, by="block", folds=4, gap_frames=0) == "TTTTTTTTTTTTvvvXXXXX"
    assert drawn(stack + movie("test", "..."), by="block", folds=2, fold=1) == "XXXXXXXXXXvvTTTTTTTT..."


def lookalikes(sizes: dict[str, list[int]]) -> list[Facts]:
    return [
        Facts(f"{modality}-{group}-{k}", "", 0, f"{modality}-{group}", modality)
        for modality, groups in sizes.items()
        for group, size in enumerate(groups)
        for k in range(size)
    ]


def test_by_group_keeps_groups_whole_and_spreads_modalities():
    frames = lookalikes({"fluorescence": [4] * 40 + [1] * 40, "histology": [4] * 15})
    tests = []
    for fold in range(5):
        roles = roles_of(frames, by="group", fold=fold, folds=5, validation_fraction=0.15, seed=3)
        groups = {(f.group, a.role) for f, a in zip(frames, roles, strict=True)}
        assert len(groups) == len({group for group, _ in groups})
        count = {
            (m, r): sum(f.modality == m and a.role == r for f, a in zip(frames, roles, strict=True))
            for m in ("fluorescence", "histology")
            for r in ("train", "validation", "test")
        }
        assert count["fluorescence", "test"] == 40 and count["histology", "test"] == 12
        assert abs(count["fluorescence", "validation"] - 24) <= 2 and count["histology", "validation"] in (4, 8)
        tests += [a.frame for a in roles if a.role == "test"]
    assert sorted(tests) == sorted(f.frame for f in frames)


def test_a_thinned_group_split_keeps_the_share_of_each_modality():
    frames = lookalikes({"a": [2] * 100, "b": [2] * 50})
    roles = roles_of(frames, by="group", fold=0, folds=2, validation_fraction=0.1, max_test=30)
    test = [a.frame[0] for a in roles if a.role == "test"]
    assert (test.count("a"), test.count("b")) == (20, 10)


def test_another_seed_is_another_split():
    frames = lookalikes({"a": [2] * 30})
    one, again, other = (
        roles_of(frames, by="group", fold=0, folds=3, validation_fraction=0.2, seed=s) for s in (0, 0, 1)
    )
    assert one == again != other


@pytest.mark.parametrize(
    ("frames", "rules", "message"),
    [
        (TWO, {"by": "sequence", "folds": 3}, r"3 folds, but only 2 sequences have gold truth .*\(01, 02\)"),
        (TWO, {"by": "sequence", "fold": 2}, "fold 2 does not exist: there are 2 folds, 0 to 1"),
        (TWO, {"by": "group", "folds": 3}, "3 folds, but 2 groups"),
        (movie("1", "gg"), {"by": "block", "folds": 3}, "3 folds, but only 2 frames have truth"),
        (movie("1", "gg"), {"by": "random", "folds": 3, "fold": 2}, "no frame is left for test"),
        (TWO, {"by": "sequence", "gap_frames": 50}, "no frame is left for train among 20 frames"),
        (movie("1", "gggggg"), {"by": "block", "gap_frames": 5}, "no frame is left for train and validation"),
        (movie("1", "ssss"), {"by": "sequence"}, r"only 0 sequences have gold truth .*\(none\)"),
        ([], {"by": "block"}, "only 0 frames have truth"),
    ],
)
def test_splits_that_cannot_be(frames, rules, message):
    with pytest.raises(SplitError, match=message) as caught:
        drawn(frames, **rules)
    assert "\n" not in str(caught.value)


@given(st.lists(st.integers(1, 6), min_size=2, max_size=9), st.integers(2, 5), st.integers(0, 4), st.integers(0, 9))
def test_the_folds_that_an_error_proposes_leave_frames_for_every_role(sizes, folds, fold, seed):
    """Few groups of any size: plates, dishes, movies."""
    frames = lookalikes({"m": sizes})
    rules = {"by": "group", "fold": fold % folds, "folds": folds, "validation_fraction": 0.1, "seed": seed}
    try:
        drawn(frames, **rules)
    except SplitError as error:
        assert "fewer folds" not in str(error) or folds > 2
        if proposed := re.search(r"folds: (\d)", str(error)):
            assert int(proposed[1]) > folds and len(sizes) >= int(proposed[1])
            drawn(frames, **rules | {"folds": int(proposed[1])})
        else:
            assert len(sizes) < max(folds, 3) or "all negatives" in str(error)


@settings(max_examples=200, deadline=None)
@given(
    frames=short_movies,
    by=st.sampled_from(["sequence", "block", "group", "random"]),
    fold=st.integers(0, 3),
    folds=st.integers(2, 4),
    fraction=st.floats(0.01, 0.9),
    gap=st.integers(0, 3),
    most=st.one_of(st.none(), st.integers(1, 5)),
)
def test_test_never_trains(frames, by, fold, folds, fraction, gap, most):
    try:
        roles = roles_of(
            frames,
            by=by,
            fold=fold,
            folds=folds,
            validation_fraction=fraction,
            gap_frames=gap,
            max_train=most,
            max_test=most,
        )
    except SplitError:
        return
    assert [a.frame for a in roles] == [f.frame for f in frames]
    having = {
        r: [f for f, a in zip(frames, roles, strict=True) if a.role == r] for r in ("train", "validation", "test")
    }
    assert all(having.values())
    assert all(f.annotation in ("gold", "partial") for f in having["test"])
    assert all(f.annotation != "none" for r in having.values() for f in r)
    assert most is None or (len(having["train"]) <= most and len(having["test"]) <= most)
    if by in ("sequence", "group"):
        tested = {f.sequence for f in having["test"]}
        assert tested.isdisjoint(f.sequence for r in ("train", "validation") for f in having[r])
    if by in ("sequence", "block"):
        for one, other in (("train", "validation"), ("train", "test"), ("validation", "test")):
            for f in having[one]:
                for g in having[other]:
                    assert f.sequence != g.sequence or abs(f.time - g.time) > gap


@pytest.mark.parametrize("by", ["sequence", "block", "group", "random"])
def test_fewer_training_frames_are_some_of_the_more_and_no_other_role_changes(by):
    frames = movie("01", "g" * 23) + movie("02", "s" * 31 + "gg")
    frames = [Facts(f.frame, f.sequence, f.time, f"{n // 3}", "grey", f.annotation) for n, f in enumerate(frames)]
    having = {}
    for most in (1, 2, 4, 8, None):
        roles = roles_of(frames, by=by, fold=0, folds=2, validation_fraction=0.2, max_train=most)
        having[most] = {r: {a.frame for a in roles if a.role == r} for r in ("train", "validation", "test")}
    assert [len(having[most]["train"]) for most in (1, 2, 4, 8)] == [1, 2, 4, 8]
    for small, large in ((1, 2), (2, 4), (4, 8), (8, None)):
        assert having[small]["train"] < having[large]["train"]
        assert having[small]["test"] == having[large]["test"]
        assert having[small]["validation"] == having[large]["validation"]


def test_a_split_file_is_read_back(tmp_path):
    path = tmp_path / "fold3.csv"
    path.write_text("frame,role\na,train\nb,test\nc,unused\nd,test\n")
    assert frames_with_role(path, "test") == ["b", "d"] and fold_of(path) == 3
    with pytest.raises(SplitError, match="'tset' is not a role"):
        frames_with_role(path, "tset")
    with pytest.raises(SplitError, match="called fold<number>"):
        fold_of(tmp_path / "folds.csv")


def test_images_that_all_parts_share_are_told_what_to_do_about_them() -> None:
    frames = [Facts(f"{g}{n}", "", n, g, duplicate_of=f"a{n}") for g in "abcd" for n in range(2)]
    with pytest.raises(SplitError, match=r"4 show the same image as a frame of another role\); keep one frame of each"):
        roles_of(frames, by="group")
    together = [Facts(f.frame, "", f.time, f"day{f.time}", duplicate_of=f.duplicate_of) for f in frames]
    more = [Facts(f"z{n}", "", n, f"z{n}") for n in range(3)]
    assert {role for _, role in roles_of([*together, *more], by="group")} == {"train", "validation", "test"}
