"""Image files as they come: TIFF and PNG bytes to arrays, colour to grey."""

import io
import math
import struct
from collections.abc import Sequence
from mmap import mmap
from typing import Any

import imagecodecs
import numpy as np
import tifffile
from numpy.typing import NDArray

PNG = b"\x89PNG\r\n\x1a\n"
TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
LARGEST_BYTES = 2**29  # unpacked: 16384×16384 of 16 bit; more is a mistake or a bomb, refused before it is unpacked
LARGEST_PAGES = 2**14
LARGEST_PARTS = 2**18  # strips or tiles of a file; reading one takes tens of microseconds
_COMPRESSIONS = {1: "none", 5: "LZW", 8: "Deflate", 32773: "PackBits", 32946: "Deflate", 50000: "Zstd"}
_PNG_CHANNELS = {0: 1, 2: 3, 3: 4, 4: 2, 6: 4}  # by colour type; a palette becomes colour


class ImageError(ValueError):
    """An image file that cannot be read: which, why, and what to do."""


def decode(data: bytes, where: str) -> np.ndarray:
    """Return the pixels of a TIFF or PNG file: (H, W), (H, W, channels) or (pages, H, W); dtype as stored.

    Raises ImageError, naming the file by `where`, for other formats, damaged files, and files that unpack to more
    than 512 MiB, whatever they claim to be. TIFF may be packed by LZW, Deflate, PackBits and Zstd: these unpack to
    the size that was agreed beforehand and keep every value, where JPEG and its like do neither.
    """
    try:
        if data.startswith(PNG):
            width, height, depth, colour = struct.unpack(">IIBB", data[16:26])
            _check_bytes(width * height * _PNG_CHANNELS.get(colour, 4) * (2 if depth == 16 else 1), where)
            return np.asarray(imagecodecs.png_decode(data))
        if data.startswith(TIFF):
            return _tiff(data, where)
    except ImageError:
        raise
    except Exception as error:  # codecs and tifffile raise whatever a damaged file makes them stumble over
        kind = "PNG" if data.startswith(PNG) else "TIFF"
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ImageError(f"{where}: unreadable {kind} ({reason}); fetch or export it again") from error
    raise ImageError(f"{where}: neither TIFF nor PNG (it begins with {data[:4]!r}); export it as one of them")


def _tiff(data: bytes, where: str) -> np.ndarray:
    walk_pages(data)
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        pages: list[Any] = list(file.pages)  # TiffPage or TiffFrame, which has the same attributes
        _check_bytes(sum(math.prod(page.shape) * _value_bytes(page) for page in pages), where)
        _check_parts(pages, len(data), where)
        if len({(page.shape, page.dtype) for page in pages}) > 1:
            raise ImageError(f"{where}: its {len(pages)} pages differ in size or type; export one file per frame")
        first = file.pages.first
        planar = first.planarconfig == tifffile.PLANARCONFIG.SEPARATE and first.samplesperpixel > 1
        arrays = [np.moveaxis(page.asarray(), 0, -1) if planar else page.asarray() for page in pages]
    return np.stack(arrays) if len(arrays) > 1 else arrays[0]


def walk_pages(data: bytes | mmap) -> None:
    """Follow the chain of pages to its end, ValueError if it is cut off: tifffile would return the first pages only."""
    order, big = "<" if data[:2] == b"II" else ">", 43 in data[2:4]
    number, offset, entry_bytes = ("Q", "Q", 20) if big else ("H", "I", 12)
    (page,) = struct.unpack_from(order + offset, data, 8 if big else 4)
    seen: set[int] = set()
    while page and page not in seen:
        seen.add(page)
        if page >= len(data):
            raise ValueError(f"page {len(seen)} lies beyond the end of the file")
        if len(seen) > LARGEST_PAGES:
            raise ValueError(f"more than {LARGEST_PAGES} pages")
        (count,) = struct.unpack_from(order + number, data, page)
        (page,) = struct.unpack_from(order + offset, data, page + struct.calcsize(number) + count * entry_bytes)


def _check_parts(pages: Sequence[tifffile.TiffPage], file_bytes: int, where: str) -> None:
    """Refuse strips and tiles that are too many, too large, packed in a way we do not read, or not in the file."""
    if sum(len(page.dataoffsets) for page in pages) > LARGEST_PARTS:
        raise ValueError(f"more than {LARGEST_PARTS} strips or tiles")
    for page in pages:
        if page.compression not in _COMPRESSIONS:
            name = getattr(page.compression, "name", f"method {page.compression}")
            raise ImageError(f"{where}: packed by {name}; save it without compression or by LZW, Deflate or Zstd")
        if page.dtype is None:  # tifffile would return no pixels
            raise ValueError(f"{page.bitspersample}-bit values of sample format {page.sampleformat}")
        if page.is_tiled:  # an image of 16×16 may claim tiles of any size
            _check_bytes(math.prod(page.chunks) * _value_bytes(page), where)
        count = math.prod(page.chunked)
        parts = list(zip(page.dataoffsets, page.databytecounts, strict=False))[:count]
        if len(parts) < count or not all(size for _, size in parts):
            raise ValueError("a strip or tile is missing")  # tifffile would return zeros in its place
        if max(offset + size for offset, size in parts) > file_bytes:
            raise ValueError("a strip or tile lies beyond the end of the file")


def _value_bytes(page: tifffile.TiffPage) -> int:
    return page.dtype.itemsize if page.dtype is not None else 8


def _check_bytes(count: int, where: str) -> None:
    if count > LARGEST_BYTES:
        raise ImageError(
            f"{where}: claims {count} bytes of pixels, more than {LARGEST_BYTES}; cut it into smaller images"
        )


def grey(array: np.ndarray) -> np.ndarray:
    """Return the image without colour and alpha, in its own dtype: (H, W, 1…4) → (H, W), others as they are.

    One or two channels: the first. Three or four: luma (`intensity.to_grey`). A stack (pages, H, W) of fewer
    than five columns cannot be told from colour.
    """
    if array.ndim != 3 or array.shape[-1] > 4:
        return array
    return to_grey(array) if array.shape[-1] > 2 else array[..., 0]


LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601


def to_grey(pixels: NDArray) -> NDArray:
    """Return the luma, (H, W), of an (H, W, 3 or 4) image in the dtype it came in; alpha is dropped.

    ITU-R BT.601 weights. An image whose channels are equal keeps its exact values.
    """
    red, green, blue = (pixels[..., channel] for channel in range(3))
    if np.array_equal(red, green) and np.array_equal(red, blue):
        return red.copy()
    grey = np.tensordot(pixels[..., :3].astype(np.float32), LUMA, axes=([-1], [0]))
    return grey if pixels.dtype.kind == "f" else np.rint(grey).astype(pixels.dtype)
