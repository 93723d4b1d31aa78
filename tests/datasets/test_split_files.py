"""The split file that a run is tested by, known by where it stands."""

from pathlib import Path

import pytest

from unetlib.datasets.split_files import dataset_and_key_of, frames_for_testing, frames_with_role, read_roles
from unetlib.datasets.splits import SplitError


def written(folder, place, tests):
    path = folder / "splits" / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("frame,role\nx,train\n" + "".join(f"{name},test\n" for name in tests))
    return path


def test_each_dataset_is_judging_splits_the_split_of_its_key(tmp_path):
    places = {"a/11/fold0.csv": "pq", "a/22/fold0.csv": "q", "b/11/fold0.csv": "r"}
    paths = [written(tmp_path, place, tests) for place, tests in places.items()]
    assert dataset_and_key_of(paths[1]) == ("a", "22")
    assert frames_for_testing(paths, {"a": "22", "b": "11"}) == {"a": ["q"], "b": ["r"]}
    assert frames_for_testing(paths, {"a": "11"}) == {"a": ["p", "q"]}


def test_a_split_that_is_not_there_is_named(tmp_path):
    path = written(tmp_path, "a/11/fold0.csv", "p")
    with pytest.raises(SplitError, match="0 files of split 22 of a were given"):
        frames_for_testing([path], {"a": "22"})
    with pytest.raises(SplitError, match="2 files of split 11 of a"):
        frames_for_testing([path, written(tmp_path, "a/11/fold1.csv", "p")], {"a": "11"})
    with pytest.raises(SplitError, match=r"fold0\.csv: a split file stands at"):
        dataset_and_key_of(Path("fold0.csv"))


def test_a_frame_with_several_roles_has_each_of_them(tmp_path):
    path = tmp_path / "fold0.csv"
    path.write_text("frame,role\na,train\nb,validation+test\nc,train+validation+test\nd,unused\n")
    found = {role: "".join(frames_with_role(path, role)) for role in ("train", "validation", "test", "unused")}
    assert found == {"train": "ac", "validation": "bc", "test": "bc", "unused": "d"}
    assert read_roles(path)["c"] == {"train", "validation", "test"}


@pytest.mark.parametrize("role", ["train+", "+", "", "test+test", "test+validation", "train+unused", "train+tset"])
def test_what_is_no_set_of_roles_is_refused(tmp_path, role):
    path = tmp_path / "fold0.csv"
    path.write_text(f"frame,role\na,{role}\n")
    with pytest.raises(SplitError, match="is not a role; the roles are train, validation, test, unused") as caught:
        frames_with_role(path, "test")
    assert "\n" not in str(caught.value)
