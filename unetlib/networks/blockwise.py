"""Large planes in strips of rows, so that memory does not grow with them: grey-value statistics and instances."""

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from unetlib.imaging import normalisation
from unetlib.imaging.binning import bin_image, check_binning, upsample
from unetlib.imaging.instances import split_touching

WHOLE_PX = 2**24  # a plane up to this size is one piece for its statistics, as in a study
STRIP_PX = 2**21  # pixels of one strip of a larger one: 8 MiB as float32


class StripError(ValueError):
    """A plane that nothing can be computed from."""


class Readable(Protocol):
    """A plane (H, W) that is read in parts: an array, a memory map, `pages.Plane`."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    def __getitem__(self, part: tuple[slice, slice], /) -> NDArray[Any]: ...


class Binned:
    """A plane (H, W) that is read in parts, binned: shape and parts are those of `binned` of the whole."""

    def __init__(self, plane: Readable, factor: int) -> None:
        self.plane, self.factor = plane, check_binning(factor)
        self.shape = tuple(-(-side // factor) for side in plane.shape)

    def __getitem__(self, part: tuple[slice, slice], /) -> NDArray[Any]:
        """Return the rows and columns of the binned plane; slices without a step."""
        spans = (each.indices(side)[:2] for each, side in zip(part, self.shape, strict=True))
        rows, columns = (slice(start * self.factor, stop * self.factor) for start, stop in spans)
        return bin_image(self.plane[rows, columns], self.factor)


def enlarge_rows(plane: NDArray[np.float32], factor: int, rows: slice, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return these rows of `enlarged(plane, factor, shape)` without the others, to the bit."""
    first = max(rows.start // factor - 1, 0)
    last = -(-rows.stop // factor) + 1
    part = upsample(plane[first:last], factor, ((min(last, plane.shape[0]) - first) * factor, shape[1]))
    return part[rows.start - first * factor : rows.stop - first * factor]


def strips(shape: tuple[int, ...], strip_px: int = STRIP_PX) -> list[slice]:
    """Return the rows of each strip; a small plane is one strip.

    >>> strips((5, 10), strip_px=20)
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    rows = max(1, strip_px // max(shape[1], 1))
    return [slice(row, min(row + rows, shape[0])) for row in range(0, shape[0], rows)]


def blockwise_statistics(
    plane: Readable, method: str, where: str, *, whole_px: int = WHOLE_PX, strip_px: int = STRIP_PX
) -> tuple[float, float]:
    """Return (offset, scale) as `normalisation.statistics`, to the bit up to whole_px pixels, else strip by strip.

    StripError naming `where` for NaN, infinity and for values beyond float32.
    """
    parts = strips(plane.shape, strip_px)
    for rows in parts:
        _check_finite(plane[rows, :], rows.start, where)
    count = plane.shape[0] * plane.shape[1]
    if count <= whole_px or method not in ("zscore", "percentile"):
        return normalisation.statistics(plane[: plane.shape[0] if count <= whole_px else 1, :], method)
    if method == "zscore":
        offset = sum(float(plane[rows, :].sum(dtype=np.float64)) for rows in parts) / count
        squares = sum(float(np.square(plane[rows, :] - np.float64(offset)).sum()) for rows in parts)
        scale = float(np.sqrt(squares / count))
    else:
        low, high = _percentiles(plane, parts, (1.0, 99.8))
        offset, scale = low, high - low
    return offset, scale if scale > 0 else 1.0


def label_blockwise(
    probability: Readable,
    out: NDArray[np.uint32],
    *,
    threshold: float,
    min_area_px: int,
    watershed_depth_px: float = 0.0,
    strip_px: int = STRIP_PX,
) -> int:
    """Write the instances of a plane into `out` (H, W) and return their number.

    The same ids as `instances.instances_from_probability` with 4-connectivity. Memory: a strip, and 50 bytes per
    component before the small ones are dropped; with watershed_depth_px > 0 what the largest component takes
    (`watershed.split_touching`).
    """
    if watershed_depth_px > 0:
        label_blockwise(probability, out, threshold=threshold, min_area_px=min_area_px, strip_px=strip_px)
        count = split_touching(out, watershed_depth_px)
        return _drop_small(out, count, min_area_px, strips(out.shape, strip_px))
    parts = strips(probability.shape, strip_px)
    areas: list[NDArray[np.int64]] = [np.zeros(1, np.int64)]
    joined: list[NDArray[np.int64]] = []
    count = 0
    for rows in parts:
        found, here = ndimage.label(probability[rows, :] >= threshold)
        areas.append(np.bincount(found.ravel(), minlength=here + 1)[1:])
        found[found > 0] += count
        if rows.start:
            above, below = out[rows.start - 1].astype(np.int64), found[0].astype(np.int64)
            touching = (above > 0) & (below > 0)
            joined.append(np.unique(np.stack([above[touching], below[touching]], axis=1), axis=0))
        out[rows] = found
        count += here
    ids, kept = _final_ids(np.concatenate(areas), joined, min_area_px)
    for rows in parts:
        out[rows] = ids[out[rows]]
    return kept


def _drop_small(out: NDArray[np.uint32], count: int, min_area_px: int, parts: list[slice]) -> int:
    """Renumber the instances 1 … count of `out` that have this area, in place, and return how many they are."""
    areas = np.zeros(count + 1, np.int64)
    for rows in parts:
        areas += np.bincount(out[rows].ravel(), minlength=count + 1)
    ids, kept = _final_ids(areas, [], min_area_px)
    for rows in parts:
        out[rows] = ids[out[rows]]
    return kept


def _final_ids(
    areas: NDArray[np.int64], joined: list[NDArray[np.int64]], min_area_px: int
) -> tuple[NDArray[np.uint32], int]:
    """The id of each provisional id, and their number: parts joined, the small ones 0, in scan order."""
    root: dict[int, int] = {}  # of those that were joined to a smaller id

    def find(node: int) -> int:
        while node in root:
            root[node] = root.get(root[node], root[node])
            node = root[node]
        return node

    for pairs in joined:
        for above, below in pairs.tolist():
            first, second = sorted((find(above), find(below)))
            if first != second:
                root[second] = first  # the smaller one comes first in scan order
    roots = np.arange(len(areas))
    roots[list(root)] = [find(node) for node in list(root)]
    total = np.bincount(roots, weights=areas, minlength=len(areas))
    keep = (roots == np.arange(len(roots))) & (total >= max(min_area_px, 1))
    keep[0] = False
    return (np.cumsum(keep) * keep)[roots].astype(np.uint32), int(keep.sum())


def _check_finite(part: NDArray[Any], first_row: int, where: str) -> None:
    if part.dtype.kind != "f":
        return
    with np.errstate(over="ignore"):
        bad = ~np.isfinite(part.astype(np.float32, copy=False))
    if bad.any():
        row, column = np.argwhere(bad)[0]
        raise StripError(
            f"{where}: {int(bad.sum())} pixels are NaN, infinite or beyond float32, the first at row "
            f"{first_row + row}, column {column}; repair the image"
        )


def _percentiles(plane: Readable, parts: list[slice], wanted: tuple[float, ...]) -> tuple[float, ...]:
    """Percentiles as np.percentile interpolates them, of the values as float32, in two passes of 65536 counts.

    Of values that float32 does not hold, what they exceed their smallest by is counted.
    """
    base = 0.0
    if np.promote_types(plane[:1, :1].dtype, np.float32) == np.float64:
        base = min(float(plane[rows, :].min()) for rows in parts)
    count = plane.shape[0] * plane.shape[1]
    positions = [(count - 1) * share / 100 for share in wanted]
    ranks = sorted({rank for position in positions for rank in (int(position), min(int(position) + 1, count - 1))})
    high = np.zeros(65536, np.int64)
    for keys in _keys(plane, parts, base):
        high += np.bincount(keys >> 16, minlength=65536)
    bins = np.searchsorted(np.cumsum(high), ranks, side="right")
    low = {int(chosen): np.zeros(65536, np.int64) for chosen in bins}
    for keys in _keys(plane, parts, base):
        for chosen, counts in low.items():
            counts += np.bincount(keys[keys >> 16 == chosen] & 65535, minlength=65536)
    before = np.cumsum(high) - high
    values = {}
    for rank, chosen in zip(ranks, bins.tolist(), strict=True):
        digit = np.searchsorted(np.cumsum(low[chosen]), rank - before[chosen], side="right")
        values[rank] = _value(chosen << 16 | int(digit))
    found = []
    for position in positions:
        first, share = int(position), position - int(position)
        second = min(first + 1, count - 1)
        found.append(base + values[first] + (values[second] - values[first]) * share)
    return tuple(found)


def _keys(plane: Readable, parts: list[slice], base: float) -> Iterator[NDArray[np.int64]]:
    """Integers that sort as the values above base: bits of float32, all flipped below zero, else the sign bit."""
    for rows in parts:
        values = plane[rows, :] - base if base else plane[rows, :]
        bits = np.ascontiguousarray(values, np.float32).ravel().view(np.uint32)
        yield np.where(bits >> 31, ~bits, bits | np.uint32(1 << 31)).astype(np.int64)


def _value(key: int) -> float:
    bits = key & 0x7FFFFFFF if key >> 31 else ~key & 0xFFFFFFFF
    return float(np.array(bits, np.uint32).view(np.float32))
