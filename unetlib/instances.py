"""From a foreground probability to instances: connected components as the paper, or cut at their necks."""

import numpy as np
from scipy import ndimage

from unetlib.labels import LARGEST_ID, relabel
from unetlib.watershed import split_touching

CONNECTIVITIES = (4, 8)


class InstanceError(ValueError):
    """Settings of the post-processing that mean nothing."""


def instances_from_probability(
    probability: np.ndarray,
    *,
    threshold: float = 0.5,
    min_area_px: int = 0,
    watershed_depth_px: float = 0.0,
    connectivity: int = 4,
) -> np.ndarray:
    """Connected components of probability ≥ threshold, numbered 1…n in scan order; (H, W) uint16 or int32.

    watershed_depth_px > 0: components are cut at necks deeper than this (`watershed.split_touching`, which also
    says the order of the ids then). Instances under `min_area_px` pixels are dropped. 4-connectivity keeps instances
    apart that the 1-px gap of the training labels separates only diagonally.
    """
    if connectivity not in CONNECTIVITIES:
        raise InstanceError(f"connectivity is {connectivity}; set 4 (sides) or 8 (sides and corners)")
    if watershed_depth_px > 0 and connectivity != 4:
        raise InstanceError(f"connectivity is {connectivity}; a watershed cuts what hangs together over sides: set 4")
    structure = ndimage.generate_binary_structure(2, 1 if connectivity == 4 else 2)
    labels, count = ndimage.label(probability >= threshold, structure)
    if watershed_depth_px > 0:
        labels = drop_small(labels, min_area_px).astype(np.int32)  # their number may exceed 65535 after the cut
        count = split_touching(labels, watershed_depth_px)
    return drop_small(labels.astype(np.uint16 if count <= LARGEST_ID else np.int32), min_area_px)


def drop_small(labels: np.ndarray, min_area_px: int) -> np.ndarray:
    """The instances of at least `min_area_px` pixels, (H, W), renumbered 1…n in the order of their ids if any went."""
    if min_area_px > 1 and labels.any():
        small = np.bincount(labels.ravel()) < min_area_px
        small[0] = False
        if small[labels].any():
            return relabel(np.where(small[labels], labels.dtype.type(0), labels))
    return labels
