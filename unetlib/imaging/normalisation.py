"""Normalisation of the grey values of each image, applied to the input of every network."""

import numpy as np
from numpy.typing import NDArray

METHODS = ("zscore", "percentile", "none")


def statistics(image: NDArray, method: str) -> tuple[float, float]:
    """Return (offset, scale): the normalised image is (image − offset) / scale.

    zscore: mean and standard deviation. percentile: the 1st percentile and its distance to the 99.8th.
    none: 0 and 1. A constant image has scale 1, so that it is normalised to zeros.
    """
    if method not in METHODS:
        raise ValueError(f"normalisation {method!r} is not one of {', '.join(METHODS)}")
    if method == "none":
        return 0.0, 1.0
    if method == "zscore":
        offset, scale = float(image.mean(dtype=np.float64)), float(image.std(dtype=np.float64))
    else:
        low, high = np.percentile(image, (1.0, 99.8))
        offset, scale = float(low), float(high - low)
    return offset, scale if scale > 0 else 1.0


def normalise(image: NDArray, method: str = "zscore") -> NDArray[np.float32]:
    """Return the normalised image, (H, W) float32, by `statistics`."""
    offset, scale = statistics(image, method)
    return (image.astype(np.float32) - np.float32(offset)) / np.float32(scale)
