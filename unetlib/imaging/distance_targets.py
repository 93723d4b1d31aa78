"""Distances within each cell, which a network is taught beside the foreground to tell cells apart (scherr2020).

cell       the distance of a pixel to what is not its instance, over the largest of that instance: 1 in its middle
neighbour  (1 − (d − 1) / r)³, d: the distance to the nearest other instance, r: the instance's largest distance to its
           edge; 1 where another instance touches, 0 from a distance of r + 1 on

Both are 0 on background. The edge of the image is no edge of a cell.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from unetlib.imaging.labels import boxes

EXPONENT = 3  # of the neighbour distance, as in scherr2020
LEVELS = 255  # a distance x is stored as round(255·x)


def distance_targets(labels: NDArray[np.integer]) -> NDArray[np.float32]:
    """Return the distances of instances, (2, H, W) float32 in 0 … 1: cell and neighbour.

    `labels` as they are, not separated: where cells touch, the neighbour distance is 1. Each instance is measured in
    its own box.
    """
    cell, neighbour = found = np.zeros((2, *labels.shape), np.float32)
    for label, (top, bottom, left, right) in zip(*boxes(labels), strict=True):
        box = slice(top, bottom), slice(left, right)
        mask = labels[box] == label
        distance = _to_the_edge(mask, (top, left), (bottom, right), labels.shape)
        largest = distance.max()
        cell[box][mask] = (distance / largest)[mask]
        reach = int(np.ceil(largest)) + 1
        around = slice(max(top - reach, 0), bottom + reach), slice(max(left - reach, 0), right + reach)
        others = (labels[around] > 0) & (labels[around] != label)
        if not others.any():
            continue
        row, column = top - around[0].start, left - around[1].start
        apart = ndimage.distance_transform_edt(~others)[row : row + mask.shape[0], column : column + mask.shape[1]]
        near = np.clip(1 - (apart - 1) / largest, 0, 1) ** EXPONENT
        neighbour[box][mask] = near[mask]
    return found


def _to_the_edge(
    mask: NDArray[np.bool_], first: tuple[int, int], end: tuple[int, int], shape: tuple[int, ...]
) -> NDArray[np.float64]:
    """The distance of an instance's pixels, in its box, to what is not the instance; 1 where that is nowhere."""
    around = [
        (int(start > 0), int(stop < side)) for start, stop, side in zip(first, end, shape, strict=True)
    ]  # beyond the box is no pixel of it, beyond the image nothing
    padded = np.pad(mask, around)
    if padded.all():
        return np.ones(mask.shape)
    inside = tuple(slice(before, before + side) for (before, _), side in zip(around, mask.shape, strict=True))
    return np.asarray(ndimage.distance_transform_edt(padded)[inside])


def stored(distances: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return distances as they are kept, uint8."""
    return np.rint(distances * LEVELS).astype(np.uint8)


def restored(distances: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return stored distances in 0 … 1."""
    return distances.astype(np.float32) / np.float32(LEVELS)
