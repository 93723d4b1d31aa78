"""What a tracking result may take the place of: an earlier one as it was written; never what a user made."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import tifffile
from builders.images import moving_discs, write_stack
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from unetlib.io.outputs import OutputError
from unetlib.tracking.ctc_folder import track_files
from unetlib.tracking.linking import Scale
from unetlib.tracking.result_folder import changed_file
from unetlib.tracking.settings import LinkSettings

pytest.importorskip("laptrack", reason="laptrack is not installed")
HOW = (LinkSettings(), Scale())
RESULT = ["mask000.tif", "mask001.tif", "mask002.tif", "res_track.txt", "tracks.csv"]


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def labels(tmp_path_factory):
    return write_stack(tmp_path_factory.mktemp("labels") / "labels.tif", moving_discs()[0][:3, :60, :60], "TYX")


def track(labels, folder, **how):
    return track_files([labels], folder, *HOW, **how)


def test_an_earlier_result_is_replaced_with_nothing_left_of_it(labels, tmp_path):
    track(labels, tmp_path / "out")
    assert sorted(contents(tmp_path / "out")) == RESULT and changed_file(tmp_path / "out") is None
    (tmp_path / "out/.DS_Store").write_text("of the Finder")
    with tifffile.TiffFile(labels) as file:
        two = write_stack(tmp_path / "two.tif", file.asarray()[:2], "TYX")
    track(two, tmp_path / "out")
    assert sorted(contents(tmp_path / "out")) == sorted([".DS_Store", *RESULT[:2], *RESULT[3:]])
    assert changed_file(tmp_path / "out") is None


def test_the_folder_itself_stays_also_the_one_we_stand_in(labels, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir(mode=0o750)
    monkeypatch.chdir(tmp_path / "here")
    before = Path.cwd().stat()
    for _ in range(2):
        track(labels, Path())
        assert sorted(contents(Path())) == RESULT
    assert (Path.cwd().stat().st_ino, Path.cwd().stat().st_mode) == (before.st_ino, before.st_mode)


def test_a_linked_folder_is_filled_and_the_link_stays(labels, tmp_path):
    (tmp_path / "far").mkdir()
    (tmp_path / "link").symlink_to("far")
    (tmp_path / "dangling").symlink_to("new/deep")
    for name, place in (("link", "far"), ("dangling", "new/deep")):
        track(labels, tmp_path / name)
        track(labels, tmp_path / name)
        assert (tmp_path / name).is_symlink() and sorted(contents(tmp_path / place)) == RESULT
    assert {path.name for path in tmp_path.iterdir()} == {"dangling", "far", "link", "new"}


def correct(folder):
    mask = tifffile.imread(folder / "mask001.tif")
    mask[mask == 1] = 2
    tifffile.imwrite(folder / "mask001.tif", mask, compression="zlib")


def correct_in_place(folder):
    """As correct, but the tag that says who wrote it survives."""
    with tifffile.TiffFile(folder / "mask001.tif") as file:
        software, mask = file.pages.first.software, file.asarray()
    mask[0, 0] = 77
    tifffile.imwrite(folder / "mask001.tif", mask, compression="zlib", software=software)


CHANGES = {
    "a mask corrected and saved anew": correct,
    "a mask corrected in place": correct_in_place,
    "a line of a table": lambda folder: (folder / "res_track.txt").write_text("1 0 2 0\n"),
    "a mask taken out": lambda folder: (folder / "mask002.tif").unlink(),
    "a mask swapped with another": lambda folder: shutil.copy(folder / "mask000.tif", folder / "mask001.tif"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_changed_by_hand_is_kept_until_overwrite_is_said(labels, tmp_path, change):
    track(labels, tmp_path / "out")
    CHANGES[change](tmp_path / "out")
    before = contents(tmp_path / "out")
    with pytest.raises(OutputError, match=r"is not as unetlib wrote it; choose another folder, or --overwrite"):
        track(labels, tmp_path / "out")
    assert contents(tmp_path / "out") == before
    track(labels, tmp_path / "other")  # the remedies
    track(labels, tmp_path / "out", overwrite=True)
    assert contents(tmp_path / "out") == contents(tmp_path / "other") != before


FOREIGN = ["notes.txt", "mask_field0.tif", "maskA.tif", "mask00.tif", "sub/mask000.tif", "mask000.tif", "tracks.csv"]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.sets(st.sampled_from(FOREIGN), min_size=1), beside=st.booleans(), overwrite=st.booleans())
def test_a_folder_with_anything_else_in_it_is_refused_by_name(labels, tmp_path_factory, names, beside, overwrite):
    folder = tmp_path_factory.mktemp("out")
    if beside:  # a result of ours, and something of the user's
        track(labels, folder)
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("precious")
    before = contents(folder)
    if beside and names == {"mask000.tif"} and overwrite:
        return  # a result that was changed, and leave to replace it
    with pytest.raises(OutputError, match=f"{folder.name}: ") as caught:
        track(labels, folder, overwrite=overwrite)
    assert any(Path(name).name in str(caught.value) for name in [*names, "mask000.tif"])
    assert contents(folder) == before


def test_labels_are_not_written_over_from_whatever_side(labels, tmp_path):
    (tmp_path / "mine").mkdir()
    mine = shutil.copy(labels, tmp_path / "mine")
    (tmp_path / "link").symlink_to("mine")
    for folder in (tmp_path / "mine", tmp_path / "link", tmp_path):
        with pytest.raises(OutputError, match="holds the labels that were given"):
            track(Path(mine), folder)
    with pytest.raises(OutputError, match="is a file where a folder is needed"):
        track(labels, Path(mine))
    assert contents(tmp_path) == {"mine/labels.tif": labels.read_bytes()}


def test_masks_of_somebody_else_are_no_result(labels, tmp_path):
    """Those of another tracker have no tables of ours; with overwrite neither."""
    for number in range(3):
        tifffile.imwrite(tmp_path / f"mask{number:03d}.tif", np.eye(9, dtype=np.uint16))
    (tmp_path / "res_track.txt").write_text("1 0 2 0\n")
    before = contents(tmp_path)
    for overwrite in (False, True):
        with pytest.raises(OutputError, match=r"holds mask000\.tif and no tables of unetlib"):
            track(labels, tmp_path, overwrite=overwrite)
    assert contents(tmp_path) == before
