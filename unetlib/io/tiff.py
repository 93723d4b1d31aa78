"""How a TIFF file holds its planes: the pages of its one picture, in which order, and what their samples mean."""

import json
import struct
from dataclasses import dataclass, replace
from mmap import mmap
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from unetlib.io.axes import Choice, ImageError, PlaneOrder, plane_order
from unetlib.io.samples import Samples, samples_of
from unetlib.io.wording import counted

TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_OF_A_SET = ("ome", "mmstack", "ndtiff")  # kinds of tifffile whose pages may stand in other files, or be missing


@dataclass(frozen=True)
class TiffLayout:
    """The picture of a TIFF file: its pages as tifffile finds them, the order of its planes, its samples."""

    series: tifffile.TiffPageSeries
    order: PlaneOrder
    samples: Samples
    notes: tuple[str, ...]

    @property
    def page_count(self) -> int:
        """How many pages the file's axes count, chosen or not."""
        counted = (
            length for axis, length in zip(self.series.axes, self.series.shape, strict=True) if axis not in "YXS"
        )
        return int(np.prod(list(counted), dtype=np.int64))


def tiff_layout(file: tifffile.TiffFile, choice: Choice, where: str) -> TiffLayout:
    """Return the layout of the one picture that an open TIFF holds.

    Raises ImageError naming `where` for several pictures, for planes that are missing or stand in other files, for
    channels of which none is chosen and for colours that are not read.
    """
    if not file.series:
        raise ValueError("it has no pages")
    if len(file.series) != 1:
        raise ImageError(f"{where}: holds {len(file.series)} images of different sizes or types; export one of them")
    series = file.series[0]
    keyframe = series.keyframe
    samples = samples_of(keyframe, lookup=file.imagej_metadata is None, where=where)
    axes, lengths = "", list[int]()
    for axis, length in zip(series.axes, series.shape, strict=True):
        if axis not in "YXS" and not (axis == "C" and planar(keyframe) and "S" not in series.axes):
            axes, lengths = axes + axis, [*lengths, length]
    if not {"Y", "X"} <= set(series.axes):
        raise ImageError(f"{where}: its axes are {series.axes}; export rows × columns, or a stack of them")
    channel_is_a_page = "C" in axes and lengths[axes.index("C")] > 1
    order = plane_order(axes, lengths, choice, where)
    samples = samples.choose(replace(choice, channel=None) if channel_is_a_page else choice, where)
    _check_whole(series, lengths, where)
    notes = _planes_of_the_header(file, int(np.prod(lengths, dtype=np.int64)), where)
    notes += (*order.notes, *samples.notes, *_doubtful_colour(series, where), *_turned(keyframe, where))
    return TiffLayout(series, order, samples, notes)


def planar(page: tifffile.TiffPage) -> bool:
    """Return whether the samples of a page stand one plane behind the other."""
    return bool(page.planarconfig == tifffile.PLANARCONFIG.SEPARATE and page.samplesperpixel > 1)


def channels_last(array: NDArray[Any], page: tifffile.TiffPage) -> NDArray[Any]:
    """Return the pixels of a page as (H, W) or (H, W, samples)."""
    return np.moveaxis(array, 0, -1) if planar(page) else array


def walk_pages(data: bytes | mmap, most: int | None = None) -> None:
    """Follow the chain of pages to its end, ValueError if it is cut off: tifffile would return the first pages only.

    most: ValueError from so many pages on; None for a file that is the user's own, a movie of any length.
    """
    order, big = "<" if data[:2] == b"II" else ">", 43 in data[2:4]
    number, offset, entry_bytes = ("Q", "Q", 20) if big else ("H", "I", 12)
    (page,) = struct.unpack_from(order + offset, data, 8 if big else 4)
    seen: set[int] = set()
    while page and page not in seen:
        seen.add(page)
        if page >= len(data):
            raise ValueError(f"page {len(seen)} lies beyond the end of the file")
        if most is not None and len(seen) > most:
            raise ValueError(f"more than {most} pages")
        (count,) = struct.unpack_from(order + number, data, page)
        (page,) = struct.unpack_from(order + offset, data, page + struct.calcsize(number) + count * entry_bytes)


def _planes_of_the_header(file: tifffile.TiffFile, found: int, where: str) -> tuple[str, ...]:
    """What is to be said where the header counts fewer planes than there are; ImageError where it counts more."""
    series, promised = file.series[0], found
    pages: Any = file.pages  # of TiffPage and TiffFrame, which has the same attributes
    if file.imagej_metadata:
        promised = int(file.imagej_metadata.get("images", 1))
    if series.dataoffset is not None and series.dataoffset + series.nbytes > file.filehandle.size:
        found = len(pages)
    if promised > found:
        raise ImageError(
            f"{where}: its header promises {counted(promised, 'plane')}, but {found} can be read (a copy that was"
            " stopped, or a frame cut out of a stack); copy it again, or save it again with Fiji"
        )
    left = sum(not page.is_reduced for page in pages[found:]) if len(pages) > found else 0
    return (f"{where}: its header counts {counted(found, 'plane')}; not read: {counted(left, 'more page')}",) * bool(
        left
    )


def _turned(page: tifffile.TiffPage, where: str) -> tuple[str, ...]:
    """What is to be said of a picture that viewers turn: rows and columns are those of the file."""
    if page.tags.valueof("Orientation") in (None, 0, 1):
        return ()
    return (f"{where}: its tag Orientation asks viewers to turn it; rows and columns are read as they are stored",)


def _check_whole(series: tifffile.TiffPageSeries, lengths: list[int], where: str) -> None:
    """ImageError for planes that are promised and not there, before anything is computed from the others."""
    if series.kind in _OF_A_SET and (missing := sum(page is None for page in series)):
        raise ImageError(
            f"{where}: {missing} of the {len(series)} planes that its header promises are missing (a set of files that "
            "is not complete, or a recording that was stopped); save it as one file with Fiji, the others beside it"
        )
    if series.is_multifile:
        raise ImageError(f"{where}: its pages stand in several files; save it as one with Fiji")
    count = int(np.prod(lengths, dtype=np.int64))
    if count != len(series) and series.dataoffset is None:
        raise ImageError(
            f"{where}: {counted(len(series), 'page')} for {counted(count, 'plane')}; export one page per plane"
        )


def _doubtful_colour(series: tifffile.TiffPageSeries, where: str) -> tuple[str, ...]:
    """What is to be said of 3 or 4 planes that Python's tifffile has tagged as colour without having been asked to."""
    page = series.keyframe
    if series.kind != "shaped" or not planar(page) or page.photometric != tifffile.PHOTOMETRIC.RGB:
        return ()
    try:
        told = json.loads(page.description)
    except ValueError:
        return ()
    if "axes" in told:
        return ()
    count = page.samplesperpixel
    colours = f"red, green and blue{' and alpha' if count == 4 else ''}"
    return (
        f"{where}: its {count} planes are tagged as {colours} and read as one picture in colour; if they are frames, "
        "write them with photometric='minisblack', or choose one by --channel",
    )
