"""Interpret the axes of an image file: the order of its planes, and the axes on which one plane must be chosen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unetlib.io.wording import counted

UNNAMED = "QI"  # tifffile's letters for an axis that the file does not name; we assume time
# ASSUME: no microscope records more channels. tifffile writes an ImageJ stack without named axes as channels.
MOST_CHANNELS = 16
NAMES = {"T": "frame", "Z": "z plane", "C": "channel"}


class ImageError(ValueError):
    """An image file that cannot be read: which, why, and what to do."""


@dataclass(frozen=True)
class Choice:
    """Which planes to read from a file with several channels or z planes. channel and z count from 1, as in Fiji.

    frames_axis: the axis that counts frames (T, Z or C), for programs that write the wrong one.
    if_several: ignore the choice for an axis that the file does not have, instead of raising an error.
    """

    channel: int | None = None
    z: int | None = None
    frames_axis: str = "T"
    if_several: bool = False


EVERYTHING = Choice()


@dataclass(frozen=True)
class PlaneOrder:
    """The planes of a file in order. axes, lengths: "T" (5,), "TZ" (5, 3) or "" (); pages: the page of each plane."""

    axes: str
    lengths: tuple[int, ...]
    pages: NDArray[np.int64]
    notes: tuple[str, ...] = ()


def plane_order(axes: str, lengths: Sequence[int], choice: Choice, where: str) -> PlaneOrder:
    """Return the planes of a file whose pages are ordered by `axes` (tifffile's letters, without Y, X and S).

    Planes are ordered by time, then by depth, whatever the order in the file; an unnamed axis is assumed to be time.
    Raises ImageError naming `where` if there are several channels and none is chosen, if the chosen channel or z plane
    does not exist, and if an axis appears twice.

    >>> plane_order("ZT", (2, 3), Choice(), "a.tif").pages.tolist()
    [0, 3, 1, 4, 2, 5]
    >>> plane_order("TC", (3, 2), Choice(channel=2), "a.tif").pages.tolist()
    [1, 3, 5]
    """
    pages = np.arange(int(np.prod(lengths, dtype=np.int64)), dtype=np.int64).reshape(lengths)
    sizes = {axis: length for axis, length in zip(axes, lengths, strict=True) if length > 1}
    if len(set(axes)) < len(axes):
        raise ImageError(f"{where}: its axes are {axes}; export rows × columns, or a stack of them")
    pages = pages.reshape(list(sizes.values()))
    sizes, notes = _renamed(sizes, choice, where)
    names = "".join(sizes)
    for axis, number in (("C", choice.channel if sizes.get("C", 1) > 1 else None), ("Z", choice.z)):
        if number is None or (choice.if_several and axis not in sizes):
            continue
        if not 1 <= number <= sizes.get(axis, 1):
            raise ImageError(f"{where}: has {counted(sizes.get(axis, 1), NAMES[axis])}, no number {number}")
        if axis in sizes:
            pages = np.asarray(pages.take(number - 1, axis=names.index(axis)))
            names = names.replace(axis, "")
    if "C" in names:
        raise ImageError(no_channel(where, sizes["C"]))
    order = sorted(range(len(names)), key=lambda place: ("TZ".find(names[place]), place))
    pages = pages.transpose(order)
    return PlaneOrder("".join(names[place] for place in order), pages.shape, pages.ravel(), notes)


def no_channel(where: str, count: int, what: str = "channels") -> str:
    """Return the error message for a file with several channels of which none is chosen."""
    return f"{where}: has {count} {what}; choose one: --channel 1 to {count} (in a dataset's options: channel)"


def check_movie(axes: str, where: str) -> None:
    """Raise ImageError unless planes with these axes are frames in time.

    >>> check_movie("T", "a.tif")
    """
    if axes in ("", "T", *UNNAMED):
        return
    if axes == "Z":
        raise ImageError(
            f"{where}: its planes are a z-stack, not a movie; if they are frames in time, add --frames-axis Z"
        )
    if axes == "TZ":
        raise ImageError(f"{where}: has z planes in each frame; choose one: --z 1, 2, …")
    raise ImageError(f"{where}: its axes are {axes}; export one movie (time × rows × columns) per file")


def _renamed(sizes: Mapping[str, int], choice: Choice, where: str) -> tuple[dict[str, int], tuple[str, ...]]:
    """Return the axes with the one that counts frames renamed T, and notes for the user about it."""
    wanted = choice.frames_axis
    if wanted != "T" and not (choice.if_several and wanted not in sizes):
        if wanted not in sizes:
            raise ImageError(f"{where}: has no axis {wanted} that could count frames; its axes are {_shown(sizes)}")
        if "T" in sizes:
            raise ImageError(f"{where}: counts frames by T already; leave out --frames-axis, or choose with --z")
        return {"T" if axis == wanted else axis: length for axis, length in sizes.items()}, ()
    channels = sizes.get("C", 1)
    if channels > MOST_CHANNELS and not {"T", "Z"} & set(sizes) and choice.channel is None:
        note = f"{where}: its {channels} channels are taken for frames; no microscope has so many"
        return {"T" if axis == "C" else axis: length for axis, length in sizes.items()}, (note,)
    return dict(sizes), ()


def _shown(sizes: Mapping[str, int]) -> str:
    return ", ".join(f"{axis} ({length})" for axis, length in sizes.items()) or "rows and columns alone"
