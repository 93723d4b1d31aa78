"""The size of the objects in an image, and images brought to a size at which their objects have a given one."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from unetlib.imaging.resampling import resample

FACTORS = (1 / 8, 4.0)  # an image is never made smaller or larger than that, whatever its objects seem to be


def object_diameter(labels: NDArray[np.integer]) -> float | None:
    """Return the median diameter of the instances in px, of a disc of equal area each; None where there is none."""
    areas = np.bincount(labels.ravel())[1:]
    areas = areas[areas > 0]
    return float(np.median(2 * np.sqrt(areas / np.pi))) if len(areas) else None


def size_factor(wanted_px: float, diameter_px: float) -> float:
    """Return by how much an image is enlarged so that objects of diameter_px have wanted_px, within FACTORS."""
    return float(np.clip(wanted_px / diameter_px, *FACTORS))


def shape_at(shape: tuple[int, ...], factor: float) -> tuple[int, int]:
    """Return the rows and columns of an image (H, W) enlarged by this factor."""
    height, width = (max(1, round(side * factor)) for side in shape)
    return height, width


def resized_image(image: NDArray[Any], shape: tuple[int, int]) -> NDArray[Any]:
    """Return an image (H, W) at another size, of its own dtype: integers are rounded."""
    if image.shape == shape:
        return image
    found = np.empty(shape, np.float64)
    resample(image, found)
    return (found if image.dtype.kind == "f" else np.rint(found)).astype(image.dtype)


def resized_labels(labels: NDArray[Any], shape: tuple[int, int]) -> NDArray[Any]:
    """Return labels or a mask (H, W) at another size: each pixel is the one that its centre lies in."""
    places = (
        np.minimum(((np.arange(new) + 0.5) * old / new).astype(np.int64), old - 1)
        for new, old in zip(shape, labels.shape, strict=True)
    )
    return labels[np.ix_(*places)]


def resized_planes(planes: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return what a network gives, (H, W) or (N, H, W), at another size (H', W')."""
    found = np.empty((*planes.shape[:-2], *shape), np.float32)
    for old, new in zip(planes.reshape(-1, *planes.shape[-2:]), found.reshape(-1, *shape), strict=True):
        resample(old, new)
    return found
