"""Planes that are read in parts, so that memory does not grow with their size: arrays, memory maps, binned planes."""

from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from unetlib.imaging.binning import bin_image, check_binning, upsample
from unetlib.io.wording import counted

STRIP_PX = 2**21  # pixels in a strip of a large plane: 8 MiB as float32


class PlaneError(ValueError):
    """A plane with values that cannot be used: which, where, and what to do."""


class Readable(Protocol):
    """A plane (H, W) that can be read in parts: an array, a memory map, `stacks.Plane`."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    def __getitem__(self, part: tuple[slice, slice], /) -> NDArray[Any]: ...


P = TypeVar("P", bound=Readable)


class BinnedPlane:
    """A plane that is binned as it is read, with the shape and values of `bin_image` of the whole plane."""

    def __init__(self, plane: Readable, factor: int) -> None:
        self.plane, self.factor = plane, check_binning(factor)
        self.shape = tuple(-(-side // factor) for side in plane.shape)

    def __getitem__(self, part: tuple[slice, slice], /) -> NDArray[Any]:
        """Return the rows and columns of the binned plane; slices without a step."""
        spans = (each.indices(side)[:2] for each, side in zip(part, self.shape, strict=True))
        rows, columns = (slice(start * self.factor, stop * self.factor) for start, stop in spans)
        return bin_image(self.plane[rows, columns], self.factor)


def upsample_rows(plane: NDArray[np.float32], factor: int, rows: slice, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return the given rows of `upsample(plane, factor, shape)`, bit for bit, without computing the others."""
    # One block more on each side: interpolation reaches into the neighbouring blocks.
    first = max(rows.start // factor - 1, 0)
    last = -(-rows.stop // factor) + 1
    part = upsample(plane[first:last], factor, ((min(last, plane.shape[0]) - first) * factor, shape[1]))
    return part[rows.start - first * factor : rows.stop - first * factor]


def strips(shape: tuple[int, ...], strip_px: int = STRIP_PX) -> list[slice]:
    """Return the rows of each strip of about strip_px pixels; a small plane is one strip.

    >>> strips((5, 10), strip_px=20)
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    rows = max(1, strip_px // max(shape[1], 1))
    return [slice(row, min(row + rows, shape[0])) for row in range(0, shape[0], rows)]


def copy_plane(plane: NDArray[Any], out: NDArray[Any]) -> None:
    """Write a plane (H, W) into another, strip by strip: either may be mapped."""
    for rows in strips(plane.shape):
        out[rows] = plane[rows]


def check_finite(plane: P, where: str, *, strip_px: int = STRIP_PX) -> P:
    """Return the plane; PlaneError naming `where` if it has NaN, infinity or values beyond float32."""
    for rows in strips(plane.shape, strip_px):
        part = plane[rows, :]
        if part.dtype.kind != "f":
            break
        with np.errstate(over="ignore"):
            bad = ~np.isfinite(part.astype(np.float32, copy=False))
        if bad.any():
            row, column = np.argwhere(bad)[0]
            count = counted(int(bad.sum()), "pixel")
            raise PlaneError(
                f"{where}: {count} with NaN, infinity or a value beyond float32, the first at row {rows.start + row}, "
                f"column {column}; repair the image"
            )
    return plane
