"""Malformed images: refused before they are unpacked, in one line; any bytes are an image or an error."""

import struct
import tracemalloc
import warnings

import numpy as np
import pytest
from builders.archives import png, texture, tiff
from builders.malformed import plain_tiff, png_chunks, png_of
from hypothesis import given, settings
from hypothesis import strategies as st

from unetlib.io.images import ImageError, decode_image


def chained(pages: int) -> bytes:
    """A TIFF of empty pages, one behind the other."""
    offsets = [8 + 6 * n for n in range(pages)]
    following = [*offsets[1:], 0]
    return b"II*\0" + struct.pack("<I", 8) + b"".join(struct.pack("<HI", 0, n) for n in following)


TILES = {"t259": (3, 1, 8), "t322": (4, 1, 1 << 17), "t323": (4, 1, 1 << 17), "t324": (4, 1, 8), "t325": (4, 1, 64)}
BOMBS = {
    "rows and columns": (plain_tiff(10**5, 10**5), "claims 10000000000 bytes"),
    "packed": (plain_tiff(10**5, 10**5, t259=(3, 1, 5)), "claims 10000000000 bytes"),
    "2^64 values are 0 in 64 bits": (plain_tiff(2**31, 2**31, t277=(3, 1, 4), t262=(3, 1, 2)), "claims 1844674407"),
    "wide values": (plain_tiff(2**13, 2**14, t258=(3, 1, 64), t339=(3, 1, 3)), "claims 1073741824 bytes"),
    "tiles": (plain_tiff(16, 16, **TILES), "claims 17179869184 bytes"),
    "JPEG 2000": (plain_tiff(16, 16, t259=(3, 1, 34712)), "packed by"),
    "JPEG": (tiff(texture(16, 16), compression="jpeg"), "packed by JPEG"),
    "pages": (chained(20_000), "more than 16384 pages"),
    "beyond the end": (plain_tiff(16, 16, t279=(4, 1, 10**6), t259=(3, 1, 5)), "beyond the end of the file"),
    "no strip": (plain_tiff(16, 16, t279=(4, 1, 0), t259=(3, 1, 5)), "is missing"),
    "too few strips": (plain_tiff(16, 16, t278=(4, 1, 1), t259=(3, 1, 5)), "is missing"),
    "PNG": (png(texture(4, 4))[:16] + struct.pack(">II", 10**5, 10**5) + png(texture(4, 4))[24:], "claims 10000000000"),
    "deep PNG": (
        png_of([(b"IHDR", struct.pack(">IIBBBBB", 16000, 16000, 16, 6, 0, 0, 0)), *png_chunks(png(texture(4, 4)))[1:]]),
        "claims 2048000000 bytes",
    ),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_before_it_is_unpacked(name: str) -> None:
    data, message = BOMBS[name]
    tracemalloc.start()
    try:
        with pytest.raises(ImageError, match=message) as caught:
            decode_image(data, "01/t000.tif")
        assert tracemalloc.get_traced_memory()[1] < 8_000_000 + 10 * len(data)
    finally:
        tracemalloc.stop()
    assert str(caught.value).startswith("01/t000.tif: ") and len(str(caught.value).splitlines()) == 1


def test_a_circle_of_pages_ends() -> None:
    image = texture(4, 8)
    whole = plain_tiff(8, 4, image.tobytes())
    np.testing.assert_array_equal(decode_image(whole, "a").pixels, image)
    circle = whole[:-4] + whole[4:8]
    with pytest.raises(ImageError) if not _reads(circle, image) else warnings.catch_warnings():
        decode_image(circle, "a")


def _reads(data: bytes, image: np.ndarray) -> bool:
    try:
        return np.array_equal(decode_image(data, "a").pixels, image)
    except ImageError:
        return False


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(st.sampled_from([b"II*\0", b"MM\0*", b"II+\0\x08\0\0\0", b"\x89PNG\r\n\x1a\n", b""]), st.binary(max_size=200))
def test_any_bytes_are_an_image_or_an_image_error(magic: bytes, rest: bytes) -> None:
    try:
        assert decode_image(magic + rest, "a.tif").pixels.size > 0
    except ImageError as error:
        assert str(error).startswith("a.tif: ") and len(str(error).splitlines()) == 1
