"""Instances from a foreground probability: connected components as in the paper, or split by watershed."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from unetlib.imaging.labels import LARGEST_ID, relabel

CONNECTIVITIES = (4, 8)


class InstanceError(ValueError):
    """Invalid settings of the post-processing."""


def instances_from_probability(
    probability: np.ndarray,
    *,
    threshold: float = 0.5,
    min_area_px: int = 0,
    watershed_depth_px: float = 0.0,
    connectivity: int = 4,
) -> np.ndarray:
    """Return the connected components of probability ≥ threshold, numbered 1…n in scan order; (H, W) uint16 or int32.

    watershed_depth_px > 0: components are split at necks deeper than this (`split_touching`, which also defines the
    order of the ids). Instances under `min_area_px` pixels are removed. 4-connectivity separates instances that the
    1-px gap of the training labels separates only diagonally.
    """
    if connectivity not in CONNECTIVITIES:
        raise InstanceError(f"connectivity is {connectivity}; set 4 (sides) or 8 (sides and corners)")
    if watershed_depth_px > 0 and connectivity != 4:
        raise InstanceError(
            f"connectivity is {connectivity}; a watershed splits components that are connected over sides: set 4"
        )
    structure = ndimage.generate_binary_structure(2, 1 if connectivity == 4 else 2)
    labels, count = ndimage.label(probability >= threshold, structure)
    if watershed_depth_px > 0:
        labels = remove_small(labels, min_area_px).astype(np.int32)  # splitting may give more than 65535 instances
        count = split_touching(labels, watershed_depth_px)
    return remove_small(labels.astype(np.uint16 if count <= LARGEST_ID else np.int32), min_area_px)


def remove_small(labels: np.ndarray, min_area_px: int) -> np.ndarray:
    """Return the instances of at least `min_area_px` pixels, (H, W), renumbered 1…n in order if any were removed."""
    if min_area_px > 1 and labels.any():
        small = np.bincount(labels.ravel()) < min_area_px
        small[0] = False
        if small[labels].any():
            return relabel(np.where(small[labels], labels.dtype.type(0), labels))
    return labels


CROSS = ndimage.generate_binary_structure(2, 1)


def split_touching(labels: NDArray[Any], depth_px: float) -> int:
    """Split touching cells of `labels`, (H, W) integers, in place by watershed on the distance transform.

    Returns the largest id. An instance is connected over pixel sides.

    The distance of an instance's pixels to the outside has a maximum in each of the touching cells. Two maxima are two
    cells when the saddle between them lies more than depth_px (> 0) below the lower one, and each pixel goes to one of
    them by watershed (Meyer 1994; such maxima are the h-maxima of Soille 2003). The edge of the image is not the edge
    of a cell, the edge of a hole is. The cell whose maximum comes first in scan order keeps the id of its instance; the
    others get ids after the largest one, so the dtype must hold more ids than there are instances. `labels` may be
    memory-mapped: memory is that of the largest instance's bounding box, some 100 bytes per pixel.
    """
    found = ndimage.find_objects(labels) if labels.size else []
    largest = len(found)
    for label, box in enumerate(found, start=1):
        if box is None:
            continue
        here = labels[box]
        cut = _sides_at_the_edge(box, labels.shape)
        if not any(cut) and min(here.shape) + 1 <= 2 * depth_px:
            continue  # too narrow for two cells: most specks, and each would cost 50 µs
        parts, count = cells_of(np.asarray(here == label), depth_px, cut=cut)
        others = parts > 1
        here[others] = parts[others] + (largest - 1)
        largest += count - 1
    return largest


def cells_of(mask: NDArray[np.bool_], depth_px: float, *, cut: tuple[bool, bool, bool, bool]) -> tuple[Any, int]:
    """Return the cells of one instance's mask in its bounding box, (H, W) int32 1 … n in scan order, and n.

    cut: whether the top, bottom, left and right side of the box lies on the edge of the image.
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
