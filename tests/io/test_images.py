"""TIFF and PNG as microscopes write them are read; damaged, foreign and monstrous files are one clear line."""

import io

import numpy as np
import pytest
import tifffile
from builders.archives import png, texture, tiff

from unetlib.io.images import ImageError, decode_image

GREY = texture(20, 30)


def decode(data, where):
    return decode_image(data, where).pixels


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32, np.float32])
@pytest.mark.parametrize("compression", [None, "lzw", "zlib", "packbits"])
def test_tiff(dtype, compression):
    image = GREY.astype(dtype)
    read = decode(tiff(image, compression=compression), "a.tif")
    np.testing.assert_array_equal(read, image)
    assert read.dtype == dtype


def test_big_endian_tiff_and_bigtiff():
    for options in ({"byteorder": ">"}, {"bigtiff": True}):
        read = decode(tiff(GREY.astype(np.uint16), **options), "a.tif")
        np.testing.assert_array_equal(read, GREY)


def test_colour_tiff_with_separate_planes():
    colour = texture(3, 20, 30)
    read = decode(tiff(colour, photometric="rgb", planarconfig="separate"), "a.tif")
    np.testing.assert_array_equal(read, np.moveaxis(colour, 0, -1))


@pytest.mark.parametrize("pages", [1, 2, 3, 5])
def test_pages_come_first(pages):
    stack = texture(pages, 20, 30)
    by_page = tiff(stack, photometric="minisblack", metadata=None)
    np.testing.assert_array_equal(decode(by_page, "a.tif").reshape(stack.shape), stack)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("shape", [(20, 30), (20, 30, 2), (20, 30, 3), (20, 30, 4)])
def test_png(dtype, shape):
    image = texture(*shape, dtype=dtype)
    np.testing.assert_array_equal(decode(png(image), "a.png"), image)


@pytest.mark.parametrize("whole", [tiff(GREY, compression="lzw"), tiff(GREY), png(GREY)])
def test_a_file_cut_anywhere_is_one_clear_line(whole):
    for length in [*range(0, 60, 7), len(whole) // 2, len(whole) * 3 // 4]:
        with pytest.raises(
            ImageError,
            match=r"^01/t003: (unreadable (TIFF|PNG)|neither TIFF nor PNG|is empty) \(.*\); .* (again|as one of them)$",
        ) as caught:
            decode(whole[:length], "01/t003")
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("options", [{}, {"bigtiff": True}, {"byteorder": ">"}])
def test_a_stack_cut_anywhere_never_becomes_a_shorter_stack(options):
    stack = texture(3, 5, 6)
    whole = tiff(stack, photometric="minisblack", metadata=None, **options)
    for length in range(len(whole)):
        try:
            assert decode(whole[:length], "a").shape == (3, 5, 6)  # only what follows the last pixel may be missing
        except ImageError as error:
            assert "\n" not in str(error)
    np.testing.assert_array_equal(decode(whole, "a"), stack)


def test_noise_after_a_good_beginning():
    rng = np.random.default_rng(1)
    for whole in (tiff(GREY, compression="zlib"), png(GREY)):
        for _ in range(50):
            damaged = bytearray(whole)
            for position in rng.integers(4, len(whole), 20):
                damaged[position] = rng.integers(256)
            try:
                decode(bytes(damaged), "a")
            except ImageError as error:
                assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", r"^a: is empty \(0 bytes\)"),
        (b"\xff\xd8\xff\xe0 a JPEG", "neither TIFF nor PNG"),
        (png(GREY)[:16] + (10**5).to_bytes(4) * 2 + png(GREY)[24:], "claims 10000000000 bytes of pixels, more than"),
    ],
)
def test_other_formats_and_bombs(data, message):
    with pytest.raises(ImageError, match=message):
        decode(data, "a")


def test_a_tiff_bomb_is_refused_before_it_is_unpacked():
    small = tiff(np.zeros((16, 16), np.uint8), compression="zlib", metadata=None)
    huge = small.replace(
        b"\x00\x01\x04\x00\x01\x00\x00\x00\x10\x00\x00\x00", b"\x00\x01\x04\x00\x01\x00\x00\x00\x00\x00\x10\x00"
    )
    huge = huge.replace(
        b"\x01\x01\x04\x00\x01\x00\x00\x00\x10\x00\x00\x00", b"\x01\x01\x04\x00\x01\x00\x00\x00\x00\x00\x10\x00"
    )
    assert huge != small
    with pytest.raises(ImageError, match="claims 1099511627776 bytes of pixels"):
        decode(huge, "a")


def test_pages_of_different_sizes():
    stream = io.BytesIO()
    with tifffile.TiffWriter(stream) as writer:
        writer.write(GREY)
        writer.write(GREY[:10])
    with pytest.raises(ImageError, match="its 2 pages differ in size or type"):
        decode(stream.getvalue(), "a")
