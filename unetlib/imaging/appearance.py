"""What an image looks like in a few numbers, so that images can be compared with those that trained a network."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from unetlib.imaging.normalisation import largest_grey
from unetlib.imaging.percentiles import percentiles_by_strip
from unetlib.imaging.planes import STRIP_PX, PlaneError, Readable, strips


def grey_skew(plane: Readable, *, strip_px: int = STRIP_PX) -> float:
    """Return (mean − median) / standard deviation of the grey values, −1 … 1; 0 where they are all equal.

    Few bright pixels on a dark ground make it positive, few dark ones on a bright ground negative. Memory: a strip.
    """
    parts = strips(plane.shape, strip_px)
    count = plane.shape[0] * plane.shape[1]
    base = float(plane[:1, :1][0, 0])  # of values far from 0, whose squares would lose their digits
    total, squares = 0.0, 0.0
    for rows in parts:
        excess = plane[rows, :].astype(np.float64) - base
        total += float(excess.sum())
        squares += float(np.square(excess).sum())
    mean = total / count
    deviation = float(np.sqrt(max(squares / count - mean**2, 0.0)))
    (median,) = percentiles_by_strip(plane, parts, [50])
    return (base + mean - median) / deviation if deviation > 0 else 0.0


def foreground_share(labels: NDArray[Any], *, strip_px: int = STRIP_PX) -> float:
    """Return the share of the pixels of a label image (H, W) that are in objects; it may be a mapped file."""
    parts = strips(labels.shape, strip_px)
    return sum(int(np.count_nonzero(labels[rows])) for rows in parts) / max(labels.size, 1)


def full_scale(plane: Readable) -> float | None:
    """Return the grey value that stands for white by the pixel type (`largest_grey`); None where nothing says it."""
    try:
        return largest_grey(plane)
    except PlaneError:
        return None


def median_diameter_px(labels: NDArray[Any]) -> float | None:
    """Return the median diameter of the objects, each taken as a disc of its area; None where there is none."""
    areas = np.bincount(labels.ravel())[1:]
    areas = areas[areas > 0]
    return float(np.median(2 * np.sqrt(areas / np.pi))) if areas.size else None
