"""The Cell Tracking Challenge as it ships: two sequences, sparse gold, dense silver, markers and tracks."""

import numpy as np
import pytest
from builders.archives import Box, texture, tiff

from unetlib.datasets.checks import DatasetError
from unetlib.datasets.ctc import read_ctc
from unetlib.datasets.dataset import Dataset, write_dataset
from unetlib.datasets.readers import read
from unetlib.io.images import ImageError

CELLS = np.zeros((40, 50), np.uint16)
CELLS[5:15, 5:15], CELLS[25:37, 30:44] = 1, 2
MARKERS = np.zeros_like(CELLS)
MARKERS[8:11, 8:11], MARKERS[30:33, 35:38] = 1, 2
ONE = np.where(CELLS == 1, CELLS, 0)


def lzw(array: np.ndarray) -> bytes:
    return tiff(array, compression="lzw")


MEMBERS = {
    **{f"top/PhC-X/01/t00{t}.tif": lzw(texture(40, 50, seed=t)) for t in range(4)},
    **{f"top/PhC-X/02/t00{t}.tif": lzw(texture(40, 50, seed=9 + t)) for t in range(2)},
    **{f"top/PhC-X/01_GT/TRA/man_track00{t}.tif": lzw(MARKERS) for t in range(4)},
    **{f"top/PhC-X/01_ST/SEG/man_seg00{t}.tif": lzw(CELLS) for t in range(3)},
    "top/PhC-X/01_GT/TRA/man_track.txt": "1 0 3 0\n2 0 1 0\n3 2 3 2\n",
    "top/PhC-X/01_GT/SEG/man_seg001.tif": lzw(CELLS),
    "top/PhC-X/01_GT/SEG/man_seg002.tif": lzw(ONE),
    "top/PhC-X/02_GT/SEG/man_seg001.tif": lzw(CELLS),
    "top/PhC-X/01_ERR_SEG/mask000.tif": b"ignored",
    "top/PhC-X/readme.txt": "ignored",
}


def samples(**changes: object) -> dict[str, object]:
    members = {k: v for k, v in {**MEMBERS, **changes}.items() if v is not None}
    return {s.frame: s for s in read_ctc(Box(members), pixel_size_um=0.65)}


def test_a_challenge_archive_becomes_a_dataset(tmp_path):
    write_dataset(tmp_path / "d", samples().values())
    data = Dataset(tmp_path / "d")
    assert [(f.frame, f.sequence, f.time, f.instances, f.annotation, f.silver) for f in data.frames] == [
        ("01-t000", "01", 0, 2, "silver", 1),
        ("01-t001", "01", 1, 2, "gold", 1),
        ("01-t002", "01", 2, 1, "partial", 1),
        ("01-t003", "01", 3, 0, "none", 0),
        ("02-t000", "02", 0, 0, "none", 0),
        ("02-t001", "02", 1, 2, "gold", 0),
    ]
    assert {(f.group == f.sequence, f.modality, f.pixel_size_um) for f in data.frames} == {
        (True, "phase-contrast", 0.65)
    }
    np.testing.assert_array_equal(data.image("02-t001"), texture(40, 50, seed=10))
    np.testing.assert_array_equal(data.markers("01-t003"), MARKERS)
    labels, ignore = data.truth("01-t002")
    np.testing.assert_array_equal(labels, ONE)
    assert ignore[CELLS == 2].all() and not ignore[:20].any()
    np.testing.assert_array_equal(data.training_truth("01-t002")[0], CELLS)
    tracks = (tmp_path / "d" / "tracks.csv").read_text().splitlines()
    assert tracks == ["sequence,label,begin,end,parent", "01,1,0,3,0", "01,2,0,1,0", "01,3,2,3,2"]


def test_partial_gold_without_silver_is_open_around_the_marker():
    sample = samples(**{"top/PhC-X/01_ST/SEG/man_seg002.tif": None})["01-t002"]
    assert sample.silver is None and sample.ignore[28:36, 33:41].all() and not sample.ignore[CELLS == 1].any()


@pytest.mark.parametrize(
    ("name", "modality"),
    [("DIC-C2DH-HeLa/", "dic"), ("Fluo-N2DH-GOWT1/", "fluorescence"), ("mine/", "unknown"), ("", "unknown")],
)
def test_modality_from_the_name_of_the_dataset(name, modality):
    members = {key.replace("top/PhC-X/", name): value for key, value in MEMBERS.items()}
    assert {s.modality for s in read_ctc(Box(members))} == {modality}
    assert {s.modality for s in read_ctc(Box(members), modality="phase")} == {"phase"}


