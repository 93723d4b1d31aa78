"""The normalisation of its grey values that makes an image what every network sees."""

import numpy as np
from numpy.typing import NDArray

METHODS = ("zscore", "percentile", "none")


def statistics(image: NDArray, method: str) -> tuple[float, float]:
    """Return (offset, scale): the normalised image is (image − offset) / scale.

    zscore: mean and standard deviation. percentile: the 1st percentile and its distance to the 99.8th.
    none: 0 and 1. A constant image has scale 1, so that it normalises to zeros.
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


def centred(image: NDArray, offset: float, scale: float) -> NDArray[np.float32]:
    """Return (image − offset) / scale as float32.

    Values that float32 does not hold (32-bit integers, float64) are subtracted in float64: on a pedestal of a billion
    they would be rounded to steps of 64.
    """
    if np.promote_types(image.dtype, np.float32) == np.float64:
        image, offset = image.astype(np.float64) - offset, 0.0
    return (image.astype(np.float32) - np.float32(offset)) / np.float32(scale)


def normalise(image: NDArray, method: str = "zscore") -> NDArray[np.float32]:
    """Return the image, (H, W), as float32 on the scale of `statistics`."""
    return centred(image, *statistics(image, method))
