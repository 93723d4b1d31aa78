"""Decode the bytes of a TIFF or PNG file to grey values or labels, within limits of size."""

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from unetlib.io.axes import EVERYTHING, Choice
from unetlib.io.axes import ImageError as ImageError
from unetlib.io.calibration import UNKNOWN, Calibration, calibration_of, calibration_of_png
from unetlib.io.png import PNG, png_bytes, read_png
from unetlib.io.samples import Samples, samples_of
from unetlib.io.tiff import TIFF, channels_last, doubts, tiff_layout, walk_pages
from unetlib.io.wording import counted

LARGEST_BYTES = 2**29  # decoded: 16384×16384 in 16 bits; more is a mistake or an attack, refused before decoding
LARGEST_PAGES = 2**14
LARGEST_PARTS = 2**18  # strips or tiles per file; reading one takes tens of microseconds
_COMPRESSIONS = {1: "none", 5: "LZW", 8: "Deflate", 32773: "PackBits", 32946: "Deflate", 50000: "Zstd"}


@dataclass(frozen=True)
class DecodedImage:
    """The pixels of a file as stored, (H, W) or (H, W, samples), with a leading axis (planes,) if there are several."""

    pixels: NDArray[Any]
    samples: Samples
    axes: str  # of the planes: "" for a single plane, else as in `axes.PlaneOrder`
    where: str
    notes: tuple[str, ...] = ()
    calibration: Calibration = UNKNOWN

    def grey(self) -> NDArray[Any]:
        """Return the grey values, (H, W) or (planes, H, W): see `samples.Samples.grey`. ImageError for 1 bit."""
        if self.pixels.dtype.kind == "b":
            raise ImageError(one_bit(self.where))
        return self.samples.grey(self.pixels)

    def labels(self) -> NDArray[Any]:
        """Return the values as they are stored, (H, W) or (planes, H, W): see `samples.Samples.labels`."""
        return self.samples.labels(self.pixels, self.where)

    def colours(self) -> NDArray[Any] | None:
        """Return red, green and blue, (H, W, 3); None for an image that is grey."""
        if self.samples.table is not None:
            return np.asarray(self.samples.table[self.pixels])
        return self.pixels[..., :3] if self.samples.model == "colour" else None


def decode_image(data: bytes, where: str, choice: Choice = EVERYTHING) -> DecodedImage:
    """Return the pixels of a TIFF or PNG file in memory, in the stored dtype.

    Raises ImageError naming `where` for other formats, damaged files, several channels if none is chosen, and files
    that decode to more than 512 MiB, whatever size they declare. TIFF compression may be LZW, Deflate, PackBits or
    Zstd, which decode to the declared size and are lossless; JPEG and similar methods are neither.
    """
    try:
        if data.startswith(PNG):
            _check_bytes(png_bytes(data), where)
            pixels, samples = read_png(data)
            return DecodedImage(
                pixels, samples.choose(choice, where), "", where, calibration=calibration_of_png(data, where)
            )
        if data.startswith(TIFF):
            return _tiff(data, where, choice)
    except ImageError:
        raise
    except Exception as error:  # a damaged file makes codecs and tifffile raise exceptions of any type
        kind = "PNG" if data.startswith(PNG) else "TIFF"
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ImageError(f"{where}: unreadable {kind} ({reason}); fetch or export it again") from error
    raise ImageError(no_format(data, where))


def no_format(head: bytes, where: str) -> str:
    """Return the error message for a file that begins neither as TIFF nor as PNG."""
    if not head:
        return f"{where}: is empty (0 bytes); copy or export it again"
    return f"{where}: neither TIFF nor PNG (it begins with {head[:4]!r}); export it as one of them"


def one_bit(where: str) -> str:
    """Return the error message for an image of 1 bit per pixel."""
    return f"{where}: holds 1 bit per pixel, a mask, not a picture; export the image as 8 or 16 bit or float"


def _tiff(data: bytes, where: str, choice: Choice) -> DecodedImage:
    walk_pages(data, LARGEST_PAGES)
    with tifffile.TiffFile(io.BytesIO(data), _multifile=False) as file:
        pages: list[Any] = list(file.pages)  # TiffPage or TiffFrame, which have the same attributes
        _check_bytes(sum(math.prod(page.shape) * _value_bytes(page) for page in pages), where)
        _check_parts(pages, len(data), where)
        if len({(page.shape, page.dtype) for page in pages}) > 1:
            raise ImageError(f"{where}: its {len(pages)} pages differ in size or type; export one file per frame")
        first = file.pages.first
        arrays = [channels_last(page.asarray(), first) for page in pages]
        if not arrays[0].size:
            raise ImageError(f"{where}: has no pixels; export it again")
        calibration = calibration_of(file, where)
        if len(arrays) == 1 and not file.is_imagej:
            samples = samples_of(first, lookup=True, where=where).choose(choice, where)
            notes = (*samples.notes, *doubts(first, where))
            return DecodedImage(arrays[0], samples, "", where, notes, calibration)
        layout = tiff_layout(file, choice, where)
    if layout.page_count != len(arrays):
        planes = counted(layout.page_count, "plane")
        raise ImageError(f"{where}: {counted(len(arrays), 'page')} for {planes}; export one page per plane")
    chosen = [arrays[page] for page in layout.order.pages]
    pixels = np.stack(chosen) if layout.order.axes else chosen[0]
    return DecodedImage(pixels, layout.samples, layout.order.axes, where, layout.notes, calibration)


def _check_parts(pages: Sequence[tifffile.TiffPage], file_bytes: int, where: str) -> None:
    """Raise unless all strips and tiles are within the file, not too many or too large, and in a known compression."""
    if sum(len(page.dataoffsets) for page in pages) > LARGEST_PARTS:
        raise ValueError(f"more than {LARGEST_PARTS} strips or tiles")
    for page in pages:
        if page.compression not in _COMPRESSIONS:
            name = getattr(page.compression, "name", f"method {page.compression}")
            raise ImageError(f"{where}: packed by {name}; save it without compression or by LZW, Deflate or Zstd")
        if page.dtype is None:  # tifffile would return no pixels for it
            raise ValueError(f"{page.bitspersample}-bit values of sample format {page.sampleformat}")
        if page.is_tiled:  # even a 16×16 image may declare tiles of any size
            _check_bytes(math.prod(page.chunks) * _value_bytes(page), where)
        count = math.prod(page.chunked)
        parts = list(zip(page.dataoffsets, page.databytecounts, strict=False))[:count]
        if len(parts) < count or not all(size for _, size in parts):
            raise ValueError("a strip or tile is missing")  # tifffile would fill it with zeros
        if max(offset + size for offset, size in parts) > file_bytes:
            raise ValueError("a strip or tile lies beyond the end of the file")


def _value_bytes(page: tifffile.TiffPage) -> int:
    return page.dtype.itemsize if page.dtype is not None else 8


def _check_bytes(count: int, where: str) -> None:
    if count > LARGEST_BYTES:
        raise ImageError(
            f"{where}: claims {count} bytes of pixels, more than {LARGEST_BYTES}; cut it into smaller images"
        )
