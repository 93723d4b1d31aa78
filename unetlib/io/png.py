"""Read PNG files: the values as they are stored, without the palette or transparency that a viewer would apply."""

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from unetlib.io.samples import Samples

PNG = b"\x89PNG\r\n\x1a\n"
_CHUNK = struct.Struct(">I4s")
_TABLE = 3  # PNG's colour type of palette images
_RESOLUTION = struct.Struct(">IIB")  # of pHYs: pixels per unit, across and down; unit 1 is the metre, 0 is unknown
_SAMPLES = {0: ("grey", 1, 1), 2: ("colour", 3, 3), _TABLE: ("table", 1, 1), 4: ("grey", 2, 1), 6: ("colour", 4, 3)}


def png_bytes(data: bytes) -> int:
    """Return the declared size of the pixels in bytes, without decoding anything."""
    width, height, depth, colour = _header(data)
    return width * height * _SAMPLES.get(colour, ("", 4, 0))[1] * (2 if depth == 16 else 1)


def read_png(data: bytes) -> tuple[NDArray[np.generic], Samples]:
    """Return the pixels, (H, W) or (H, W, samples), and what they mean; 1 bit as bool, 2 and 4 bits as integers.

    A palette image is returned as its indices. ValueError, or what the codec raises, for a damaged file.
    """
    _, _, depth, colour = _header(data)
    model, count, own = _SAMPLES[colour]
    table = None
    parts = [data[:8]]
    for kind, body in _chunks(data):
        if kind == b"PLTE":
            table = np.frombuffer(body, np.uint8).reshape(-1, 3)
        if kind == b"IHDR" and colour == _TABLE:  # marked as grey, so that the codec returns the indices
            body = body[:9] + b"\0" + body[10:]
        if kind in (b"IHDR", b"IDAT", b"IEND"):
            parts += [_CHUNK.pack(len(body), kind), body, struct.pack(">I", zlib.crc32(kind + body))]
    pixels = np.asarray(imagecodecs.png_decode(b"".join(parts)))
    if depth < 8:  # the codec has scaled them to 0 … 255
        pixels = pixels // (255 // (2**depth - 1))
    if model == "table":
        if table is None or pixels.max() >= len(table):
            raise ValueError("its table of colours is too short")
        return pixels, Samples(model, bits=depth, table=table)
    return pixels.astype(bool) if depth == 1 else pixels, Samples(model, count, own, bits=depth)


def pixels_per_unit(data: bytes) -> tuple[int, int, bool] | None:
    """Return the pixels per unit, down and across, and whether the unit is a metre; None without a usable pHYs."""
    for kind, body in _chunks(data):
        if kind == b"pHYs" and len(body) == _RESOLUTION.size:
            across, down, unit = _RESOLUTION.unpack(body)
            return (down, across, unit == 1) if down and across else None
        if kind == b"IDAT":  # pHYs must precede the pixels
            break
    return None


def _header(data: bytes) -> tuple[int, int, int, int]:
    width, height, depth, colour = struct.unpack(">IIBB", data[16:26])
    return width, height, depth, colour


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the chunks of the file, with checked checksums; ValueError if one is incomplete or damaged."""
    place, kind = 8, b""
    while kind != b"IEND":
        if place + _CHUNK.size > len(data):
            raise ValueError("it ends before its last part")
        length, kind = _CHUNK.unpack_from(data, place)
        body = data[place + 8 : place + 8 + length]
        if data[place + 8 + length : place + 12 + length] != struct.pack(">I", zlib.crc32(kind + body)):
            raise ValueError(f"its part {kind.decode('latin-1')!r} is damaged")
        yield kind, body
        place += 12 + length


def write_png(path: Path, pixels: NDArray[np.uint8]) -> None:
    """Write 8-bit grey (H, W) or colour (H, W, 3) pixels; equal pixels give equal bytes. For a temporary file."""
    path.write_bytes(imagecodecs.png_encode(np.ascontiguousarray(pixels)))
