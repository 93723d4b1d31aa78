"""A picture of an image with the outline of every object, by which a person sees at once whether they are right."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unetlib.imaging.planes import BinnedPlane, Readable, strips

LARGEST_SIDE_PX = 2048  # of a picture: an image with more pixels is shown smaller
SMALLEST_SIDE_PX = 512  # one with fewer is enlarged, so that an outline hides little of a small cell
GAP_PX = 8  # between pictures side by side
# Bright on any grey, and told apart by people who see no red or no green; neighbours in scan order differ.
COLOURS = np.array(
    [[255, 225, 25], [0, 200, 255], [255, 90, 160], [120, 255, 120], [255, 150, 40], [190, 150, 255]], np.uint8
)
DISPLAYED_PERCENTILES = (0.5, 99.5)  # black and white


def outlined(plane: Readable, labels: NDArray[Any]) -> NDArray[np.uint8]:
    """Return the picture (H', W', 3) of a plane (H, W) and its label image (H, W), which may be mapped files.

    Each object is outlined in a colour of its own, within its pixels. Memory: a strip of the plane and the picture.
    """
    longest, shortest = max(plane.shape), min(plane.shape)
    factor = -(-longest // LARGEST_SIDE_PX)
    times = max(1, min(SMALLEST_SIDE_PX // shortest, LARGEST_SIDE_PX // longest)) if factor == 1 else 1
    grey = _enlarged(_displayed(_reduced(plane, factor)), times)
    ids = _enlarged(np.asarray(labels[::factor, ::factor]), times)
    picture = np.repeat(grey[:, :, None], 3, axis=2)
    edge = outline_of(ids)
    picture[edge] = COLOURS[ids[edge].astype(np.int64) % len(COLOURS)]
    return picture


def outline_of(labels: NDArray[Any]) -> NDArray[np.bool_]:
    """Return the pixels of objects that have another id or background beside, above or below them."""
    edge = np.zeros(labels.shape, bool)
    down, across = labels[1:] != labels[:-1], labels[:, 1:] != labels[:, :-1]
    edge[1:] |= down
    edge[:-1] |= down
    edge[:, 1:] |= across
    edge[:, :-1] |= across
    return edge & (labels > 0)


def side_by_side(pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Return pictures of one size as one, with white between them."""
    gap = np.full((pictures[0].shape[0], GAP_PX, 3), 255, np.uint8)
    return np.concatenate([part for picture in pictures for part in (gap, picture)][1:], axis=1)


def _reduced(plane: Readable, factor: int) -> NDArray[np.float32]:
    """The means of factor × factor pixels, read strip by strip."""
    binned = BinnedPlane(plane, factor)
    found = np.empty(binned.shape, np.float32)
    for rows in strips(binned.shape, max(1, 2**21 // factor**2)):
        found[rows] = binned[rows, slice(None)]
    return found


def _displayed(grey: NDArray[np.float32]) -> NDArray[np.uint8]:
    low, high = np.percentile(grey, DISPLAYED_PERCENTILES)
    scale = high - low if high > low else 1.0
    return np.rint(np.clip((grey - low) / scale, 0, 1) * 255).astype(np.uint8)


def _enlarged(array: NDArray[Any], times: int) -> NDArray[Any]:
    return array if times == 1 else array.repeat(times, axis=0).repeat(times, axis=1)
