"""Split touching cells of a mask by watershed on the distance transform."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

CROSS = ndimage.generate_binary_structure(2, 1)
Box = tuple[slice, slice]


def split_touching(labels: NDArray[Any], depth_px: float) -> int:
    """Cut the instances of `labels`, (H, W) whole numbers, at their necks, in place; return the largest id.

    Instances are 4-connected. The distance to the outside of an instance has a maximum in each of its touching cells.
    Two maxima are two cells if the saddle between them lies more than depth_px (> 0) below the lower one (the h-maxima
    of Soille 2003); a watershed assigns each pixel to one of them (Meyer 1994). The edge of the image does not count as
    the edge of a cell, that of a hole in the instance does. The cell whose maximum comes first in scan order keeps the
    id of the instance; the others get ids after the largest, so the dtype needs room for more ids. `labels` may be
    memory-mapped: memory is about 100 bytes per pixel of the largest instance's bounding box.
    """

    def cells(box: Box, mask: NDArray[np.bool_]) -> tuple[Any, int]:
        cut = _sides_at_the_edge(box, labels.shape)
        if not any(cut) and min(mask.shape) + 1 <= 2 * depth_px:
            return mask, 1  # too narrow for two maxima depth_px above a saddle: skips most specks, 50 µs each
        return cells_of(mask, depth_px, cut=cut)

    return cut_instances(labels, cells)


def cut_instances(labels: NDArray[Any], cells: Callable[[Box, NDArray[np.bool_]], tuple[Any, int]]) -> int:
    """Cut each instance of `labels`, (H, W) whole numbers, into its cells, in place; return the largest id.

    cells: returns the cells of an instance, given its bounding box and its mask in it: 1 … n in scan order, and n. The
    first cell keeps the id of the instance, the others follow after the largest id.
    """
    found = ndimage.find_objects(labels) if labels.size else []
    largest = len(found)
    for label, box in enumerate(found, start=1):
        if box is None:
            continue
        here = labels[box]
        parts, count = cells(box, np.asarray(here == label))
        if count > 1:
            others = parts > 1
            here[others] = parts[others] + (largest - 1)
            largest += count - 1
    return largest


def maxima(height: NDArray[Any], depth: float, mask: NDArray[np.bool_]) -> tuple[NDArray[np.int32], int]:
    """Return the maxima in the mask that stand out by more than depth: (H, W) int32 1 … n in scan order, and n.

    Reconstruction from the lowered height flattens every maximum that rises less (the h-maxima of Soille 2003).
    """
    from skimage.morphology import local_maxima, reconstruction

    levelled = reconstruction(height - depth, height, footprint=CROSS)
    seeds, count = ndimage.label(local_maxima(levelled, footprint=CROSS) & mask, CROSS)
    return seeds, count


def cells_of(mask: NDArray[np.bool_], depth_px: float, *, cut: tuple[bool, bool, bool, bool]) -> tuple[Any, int]:
    """Return the cells of one instance, given as a mask in its bounding box: (H, W) int32 1 … n in scan order, and n.

    cut: whether the top, bottom, left and right side of the box is an edge of the image.
    """
    from skimage.segmentation import watershed

    # A margin of background makes the box's sides edges of the cell, except where the image cuts the cell off.
    top, bottom, left, right = (0 if side else 1 for side in cut)
    padded = np.pad(mask, ((top, bottom), (left, right)))
    inside = (slice(top, top + mask.shape[0]), slice(left, left + mask.shape[1]))
    if padded.all():
        return mask.astype(np.int32), 1
    distance = ndimage.distance_transform_edt(padded)
    if distance.max() <= depth_px:
        return mask.astype(np.int32), 1
    seeds, count = maxima(distance, depth_px, padded)
    if count == 1:
        return mask.astype(np.int32), 1
    return watershed(-distance, seeds, connectivity=CROSS, mask=padded)[inside], count


def _sides_at_the_edge(box: Box, shape: tuple[int, ...]) -> tuple[bool, bool, bool, bool]:
    rows, columns = box
    return rows.start == 0, rows.stop == shape[0], columns.start == 0, columns.stop == shape[1]
