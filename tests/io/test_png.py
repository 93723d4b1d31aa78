"""The pixel size of a PNG is read where it states one in metres; its pixels never depend on it."""

import struct

import numpy as np
import pytest
from builders.archives import png, texture
from builders.malformed import png_chunks, png_of

from unetlib.io.calibration import Calibration
from unetlib.io.images import decode_image
from unetlib.io.stacks import open_stack

PICTURE = texture(20, 30)


def png_with_size(across, down, unit=1):
    header, *others = png_chunks(png(PICTURE))
    return png_of([header, (b"pHYs", struct.pack(">IIB", across, down, unit)), *others])


SIZES = {  # pixels across and down, and the unit: (row, column) in µm, what is said
    "square": ((2_000_000, 2_000_000), (0.5, 0.5), ""),
    "not square": ((2_000_000, 1_000_000), (1.0, 0.5), ""),
    "a screen's": ((2835, 2835), (None, None), ""),
    "a fine screen's": ((5669, 5669), (None, None), ""),
    "a macroscope's": ((40_000, 40_000), (None, None), "its resolution of 1016 dpi (25 µm) is taken for a printer's"),
    "none across": ((0, 5), (None, None), ""),
    "no unit": ((2, 2, 0), (None, None), ""),
    "no unit, not square": ((100, 200, 0), (None, None), "its pixels are 2 times as wide as they are high"),
}


@pytest.mark.parametrize("kind", SIZES)
def test_the_pixel_size_of_a_png(tmp_path, kind):
    numbers, (row, column), said = SIZES[kind]
    (tmp_path / "a.png").write_bytes(png_with_size(*numbers))
    with open_stack(tmp_path / "a.png") as stack:
        np.testing.assert_array_equal(stack.plane(0)[:, :], PICTURE)
        found = stack.calibration
    assert (found.row_um, found.column_um) == (row and pytest.approx(row), column and pytest.approx(column))
    assert decode_image((tmp_path / "a.png").read_bytes(), str(tmp_path / "a.png")).calibration == found
    notes = found.notes()
    assert len(notes) == bool(said) and all(f"a.png: {said}" in note for note in notes)


def test_a_png_whose_size_is_cut_or_stands_behind_its_pixels_is_read_without_it():
    header, *others = png_chunks(png(PICTURE))
    size = struct.pack(">IIB", 2_000_000, 2_000_000, 1)
    for chunks in ([header, (b"pHYs", size[:5]), *others], [header, *others[:-1], (b"pHYs", size), others[-1]]):
        image = decode_image(png_of(chunks), "a.png")
        np.testing.assert_array_equal(image.pixels, PICTURE)
        assert image.calibration == Calibration()
