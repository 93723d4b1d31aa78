"""Read a user's image file plane by plane: PNG, and TIFF stacks, which are memory-mapped if their layout allows it."""

import mmap
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from unetlib.io.axes import EVERYTHING, Choice, ImageError
from unetlib.io.calibration import Calibration, calibration_of
from unetlib.io.images import decode_image, no_format, one_bit
from unetlib.io.mapped_files import temporary_array
from unetlib.io.png import PNG
from unetlib.io.samples import GREY, Samples
from unetlib.io.tiff import TIFF, TiffLayout, channels_last, tiff_layout, walk_pages

MAPPED_PX = 2**24  # larger pages that cannot be mapped directly are decoded into a temporary file, not into memory


@dataclass(frozen=True)
class Plane:
    """One image plane; `plane[rows, columns]`, with two slices, returns grey values."""

    data: NDArray[Any]  # (H, W) or (H, W, samples), as stored
    samples: Samples = GREY

    @property
    def shape(self) -> tuple[int, int]:
        return (self.data.shape[0], self.data.shape[1])

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.data.dtype

    def __getitem__(self, part: tuple[slice, slice]) -> NDArray[Any]:
        """Return the grey values of rows and columns (`samples.Samples.grey`), in native byte order."""
        return self.samples.grey(_native(self.data[part]))

    def labels(self, where: str) -> NDArray[Any]:
        """Return the stored values of the whole plane as ids (`samples.Samples.labels`), in native byte order."""
        return self.samples.labels(_native(self.data), where)


@dataclass(frozen=True)
class Stack:
    """The planes of a file. axes and lengths: the order of its planes, such as "T" (5,), "TZ" (5, 3) or "" ()."""

    path: Path
    axes: str
    lengths: tuple[int, ...]
    height: int
    width: int
    dtype: np.dtype[Any]
    calibration: Calibration
    read: Callable[[int], NDArray[Any]]
    samples: Samples = GREY
    notes: tuple[str, ...] = ()  # messages for the user about how the file was read

    def __len__(self) -> int:
        return int(np.prod(self.lengths, dtype=np.int64))

    def where(self, page: int) -> str:
        """Return the name of a page in errors, counted from 1 as in Fiji."""
        return str(self.path) if len(self) == 1 else f"{self.path}, page {page + 1} of {len(self)}"

    def plane(self, page: int) -> Plane:
        """Return page 0 … len − 1; ImageError if it is damaged."""
        with _one_line(str(self.path), "TIFF"):
            return Plane(self.read(page), self.samples)


@contextmanager
def open_stack(
    path: Path, scratch: Path | None = None, choice: Choice = EVERYTHING, *, masks: bool = False
) -> Iterator[Stack]:
    """Yield the planes of a TIFF or PNG; ImageError, naming the file, if it cannot be read as grey planes.

    TIFF: any integer or float type, strips or tiles, any compression of tifffile, BigTIFF, ImageJ and OME stacks, any
    number of pages; colour is converted to luma as parts are read. Uncompressed pages are memory-mapped; a large page
    of another layout is decoded into a temporary file in `scratch` (None: the system's). PNG is decoded in memory.
    choice: the channel and z plane to read if there are several. masks: also accept images of 1 bit.
    Refused: several channels if none is chosen, pages that differ in size or type, complex images.
    """
    where = str(path)
    with path.open("rb") as stream:
        head = stream.read(8)
    with ExitStack() as stack:
        if head.startswith(TIFF):
            with _one_line(where, "TIFF"):
                pages = _open_tiff(path, scratch, stack, choice)
        elif head == PNG:
            pages = _open_png(path, choice)
        else:
            raise ImageError(no_format(head, where))
        if pages.dtype.kind == "b" and not masks:
            raise ImageError(one_bit(where))
        if pages.dtype.kind not in "uifb":
            raise ImageError(f"{where}: holds {pages.dtype} values; export it as 8 or 16 bit or float")
        yield pages


def _open_png(path: Path, choice: Choice) -> Stack:
    if choice.z not in (None, 1) and not choice.if_several:
        raise ImageError(f"{path}: is one plane; leave out --z")
    image = decode_image(path.read_bytes(), str(path), choice)
    height, width = image.pixels.shape[:2]
    dtype = image.pixels.dtype
    return Stack(path, "", (), height, width, dtype, image.calibration, lambda page: image.pixels, image.samples)


def _open_tiff(path: Path, scratch: Path | None, stack: ExitStack, choice: Choice) -> Stack:
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        walk_pages(data)
    file = stack.enter_context(tifffile.TiffFile(path))
    layout = tiff_layout(file, choice, str(path))
    read = _mapped(path, file, layout) or _unpacked(layout, scratch)
    sizes = dict(zip(layout.series.axes, layout.series.shape, strict=True))
    calibration = calibration_of(file, str(path))
    return Stack(
        path,
        layout.order.axes,
        layout.order.lengths,
        sizes["Y"],
        sizes["X"],
        np.dtype(layout.series.keyframe.dtype),
        calibration,
        read,
        layout.samples,
        layout.notes,
    )


def _mapped(path: Path, file: tifffile.TiffFile, layout: TiffLayout) -> Callable[[int], NDArray[Any]] | None:
    """Return a reader of pages by memory map; None if the pixels are not stored as they are in memory."""
    keyframe, offset = layout.series.keyframe, layout.series.dataoffset
    if offset is None or not keyframe.is_memmappable:
        return None
    dtype = np.dtype(keyframe.dtype).newbyteorder(file.byteorder)
    data = np.memmap(path, dtype, "r", offset, (layout.page_count, *keyframe.shape))
    return lambda plane: channels_last(data[layout.order.pages[plane]], keyframe)


def _unpacked(layout: TiffLayout, scratch: Path | None) -> Callable[[int], NDArray[Any]]:
    def read(plane: int) -> NDArray[Any]:
        number = int(layout.order.pages[plane])
        found = layout.series[number]
        if found is None:
            raise ValueError(f"page {number + 1} is missing")
        large = int(np.prod(found.shape, dtype=np.int64)) > MAPPED_PX
        place = temporary_array(scratch, found.dtype, found.shape) if large else None
        return channels_last(found.asarray(out=place), layout.series.keyframe)

    return read


def _native(array: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(array).astype(array.dtype.newbyteorder("="), copy=False)


@contextmanager
def _one_line(where: str, kind: str) -> Iterator[None]:
    """Turn any exception that a damaged file causes in codecs into an ImageError; a full disk stays an OSError."""
    try:
        yield
    except ImageError:
        raise
    except Exception as error:  # a damaged file makes codecs and tifffile raise exceptions of any type
        if isinstance(error, OSError) and error.errno:
            raise
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ImageError(f"{where}: unreadable {kind} ({reason}); copy or export it again") from error
