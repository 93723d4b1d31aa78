"""Normalisation of the grey values of each image, applied to the input of every network."""

import numpy as np
from numpy.typing import NDArray

from unetlib.imaging.percentiles import percentiles_by_strip
from unetlib.imaging.planes import STRIP_PX, Readable, strips
from unetlib.imaging.settings import Normalisation

WHOLE_PX = 2**24  # a plane up to this size is read as one piece
PERCENTILES = (1.0, 99.8)


def statistics(
    plane: Readable, method: Normalisation, *, whole_px: int = WHOLE_PX, strip_px: int = STRIP_PX
) -> tuple[float, float]:
    """Return (offset, scale) of a plane (H, W): the normalised plane is (plane − offset) / scale.

    zscore: mean and standard deviation. percentile: the 1st percentile and its distance to the 99.8th.
    none: 0 and 1. A constant plane has scale 1, so that it is normalised to zeros.
    A plane of more than whole_px pixels is read strip by strip, which changes the rounding of mean and deviation.
    """
    if method == "none":
        return 0.0, 1.0
    count = plane.shape[0] * plane.shape[1]
    if count <= whole_px:
        whole = plane[: plane.shape[0], :]
        if method == "zscore":
            offset, scale = float(whole.mean(dtype=np.float64)), float(whole.std(dtype=np.float64))
        else:
            low, high = np.percentile(whole, PERCENTILES)
            offset, scale = float(low), float(high - low)
        return offset, scale if scale > 0 else 1.0
    parts = strips(plane.shape, strip_px)
    if method == "zscore":
        offset = sum(float(plane[rows, :].sum(dtype=np.float64)) for rows in parts) / count
        squares = sum(float(np.square(plane[rows, :] - np.float64(offset)).sum()) for rows in parts)
        scale = float(np.sqrt(squares / count))
    else:
        low, high = percentiles_by_strip(plane, parts, PERCENTILES)
        offset, scale = low, high - low
    return offset, scale if scale > 0 else 1.0


def centred(image: NDArray, offset: float, scale: float) -> NDArray[np.float32]:
    """Return (image − offset) / scale as float32.

    Values that float32 does not hold (32-bit integers, float64) are subtracted in float64: on a pedestal of a billion
    they would be rounded to steps of 64.
    """
    if np.promote_types(image.dtype, np.float32) == np.float64:
        image, offset = image.astype(np.float64) - offset, 0.0
    return (image.astype(np.float32) - np.float32(offset)) / np.float32(scale)


class NormalisedPlane:
    """A plane read as `normalise` computes it from (offset, scale) of the whole."""

    def __init__(self, plane: Readable, offset: float, scale: float) -> None:
        self.plane, self.offset, self.scale = plane, offset, scale
        self.shape = tuple(plane.shape)

    def __getitem__(self, part: tuple[slice, slice], /) -> NDArray[np.float32]:
        """Return the rows and columns of the normalised plane."""
        return centred(self.plane[part], self.offset, self.scale)


def normalise(image: NDArray, method: Normalisation = "zscore") -> NDArray[np.float32]:
    """Return the normalised image, (H, W) float32, by `statistics`."""
    return centred(image, *statistics(image, method))
