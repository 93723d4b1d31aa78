"""Users' images in every layout give the same planes; what cannot be read as grey planes is one clear line."""

import numpy as np
import pytest
import tifffile
from builders.archives import png, texture
from builders.images import write_stack

from unetlib.io import stacks as module
from unetlib.io.images import ImageError
from unetlib.io.stacks import open_stack

PICTURE = texture(40, 50)
LAYOUTS = {
    "plain": {},
    "big": {"bigtiff": True},
    "big-endian": {"byteorder": ">"},
    "tiled": {"tile": (16, 16)},
    "tiled-lzw-big": {"tile": (16, 32), "compression": "lzw", "bigtiff": True},
    "deflate": {"compression": "zlib", "predictor": True},
    "strips": {"rowsperstrip": 7},
}


def planes(path, **options):
    with open_stack(path, **options) as pages:
        return [pages.plane(page)[:, :].copy() for page in range(len(pages))]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.float32, np.float64])
def test_every_layout_gives_the_same_plane(tmp_path, layout, dtype):
    if layout == "deflate" and np.dtype(dtype).kind == "f":
        pytest.skip("TIFF's horizontal predictor is for integers")
    tifffile.imwrite(tmp_path / "a.tif", PICTURE.astype(dtype), **LAYOUTS[layout])
    (found,) = planes(tmp_path / "a.tif")
    np.testing.assert_array_equal(found, PICTURE)
    assert found.dtype == np.dtype(dtype) and found.dtype.isnative


@pytest.mark.parametrize("options", [*LAYOUTS.values(), {"imagej": True}])
def test_a_stack_is_its_pages_in_order(tmp_path, options):
    stack = texture(5, 40, 50).astype(np.uint16) * 250
    if options.get("imagej"):
        write_stack(tmp_path / "a.tif", stack, "TYX")
    else:
        tifffile.imwrite(tmp_path / "a.tif", stack, photometric="minisblack", **options)
    np.testing.assert_array_equal(planes(tmp_path / "a.tif"), stack)


def test_axes_of_a_hyperstack(tmp_path):
    stack = texture(2, 3, 20, 30)
    with open_stack(write_stack(tmp_path / "a.tif", stack, "TZYX")) as pages:
        assert (pages.axes, pages.lengths, len(pages)) == ("TZ", (2, 3), 6)
        np.testing.assert_array_equal(pages.plane(4)[:, :], stack[1, 1])
        assert pages.where(4).endswith("a.tif, page 5 of 6")


@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("options", [{}, {"compression": "zlib"}])
def test_colour_becomes_luma(tmp_path, planar, options):
    colour = texture(40, 50, 3)
    stored = np.moveaxis(colour, -1, 0) if planar == "separate" else colour
    tifffile.imwrite(tmp_path / "a.tif", stored, photometric="rgb", planarconfig=planar, **options)
    (tmp_path / "a.png").write_bytes(png(colour))
    luma = colour @ np.array([0.299, 0.587, 0.114])
    for name in ("a.tif", "a.png"):
        assert np.abs(planes(tmp_path / name)[0] - luma).max() < 1e-4  # never rounded back to 8 bit


def test_a_part_is_the_part_of_the_whole(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", texture(40, 50, 3), photometric="rgb")
    with open_stack(tmp_path / "a.tif") as pages:
        plane = pages.plane(0)
        np.testing.assert_array_equal(plane[3:9, 40:], plane[:, :][3:9, 40:])
        assert plane.shape == (40, 50)


def test_uncompressed_pages_are_mapped_and_large_others_unpacked_to_a_file(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MAPPED_PX", 100)
    for name, options in (("mapped", {}), ("unpacked", {"tile": (16, 16), "compression": "zlib"})):
        tifffile.imwrite(tmp_path / f"{name}.tif", PICTURE, **options)
        with open_stack(tmp_path / f"{name}.tif", tmp_path) as pages:
            data = pages.plane(0).data
            assert isinstance(data, np.memmap), name
            np.testing.assert_array_equal(data, PICTURE)


def two_sizes(path):
    with tifffile.TiffWriter(path) as writer:
        writer.write(PICTURE)
        writer.write(PICTURE[:10])


REFUSED = {
    "holds 2 images; export one": two_sizes,
    "has 2 channels; choose one": lambda path: write_stack(path, texture(2, 20, 30), "CYX"),
    "1 bit per pixel": lambda path: tifffile.imwrite(path, PICTURE > 9),
    "complex64 values": lambda path: tifffile.imwrite(path, PICTURE.astype(np.complex64)),
    "neither TIFF nor PNG": lambda path: path.write_bytes(b"\xff\xd8\xff\xe0 a JPEG"),
    "unreadable TIFF": lambda path: path.write_bytes(b"II*\0" + bytes(9)),
    r"is empty \(0 bytes\)": lambda path: path.write_bytes(b""),
}


@pytest.mark.parametrize("message", REFUSED)
def test_refusals_are_one_line_with_the_name(tmp_path, message):
    REFUSED[message](tmp_path / "cells.tif")
    with pytest.raises(ImageError, match=message) as caught:
        planes(tmp_path / "cells.tif")
    assert str(caught.value).startswith(str(tmp_path / "cells.tif")) and "\n" not in str(caught.value)


@pytest.mark.parametrize("options", [{}, {"compression": "zlib"}, {"bigtiff": True}])
def test_a_stack_cut_anywhere_never_becomes_a_shorter_stack(tmp_path, options):
    stack = texture(3, 12, 9)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, stack, photometric="minisblack", metadata=None, **options)
    whole = path.read_bytes()
    for length in range(8, len(whole), 5):
        path.write_bytes(whole[:length])
        try:
            np.testing.assert_array_equal(planes(path), stack)
        except ImageError as error:
            assert "\n" not in str(error)
