"""A user's image file, plane by plane: TIFF stacks mapped into memory where their layout allows it, and PNG."""

import mmap
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from unetlib.io.calibration import Calibration, calibration_of
from unetlib.io.images import PNG, TIFF, ImageError, decode, grey, walk_pages

MAPPED_PX = 2**24  # a page with more pixels that cannot be mapped as it lies is unpacked into a file, not into memory
_COLOUR_TABLE = "has a colour table; convert it to RGB or grey (in Fiji: Image > Type)"


@dataclass(frozen=True)
class Plane:
    """One picture, grey when read: `plane[rows, columns]`, two slices, in the dtype of the file."""

    data: NDArray[Any]  # (H, W) or (H, W, channels)

    @property
    def shape(self) -> tuple[int, int]:
        return (self.data.shape[0], self.data.shape[1])

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.data.dtype

    def __getitem__(self, part: tuple[slice, slice]) -> NDArray[Any]:
        """Return a part (rows, columns); colour as luma (`images.grey`), in native byte order."""
        array = grey(np.asarray(self.data[part]))
        return array.astype(array.dtype.newbyteorder("="), copy=False)


@dataclass(frozen=True)
class Stack:
    """The planes of one file. axes and lengths: the order of its planes, as "T" (5,), "TZ" (5, 3) or "" ()."""

    path: Path
    axes: str
    lengths: tuple[int, ...]
    height: int
    width: int
    dtype: np.dtype[Any]
    calibration: Calibration
    read: Callable[[int], NDArray[Any]]

    def __len__(self) -> int:
        return int(np.prod(self.lengths, dtype=np.int64))

    def where(self, page: int) -> str:
        """Return what errors call a page, counted from 1 as Fiji does."""
        return str(self.path) if len(self) == 1 else f"{self.path}, page {page + 1} of {len(self)}"

    def plane(self, page: int) -> Plane:
        """Return page 0 … len − 1; ImageError when it is damaged."""
        with _one_line(str(self.path), "TIFF"):
            return Plane(self.read(page))


@contextmanager
def open_stack(path: Path, scratch: Path | None = None) -> Iterator[Stack]:
    """Yield the planes of a TIFF or PNG; ImageError, naming the file, for what cannot be read as grey planes.

    TIFF: any integer or float type, strips or tiles, any compression of tifffile, BigTIFF, ImageJ and OME stacks;
    RGB(A) becomes luma when a part is read. Uncompressed pages are mapped, never loaded; a large page of another
    layout is unpacked into a temporary file in `scratch` (None: the system's). PNG is unpacked in memory.
    Refused: several channels, colour tables, pages that differ, 1-bit and complex images.
    """
    where = str(path)
    with path.open("rb") as stream:
        head = stream.read(8)
    with ExitStack() as stack:
        if head.startswith(TIFF):
            with _one_line(where, "TIFF"):
                pages = _open_tiff(path, scratch, stack)
        elif head == PNG:
            pages = _open_png(path)
        else:
            raise ImageError(f"{where}: neither TIFF nor PNG (it begins with {head[:4]!r}); export it as one of them")
        if pages.dtype.kind not in "uif":
            what = "1 bit per pixel" if pages.dtype.kind == "b" else f"{pages.dtype} values"
            raise ImageError(f"{where}: holds {what}; export it as 8 or 16 bit or float")
        yield pages


def _open_png(path: Path) -> Stack:
    array = decode(path.read_bytes(), str(path))
    height, width = array.shape[:2]
    return Stack(path, "", (), height, width, array.dtype, Calibration(), lambda page: array)


