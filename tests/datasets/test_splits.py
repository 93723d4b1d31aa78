"""No frame plays two parts, no test neighbour trains, and a split that cannot be made says why."""

from collections.abc import Collection
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unetlib.datasets.settings import SplitSettings
from unetlib.datasets.split_files import fold_of, frames_with_role
from unetlib.datasets.splits import Assignment, SplitError, split


@dataclass(frozen=True)
class Facts:
    frame: str
    sequence: str
    time: int
    group: str = ""
    modality: str = "grey"
    annotation: str = "gold"
    instances: int = 1
    duplicate_of: str = ""


def movie(sequence: str, letters: str) -> list[Facts]:
    """One frame per letter: g gold, p partial, s silver, . nothing."""
    kinds = {"g": "gold", "p": "partial", "s": "silver", ".": "none"}
    return [
        Facts(f"{sequence}-t{t:03d}", sequence, t, sequence, annotation=kinds[letter])
        for t, letter in enumerate(letters)
    ]


def drawn(frames: list[Facts], **rules: object) -> str:
    """The roles as one letter per frame: T train, v validation, X test, x validates and tests, A all, . unused."""
    letters = {"train": "T", "validation": "v", "test": "X", "unused": "."}
    letters |= {"validation+test": "x", "train+validation+test": "A"}
    return "".join(letters[a.role] for a in roles_of(frames, **rules))


def roles_of(
    frames: list[Facts], *, by: str, fold: int = 0, dense: Collection[str] = (), **rules: object
) -> list[Assignment]:
    settings = {"folds": 2, "validation_fraction": 0.2, "gap_frames": 0, **rules}
    return split(frames, SplitSettings(**settings), by=by, fold=fold, dense=dense)  # type: ignore[arg-type]


TWO = movie("01", "sgsspsss.s") + movie("02", "ssgsssssgs")


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


def test_random_mixes_what_the_honest_split_keeps_apart():
    roles = drawn(movie("01", "g" * 20) + movie("02", "g" * 20), by="random", folds=4)
    assert roles.count("X") == 10 and roles.count("v") == 6 and roles.count("T") == 24
    assert "XT" in roles[:20] and "TX" in roles[20:]


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


frames_strategy = st.lists(st.text("ggps..", min_size=1, max_size=30), min_size=1, max_size=4).map(
    lambda movies: [f for n, letters in enumerate(movies) for f in movie(f"{n:02d}", letters)]
)


@settings(max_examples=200, deadline=None)
@given(
    frames=frames_strategy,
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
    frames=frames_strategy,
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


def test_some_frames_must_validate():
    with pytest.raises(ValueError, match="validation_fraction is 0, so that no frame chooses the network"):
        SplitSettings(validation_fraction=0)


@settings(max_examples=100, deadline=None)
@given(
    frames=frames_strategy,
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


def test_a_split_file_is_read_back(tmp_path):
    path = tmp_path / "fold3.csv"
    path.write_text("frame,role\na,train\nb,test\nc,unused\nd,test\n")
    assert frames_with_role(path, "test") == ["b", "d"] and fold_of(path) == 3
    with pytest.raises(SplitError, match="'tset' is no role"):
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
