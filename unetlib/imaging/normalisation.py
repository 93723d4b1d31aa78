"""Normalise the grey values of each image, as the input of every network."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unetlib.imaging.percentiles import percentiles_by_strip
from unetlib.imaging.planes import STRIP_PX, PlaneError, Readable, strips
from unetlib.imaging.settings import Normalisation

WHOLE_PX = 2**24  # a plane of up to this many pixels is read at once
PERCENTILES = {"percentile": (1.0, 99.8), "stretch_2_98": (2.0, 98.0)}
FULL_SCALES = (1.0, 255.0, 65535.0)  # white of fractional values that were stored as 0 … 1, in 8 bits or in 16 bits


class GreyScale(NamedTuple):
    """The map from grey values to network input: (grey − offset) / scale, clipped to 0 … 1 if `clipped`."""

    offset: float
    scale: float
    clipped: bool = False

    def of(self, image: NDArray) -> NDArray[np.float32]:
        """Return the normalised grey values, float32.

        The offset is subtracted in float64 from types that float32 cannot represent (32-bit integers, float64): with an
        offset of a billion, float32 would round grey values to steps of 64.
        """
        offset = self.offset
        if np.promote_types(image.dtype, np.float32) == np.float64:
            image, offset = image.astype(np.float64) - offset, 0.0
        found = (image.astype(np.float32) - np.float32(offset)) / np.float32(self.scale)
        return np.clip(found, 0, 1) if self.clipped else found


def statistics(
    plane: Readable, method: Normalisation, *, whole_px: int = WHOLE_PX, strip_px: int = STRIP_PX
) -> GreyScale:
    """Return the grey scale by which a plane (H, W) is normalised.

    zscore: offset and scale are the mean and the standard deviation. percentile, stretch_2_98: the offset is the low
    one of two PERCENTILES, the scale their difference; stretch_2_98 also clips. unit_range: both are half of the
    white value (`largest_grey`; PlaneError if there is none). none: 0 and 1. A constant plane has scale 1, so that it
    is normalised to zeros. A plane of more than whole_px pixels is read in strips, which changes the rounding of mean
    and standard deviation.
    """
    if method == "none":
        return GreyScale(0.0, 1.0)
    if method == "unit_range":
        half = largest_grey(plane, strip_px=strip_px) / 2
        return GreyScale(half, half)
    count = plane.shape[0] * plane.shape[1]
    parts = [slice(plane.shape[0])] if count <= whole_px else strips(plane.shape, strip_px)
    offset, scale = _moments(plane, parts) if method == "zscore" else _percentiles(plane, parts, PERCENTILES[method])
    return GreyScale(offset, scale if scale > 0 else 1.0, method == "stretch_2_98")


def _moments(plane: Readable, parts: list[slice]) -> tuple[float, float]:
    """Return the mean and standard deviation of a plane, read at once or in strips."""
    if len(parts) == 1:
        whole = plane[parts[0], :]
        return float(whole.mean(dtype=np.float64)), float(whole.std(dtype=np.float64))
    count = plane.shape[0] * plane.shape[1]
    # Two passes: the squares of differences to the mean do not cancel, unlike Σx² − n·mean².
    mean = sum(float(plane[rows, :].sum(dtype=np.float64)) for rows in parts) / count
    squares = sum(float(np.square(plane[rows, :] - np.float64(mean)).sum()) for rows in parts)
    return mean, float(np.sqrt(squares / count))


def _percentiles(plane: Readable, parts: list[slice], wanted: tuple[float, float]) -> tuple[float, float]:
    """Return the low percentile of a plane and its distance to the high one; read at once or in strips."""
    if len(parts) == 1:
        low, high = np.percentile(plane[parts[0], :], wanted)
        return float(low), float(high - low)
    low, high = percentiles_by_strip(plane, parts, wanted)
    return low, high - low


def largest_grey(plane: Readable, *, strip_px: int = STRIP_PX) -> float:
    """Return the grey value of white: for integers, the largest value of the pixel type.

    Fractional types have no such value: the smallest of FULL_SCALES that no pixel exceeds is taken. PlaneError if a
    pixel exceeds all of them.
    """
    dtype = plane[:1, :1].dtype
    if dtype.kind != "f":
        return float(np.iinfo(dtype).max) if dtype.kind in "ui" else 1.0
    largest = max(float(plane[rows, :].max()) for rows in strips(plane.shape, strip_px))
    fitting = [scale for scale in FULL_SCALES if largest <= scale]
    if not fitting:
        raise PlaneError(
            f"a fractional grey value is {largest:g}, beyond 16 bits, so that unit_range does not know what is white;"
            " store the image as integers or take another normalisation"
        )
    return fitting[0]


class NormalisedPlane:
    """A plane whose parts are normalised, as they are read, by the grey scale of the whole plane."""

    def __init__(self, plane: Readable, grey_scale: GreyScale) -> None:
        self.plane, self.grey_scale = plane, grey_scale
        self.shape = tuple(plane.shape)

    def __getitem__(self, part: tuple[slice, slice], /) -> NDArray[np.float32]:
        """Return the rows and columns of the normalised plane."""
        return self.grey_scale.of(self.plane[part])


def normalise(image: NDArray, method: Normalisation = "zscore") -> NDArray[np.float32]:
    """Return the image, (H, W) float32, normalised by its own `statistics`."""
    return statistics(image, method).of(image)
