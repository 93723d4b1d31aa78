"""Interpret the layout of a TIFF file: the pages of its image, their order, and the meaning of their samples."""

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
_OF_A_SET = ("ome", "mmstack", "ndtiff")  # tifffile's names of formats whose pages may be in other files, or missing


@dataclass(frozen=True)
class TiffLayout:
    """The image in a TIFF file: its pages as tifffile finds them, the order of its planes, its samples."""

    series: tifffile.TiffPageSeries
    order: PlaneOrder
    samples: Samples
    notes: tuple[str, ...]

    @property
    def page_count(self) -> int:
        """Return the number of pages according to the file's axes, chosen or not."""
        counted = (
            length for axis, length in zip(self.series.axes, self.series.shape, strict=True) if axis not in "YXS"
        )
        return int(np.prod(list(counted), dtype=np.int64))


def tiff_layout(file: tifffile.TiffFile, choice: Choice, where: str) -> TiffLayout:
    """Return the layout of the single image of an open TIFF.

    Raises ImageError naming `where` for several images, for planes that are missing or in other files, for several
    channels if none is chosen, and for unsupported colours.
    """
    if not file.series:
        raise ValueError("it has no pages")
    if len(file.series) != 1:
        raise ImageError(
            f"{where}: holds {len(file.series)} images; export one of them, or the frames of a movie as one stack"
        )
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
    notes += (*order.notes, *samples.notes, *doubts(keyframe, where))
    return TiffLayout(series, order, samples, notes)


def planar(page: tifffile.TiffPage) -> bool:
    """Return whether a page stores its samples as separate planes."""
    return bool(page.planarconfig == tifffile.PLANARCONFIG.SEPARATE and page.samplesperpixel > 1)


def channels_last(array: NDArray[Any], page: tifffile.TiffPage) -> NDArray[Any]:
    """Return the pixels of a page as (H, W) or (H, W, samples)."""
    return np.moveaxis(array, 0, -1) if planar(page) else array


def walk_pages(data: bytes | mmap, most: int | None = None) -> None:
    """Follow the linked list of pages; ValueError if it is cut off, where tifffile would return only the first pages.

    most: raise ValueError beyond this many pages; None for a user's own file, which may be a movie of any length.
    """
    # Header: byte order, 42 for TIFF or 43 for BigTIFF, offset of the first page. Each page ends with the next offset.
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
    """Return notes if the header states fewer planes than the file has; ImageError if it states more."""
    series, promised = file.series[0], found
    pages: Any = file.pages  # of TiffPage and TiffFrame, which have the same attributes
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


def doubts(page: tifffile.TiffPage, where: str) -> tuple[str, ...]:
    """Return notes on a page that may be read otherwise than it was meant: its colours and its orientation."""
    return (*_doubtful_colour(page, where), *_turned(page, where))


def _turned(page: tifffile.TiffPage, where: str) -> tuple[str, ...]:
    """Return a note for an image that viewers rotate: rows and columns are read as stored."""
    if page.tags.valueof("Orientation") in (None, 0, 1):
        return ()
    return (f"{where}: its tag Orientation asks viewers to turn it; rows and columns are read as they are stored",)


def _check_whole(series: tifffile.TiffPageSeries, lengths: list[int], where: str) -> None:
    """Raise ImageError for planes that are declared and missing, before anything is computed from the others."""
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


def _doubtful_colour(page: tifffile.TiffPage, where: str) -> tuple[str, ...]:
    """Return a note for 3 or 4 planes that tifffile may have tagged as colour because of their number alone."""
    if not page.is_shaped or not planar(page) or page.photometric != tifffile.PHOTOMETRIC.RGB:
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
