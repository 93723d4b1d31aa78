"""Split touching cells of a mask by watershed on the distance transform."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

CROSS = ndimage.generate_binary_structure(2, 1)


def split_touching(labels: NDArray[Any], depth_px: float) -> int:
    """Cut the instances of `labels`, (H, W) whole numbers, at their necks, in place; return the largest id.

    An instance hangs together over pixel sides.

    The distance of an instance's pixels to what is not the instance has a maximum in each of the cells that grew
    together. Two maxima are two cells when the saddle between them lies more than depth_px (> 0) below the lower one,
    and each pixel goes to one of them by watershed (Meyer 1994; maxima of that height: the h-maxima of Soille 2003).
    The edge of the image is no edge of a cell, that of a hole in it is. The cell whose maximum comes first in scan
    order keeps the id of its instance, the others follow after the largest id, so the dtype must hold more ids than
    there are. `labels` may be mapped: memory is that of the largest instance's bounding box, some 100 bytes per pixel.
    """
    found = ndimage.find_objects(labels) if labels.size else []
    largest = len(found)
    for label, box in enumerate(found, start=1):
        if box is None:
            continue
        here = labels[box]
        cut = _sides_at_the_edge(box, labels.shape)
        if not any(cut) and min(here.shape) + 1 <= 2 * depth_px:
            continue  # narrower than two cells that could be told apart: most specks, and each costs 50 µs
        parts, count = cells_of(np.asarray(here == label), depth_px, cut=cut)
        others = parts > 1
        here[others] = parts[others] + (largest - 1)
        largest += count - 1
    return largest


def cells_of(mask: NDArray[np.bool_], depth_px: float, *, cut: tuple[bool, bool, bool, bool]) -> tuple[Any, int]:
    """Return the cells of one instance's mask in its bounding box, (H, W) int32 1 … n in scan order, and n.

    cut: whether the top, bottom, left and right side of the box is the edge of the image.
    """
    from skimage.morphology import local_maxima, reconstruction
    from skimage.segmentation import watershed

    top, bottom, left, right = (0 if side else 1 for side in cut)
    padded = np.pad(mask, ((top, bottom), (left, right)))
    inside = (slice(top, top + mask.shape[0]), slice(left, left + mask.shape[1]))
    if padded.all():
        return mask.astype(np.int32), 1
    distance = ndimage.distance_transform_edt(padded)
    if distance.max() <= depth_px:
        return mask.astype(np.int32), 1
    levelled = reconstruction(distance - depth_px, distance, footprint=CROSS)
    seeds, count = ndimage.label(local_maxima(levelled, footprint=CROSS) & padded, CROSS)
    if count == 1:
        return mask.astype(np.int32), 1
    return watershed(-distance, seeds, connectivity=CROSS, mask=padded)[inside], count


def _sides_at_the_edge(box: tuple[slice, ...], shape: tuple[int, ...]) -> tuple[bool, bool, bool, bool]:
    rows, columns = box
    return rows.start == 0, rows.stop == shape[0], columns.start == 0, columns.stop == shape[1]
