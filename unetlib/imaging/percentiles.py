"""Exact percentiles of a plane that is read in strips."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from unetlib.imaging.planes import Readable

BINS = 65536  # 16 of the 32 bits of a sort key


def percentiles_by_strip(plane: Readable, parts: Sequence[slice], wanted: Sequence[float]) -> tuple[float, ...]:
    """Return percentiles, interpolated as np.percentile does, of the values as float32.

    This is a radix selection in two passes over the strips: the first counts the upper 16 bits of every value's sort
    key, the second the lower 16 bits of the values whose upper bits are those of a wanted rank. The minimum is
    subtracted first from types that float32 cannot represent.
    """
    base = 0.0
    if np.promote_types(plane[:1, :1].dtype, np.float32) == np.float64:
        base = min(float(plane[rows, :].min()) for rows in parts)
    count = plane.shape[0] * plane.shape[1]
    positions = [(count - 1) * share / 100 for share in wanted]
    # np.percentile interpolates between the two order statistics around a position, so both ranks are needed.
    ranks = sorted({rank for position in positions for rank in (int(position), min(int(position) + 1, count - 1))})
    high = np.zeros(BINS, np.int64)
    for keys in _sort_keys(plane, parts, base):
        high += np.bincount(keys >> 16, minlength=BINS)
    bins = np.searchsorted(np.cumsum(high), ranks, side="right")
    low = {int(chosen): np.zeros(BINS, np.int64) for chosen in bins}
    for keys in _sort_keys(plane, parts, base):
        for chosen, counts in low.items():
            counts += np.bincount(keys[keys >> 16 == chosen] & (BINS - 1), minlength=BINS)
    before = np.cumsum(high) - high
    values = {}
    for rank, chosen in zip(ranks, bins.tolist(), strict=True):
        digit = np.searchsorted(np.cumsum(low[chosen]), rank - before[chosen], side="right")
        values[rank] = _value_of(chosen << 16 | int(digit))
    found = []
    for position in positions:
        first, share = int(position), position - int(position)
        second = min(first + 1, count - 1)
        found.append(base + values[first] + (values[second] - values[first]) * share)
    return tuple(found)


def _sort_keys(plane: Readable, parts: Sequence[slice], base: float) -> Iterator[NDArray[np.int64]]:
    """Yield integers that sort as the values minus base do.

    The bits of positive floats sort as integers once the sign bit is set; those of negative ones, once all are flipped.
    """
    for rows in parts:
        values = plane[rows, :] - base if base else plane[rows, :]
        bits = np.ascontiguousarray(values, np.float32).ravel().view(np.uint32)
        yield np.where(bits >> 31, ~bits, bits | np.uint32(1 << 31)).astype(np.int64)


def _value_of(key: int) -> float:
    bits = key & 0x7FFFFFFF if key >> 31 else ~key & 0xFFFFFFFF
    return float(np.array(bits, np.uint32).view(np.float32))