def _open_tiff(path: Path, scratch: Path | None, stack: ExitStack) -> Stack:
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        walk_pages(data)
    file = stack.enter_context(tifffile.TiffFile(path))
    if not file.series:
        raise ValueError("it has no pages")
    if len(file.series) != 1:
        raise ImageError(f"{path}: holds {len(file.series)} images of different sizes or types; export one of them")
    series, keyframe = file.series[0], file.series[0].keyframe
    if keyframe.photometric == tifffile.PHOTOMETRIC.PALETTE and "C" not in series.axes and file.imagej_metadata is None:
        raise ImageError(f"{path}: {_COLOUR_TABLE}")
    axes, lengths = _page_axes(path, series)
    read = _mapped(path, file, series, lengths) or _unpacked(series, scratch)
    count = int(np.prod(lengths, dtype=np.int64))
    if count != len(series.pages) and series.dataoffset is None:
        raise ImageError(f"{path}: {len(series.pages)} pages for {count} planes; export one page per plane")
    sizes = dict(zip(series.axes, series.shape, strict=True))
    return Stack(path, axes, lengths, sizes["Y"], sizes["X"], np.dtype(keyframe.dtype), calibration_of(file), read)


def _page_axes(path: Path, series: tifffile.TiffPageSeries) -> tuple[str, tuple[int, ...]]:
    """Return the axes that count planes, with their lengths; ImageError for channels."""
    sizes = dict(zip(series.axes, series.shape, strict=True))
    if len(sizes) != len(series.axes) or not {"Y", "X"} <= sizes.keys():
        raise ImageError(f"{path}: its axes are {series.axes}; export rows × columns, or a stack of them")
    channels = sizes.get("C", 1) if "C" in sizes else sizes.get("S", 1) if sizes.get("S", 1) > 4 else 1
    if channels > 1:
        raise ImageError(f"{path}: has {channels} channels; export one (in Fiji: Image > Color > Split Channels)")
    if series.is_multifile:
        raise ImageError(f"{path}: its pages stand in several files; export it as one")
    kept = [(axis, length) for axis, length in sizes.items() if axis not in "YXSC"]
    return "".join(axis for axis, _ in kept), tuple(length for _, length in kept)


def _mapped(
    path: Path, file: tifffile.TiffFile, series: tifffile.TiffPageSeries, lengths: tuple[int, ...]
) -> Callable[[int], NDArray[Any]] | None:
    """The reader of a series whose pixels lie in the file as in memory, or None."""
    keyframe = series.keyframe
    if series.dataoffset is None or not keyframe.is_memmappable:
        return None
    dtype = np.dtype(keyframe.dtype).newbyteorder(file.byteorder)
    shape = (int(np.prod(lengths, dtype=np.int64)), *keyframe.shape)
    data = np.memmap(path, dtype, "r", series.dataoffset, shape)
    return lambda page: _channels_last(data[page], keyframe)


def _unpacked(series: tifffile.TiffPageSeries, scratch: Path | None) -> Callable[[int], NDArray[Any]]:
    target = "memmap" if scratch is None else f"memmap:{scratch}"

    def read(page: int) -> NDArray[Any]:
        found = series.pages[page]
        if found is None:
            raise ValueError(f"page {page + 1} is missing")
        large = int(np.prod(found.shape, dtype=np.int64)) > MAPPED_PX
        return _channels_last(found.asarray(out=target if large else None), series.keyframe)

    return read


def _channels_last(array: NDArray[Any], page: tifffile.TiffPage) -> NDArray[Any]:
    planar = page.planarconfig == tifffile.PLANARCONFIG.SEPARATE and page.samplesperpixel > 1
    return np.moveaxis(array, 0, -1) if planar else array


@contextmanager
def _one_line(where: str, kind: str) -> Iterator[None]:
    """Turns whatever a damaged file makes the codecs raise into one ImageError; a full disk stays an OSError."""
    try:
        yield
    except ImageError:
        raise
    except Exception as error:  # codecs and tifffile raise whatever a damaged file makes them stumble over
        if isinstance(error, OSError) and error.errno:
            raise
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ImageError(f"{where}: unreadable {kind} ({reason}); copy or export it again") from error
