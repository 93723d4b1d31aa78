"""Split components where a network has found the middles of several cells, by a watershed from these seeds.

A network with distance targets predicts the height of a pixel: its distance to the cell's edge less that to the
neighbour, 1 in the middle of a cell, 0 at its edge and where cells touch (`distance_targets`).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from unetlib.imaging.planes import Readable
from unetlib.imaging.watershed import CROSS, Box, cut_instances, maxima

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

    def cells(box: Box, mask: NDArray[np.bool_]) -> tuple[Any, int]:
        smooth = smoothed(height, box, smoothing_px)
        outside = smooth[mask].min() - 2 * depth - 1  # lower than all that is inside, also when lowered by depth
        seeds, count = maxima(np.where(mask, smooth.astype(np.float64), outside), depth, mask)
        return (watershed(-smooth, seeds, connectivity=CROSS, mask=mask), count) if count > 1 else (mask, 1)

    return cut_instances(labels, cells)


def smoothed(plane: Readable, box: Box, sigma_px: float) -> NDArray[np.float32]:
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
