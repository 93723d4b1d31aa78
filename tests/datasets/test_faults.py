"""Every bad file of a source is named at once, whatever is wrong with it and whatever the format."""

import numpy as np
import pytest
from builders.archives import Box, stack, texture

from unetlib.datasets.checks import DatasetError
from unetlib.datasets.faults import NAMED, Faults
from unetlib.datasets.readers import ReaderError, read
from unetlib.io.images import ImageError

CELLS = np.zeros((24, 20), np.uint16)
CELLS[2:6, 2:6] = 1


def image(seed: int) -> np.ndarray:
    return texture(24, 20, seed=seed)


CUT = b"II*\0 and nothing else"
SOURCES = {
    "pairs": (
        {f"images/{n}.tif": image(n) for n in range(5)} | {f"labels/{n}.tif": CELLS for n in range(5)},
        {"images/1.tif": CUT, "labels/3.tif": CELLS[1:], "images/4.tif": image(0) * 0},
        ("images/1.tif", "images/3.tif", "images/4.tif"),
    ),
    "dsb": (
        {f"{n}/images/{n}.png": image(n) for n in range(5)} | {f"{n}/masks/a.png": CELLS for n in range(5)},
        {"1/masks/a.png": CELLS[1:], "2/images/2.png": b"no image", "3/masks/b.jpg": b"", "4/images/x.png": image(9)},
        ("1/masks/a.png", "2/images/2.png", "3/masks/b.jpg", "4/images"),
    ),
    "ctc": (
        {f"D/01/t00{n}.tif": image(n) for n in range(5)} | {f"D/01_GT/SEG/man_seg00{n}.tif": CELLS for n in range(5)},
        {"D/01/t001.tif": CUT, "D/01_GT/SEG/man_seg002.tif": CELLS[1:], "D/02/t000.tif": CUT},
        ("D/01/t001.tif", "D/01/t002.tif", "D/02/t000.tif"),
    ),
    "isbi": (
        {"train-volume.tif": stack([image(n) for n in range(4)]), "train-labels.tif": stack([CELLS * 255] * 4)},
        {"train-labels.tif": stack([CELLS * 255, CELLS * 7, CELLS * 255, CELLS * 8])},
        ("slice 1", "slice 3"),
    ),
}


@pytest.mark.parametrize("format", SOURCES)
def test_every_bad_file_is_named_in_one_line(format):
    members, changes, named = SOURCES[format]
    assert len(list(read(format, Box(members)))) >= 4
    with pytest.raises(DatasetError, match=f"^{len(named)} faults: \\(1\\) ") as caught:
        list(read(format, Box(members | changes)))
    assert "\n" not in str(caught.value)
    for name in named:
        assert name in str(caught.value)


def test_one_fault_is_raised_as_it_is_and_thousands_are_counted():
    faults = Faults()
    faults.check()
    with faults.collected():
        raise ImageError("a.tif: broken")
    with pytest.raises(ImageError, match=r"^a\.tif: broken$"):
        faults.check()
    for n in range(NAMED + 41):
        with faults.collected():
            raise DatasetError(f"b{n}.tif: broken" if n % 2 else f"b{n}.tif: bent")
    with pytest.raises(
        DatasetError,
        match=rf"^{NAMED + 42} faults: \(1\) a\.tif, b1\.tif, .*: broken \(2\) b0\.tif, .*: bent and 42 more$",
    ):
        faults.check()
    with pytest.raises(KeyError), faults.collected():
        raise KeyError("a mistake of ours is no fault of a file")


def test_a_fault_of_many_files_is_told_once_with_all_of_them():
    faults = Faults()
    for name in ("a.tif", "b.tif", "c.tif"):
        with faults.collected():
            raise DatasetError(f"{name}: a mask, not instances: label it")
    with pytest.raises(DatasetError, match=r"^3 faults: a\.tif, b\.tif, c\.tif: a mask, not instances: label it$"):
        faults.check()


def test_an_option_of_another_format_is_named():
    with pytest.raises(ReaderError, match="format ctc has no option 'labels'; it has pixel_size_um, modality"):
        read("ctc", Box({}), labels="l")
