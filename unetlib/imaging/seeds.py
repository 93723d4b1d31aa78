"""Split components where a network has found the middles of several cells, by a watershed from these seeds.

A network with distance targets predicts the height of a pixel: its distance to the cell's edge less that to the
neighbour, 1 in the middle of a cell, 0 at its edge and where cells touch (`distance_targets`).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from unetlib.imaging.planes import Readable
from unetlib.imaging.watershed import CROSS

TRUNCATE = 4.0  # of the smoothing, in its standard deviations


def split_by_seeds(labels: NDArray[Any], height: Readable, *, depth: float, smoothing_px: float) -> int:
    """Cut the instances of `labels`, (H, W) whole numbers, that hold several seeds, in place; return the largest id.

    A seed is a maximum of the smoothed height within the instance. Two maxima are two seeds if the saddle between them
    lies more than depth (> 0) below the lower one (the h-maxima of Soille 2003): a fixed height would miss the cells
    of a network that has learned little and predicts the mean. Each pixel goes to one of the seeds by watershed, down
    from them (Meyer 1994). An instance with one seed stays whole. The first seed in scan order keeps the id of its
    instance, the others follow after the largest id, so the dtype must hold more ids than there are. Both planes may be
    mapped: memory is that of the largest instance's bounding box.
    """
    from skimage.segmentation import watershed

    found = ndimage.find_objects(labels) if labels.size else []
    largest = len(found)
    for label, box in enumerate(found, start=1):
        if box is None:
            continue
        here = labels[box]
        mask = np.asarray(here == label)
        smooth = smoothed(height, box, smoothing_px)
        seeds, count = _maxima(smooth, mask, depth)
        if count < 2:
            continue
        parts = watershed(-smooth, seeds, connectivity=CROSS, mask=mask)
        others = parts > 1
        here[others] = parts[others] + (largest - 1)
        largest += count - 1
    return largest


def _maxima(height: NDArray[np.float32], mask: NDArray[np.bool_], depth: float) -> tuple[NDArray[np.int32], int]:
    """Return the maxima inside the mask that stand out by more than depth: (H, W) int32 1 … n in scan order, and n."""
    from skimage.morphology import local_maxima, reconstruction

    outside = height[mask].min() - 2 * depth - 1  # lower than all that is inside, also when lowered by depth
    inside = np.where(mask, height.astype(np.float64), outside)
    # Reconstruction from the lowered height flattens every maximum that rises less than depth.
    levelled = reconstruction(inside - depth, inside, footprint=CROSS)
    seeds, count = ndimage.label(local_maxima(levelled, footprint=CROSS) & mask, CROSS)
    return seeds, count


def smoothed(plane: Readable, box: tuple[slice, slice], sigma_px: float) -> NDArray[np.float32]:
    """Return a box of a plane (H, W) as a Gaussian filter of the whole plane leaves it; only what counts is read."""
    if sigma_px == 0:
        return np.asarray(plane[box], np.float32)
    margin = int(TRUNCATE * sigma_px + 0.5)
    around = slice(max(box[0].start - margin, 0), box[0].stop + margin)
    beside = slice(max(box[1].start - margin, 0), box[1].stop + margin)
    whole = ndimage.gaussian_filter(
        np.asarray(plane[around, beside], np.float32), sigma_px, mode="nearest", truncate=TRUNCATE
    )
    row, column = box[0].start - around.start, box[1].start - beside.start
    return np.asarray(whole[row : row + box[0].stop - box[0].start, column : column + box[1].stop - box[1].start])