BAD = CELLS.astype(np.int32)
BAD[0, 0] = -1
NAN = texture(40, 50).astype(np.float32)
NAN[3, 4] = np.nan


@pytest.mark.parametrize(
    ("name", "value", "error", "message"),
    [
        ("01/t001.tif", None, ImageError, r"its image 01/t001\.tif is missing"),
        ("01/t001.tif", b"II*\0garbage", ImageError, r"01/t001\.tif: unreadable TIFF"),
        ("01/t001.tif", tiff(NAN), DatasetError, r"01/t001\.tif: image has NaN .* row 3, column 4"),
        ("01/t001.tif", np.zeros((40, 50), np.uint8), DatasetError, r"01/t001\.tif: image is constant"),
        ("01/t001.tif", texture(5, 40, 50), DatasetError, "expected one 2-D grey image, found shape 5×40×50"),
        (
            "01_GT/SEG/man_seg001.tif",
            CELLS[:, :48],
            DatasetError,
            r"01/t001\.tif: image is 40×50 but its label is 40×48",
        ),
        ("01_GT/SEG/man_seg001.tif", CELLS.astype(np.float32), DatasetError, r"man_seg001\.tif: label holds float32"),
        ("01_GT/SEG/man_seg001.tif", BAD, DatasetError, "negative id -1"),
        ("01_GT/SEG/man_seg001.tif", CELLS * 0, DatasetError, "has no object, but .*man_track001.tif has cells"),
        ("01_ST/SEG/man_seg001.tif", CELLS[:30], DatasetError, "but its silver label is 30×50"),
        ("01_GT/TRA/man_track001.tif", MARKERS[:30], DatasetError, "but its marker image is 30×50"),
        ("01_GT/TRA/man_track.txt", None, ImageError, r"man_track\.txt is missing beside"),
        (
            "01_GT/TRA/man_track.txt",
            "1 0 3\n",
            ImageError,
            r"line 1: expected label, begin, end and parent, found '1 0 3'",
        ),
        ("01_GT/TRA/man_track.txt", "1 0 3 0\n2 7 8 0\n", ImageError, "line 2: track 2 runs from frame 7 to 8"),
        ("../PhC-Y/01/t000.tif", texture(40, 50), ImageError, r"several datasets \(top/PhC-X/, top/PhC-X/../PhC-Y/\)"),
    ],
)
def test_bad_input_leaves_nothing_behind(tmp_path, name, value, error, message):
    with pytest.raises(error, match=message) as caught:
        write_dataset(tmp_path / "d", samples(**{f"top/PhC-X/{name}": value}).values())
    assert "\n" not in str(caught.value) and list(tmp_path.iterdir()) == []


def test_another_archive():
    with pytest.raises(
        ImageError, match=r"no 01/t000\.tif .* among 1 files; is this a Cell Tracking Challenge archive"
    ):
        list(read_ctc(Box({"a.txt": ""})))


def test_masks_as_truth_are_refused_and_the_remedies_work():
    mask = lzw((CELLS > 0).astype(np.uint8) * 255)
    changes = {"top/PhC-X/01_GT/SEG/man_seg001.tif": mask, "top/PhC-X/01_ST/SEG/man_seg000.tif": mask}
    with pytest.raises(
        DatasetError,
        match=r"2 faults: .*man_seg000\.tif, .*man_seg001\.tif: it holds 0 and 255 only: a mask, .*masks: true",
    ):
        samples(**changes)
    found = {sample.frame: sample for sample in read("ctc", Box(MEMBERS | changes), masks=True)}
    np.testing.assert_array_equal(found["01-t001"].labels, CELLS)
    np.testing.assert_array_equal(found["01-t000"].silver, CELLS)
    assert samples()["01-t001"].labels.max() == 2, "labelled first"


def test_markers_that_are_a_mask_are_refused_whatever_the_options():
    members = MEMBERS | {"top/PhC-X/01_GT/TRA/man_track001.tif": lzw((MARKERS > 0).astype(np.uint8) * 255)}
    for options in ({}, {"masks": True}):
        with pytest.raises(DatasetError, match="one number each, that of its track") as caught:
            list(read("ctc", Box(members), **options))
        assert "masks: true" not in str(caught.value)
