"""Image files as they come: TIFF and PNG bytes to arrays, colour to grey."""

import io
import struct
from mmap import mmap

import imagecodecs
import numpy as np
import tifffile

from unetlib.intensity import to_grey

PNG = b"\x89PNG\r\n\x1a\n"
TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
LARGEST_PX = 2**28  # 16384×16384: more is a mistake or a bomb, and is refused before it is unpacked


class ImageError(ValueError):
    """An image file that cannot be read: which, why, and what to do."""


def decode(data: bytes, where: str) -> np.ndarray:
    """Return the pixels of a TIFF or PNG file: (H, W), (H, W, channels) or (pages, H, W); dtype as stored.

    Raises ImageError, naming the file by `where`, for other formats, damaged files and more than 2^28 pixels.
    """
    try:
        if data.startswith(PNG):
            width, height = struct.unpack(">II", data[16:24])
            _check_pixels(width * height, where)
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
        pages = list(file.pages)
        _check_pixels(sum(int(np.prod(page.shape, dtype=np.int64)) for page in pages), where)
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
        (count,) = struct.unpack_from(order + number, data, page)
        (page,) = struct.unpack_from(order + offset, data, page + struct.calcsize(number) + count * entry_bytes)


def _check_pixels(count: int, where: str) -> None:
    if count > LARGEST_PX:
        raise ImageError(f"{where}: claims {count} pixels, more than {LARGEST_PX}; cut it into smaller images")


def grey(array: np.ndarray) -> np.ndarray:
    """Return the image without colour and alpha, in its own dtype: (H, W, 1…4) → (H, W), others as they are.

    One or two channels: the first. Three or four: luma (`intensity.to_grey`). A stack (pages, H, W) of fewer
    than five columns cannot be told from colour.
    """
    if array.ndim != 3 or array.shape[-1] > 4:
        return array
    return to_grey(array) if array.shape[-1] > 2 else array[..., 0]
