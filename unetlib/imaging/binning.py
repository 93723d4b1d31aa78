"""Binning: average k × k pixels into one before the network, and upsample its probability to full size afterwards.

Meant for cells much larger than the network's receptive field (92 px at depth 5): binning makes that k times as wide.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray


class BinningError(ValueError):
    """A binning factor that is not a positive whole number."""


def check_binning(factor: int) -> int:
    """Return the factor; BinningError unless it is a whole number of at least 1."""
    if type(factor) is not int or factor < 1:
        raise BinningError(f"binning is {factor!r}; set a whole number, 1 for none")
    return factor


def bin_image(image: NDArray[Any], factor: int) -> NDArray[Any]:
    """Return the mean of each factor × factor block, (⌈H/factor⌉, ⌈W/factor⌉) of the image's dtype, integers rounded.

    Where a side is not a multiple of the factor, the last row or column is repeated to fill the last block.
    """
    if check_binning(factor) == 1:
        return image
    blocks = _blocks(image, factor)
    means = blocks.mean(axis=(1, 3), dtype=np.float64)
    return (means if image.dtype.kind == "f" else np.rint(means)).astype(image.dtype)


def bin_labels(labels: NDArray[Any], factor: int) -> NDArray[Any]:
    """Return the most frequent id of each factor × factor block, the lower one in a tie."""
    if check_binning(factor) == 1:
        return labels
    blocks = _blocks(labels, factor)
    # Each pixel of a block votes for its id. argmax takes the first maximum, so sorting makes the lower id win a tie.
    members = np.sort(blocks.transpose(0, 2, 1, 3).reshape(blocks.shape[0], blocks.shape[2], -1), axis=-1)
    votes = (members[..., :, None] == members[..., None, :]).sum(axis=-1)
    return np.take_along_axis(members, votes.argmax(axis=-1)[..., None], axis=-1)[..., 0]


def bin_mask(mask: NDArray[np.bool_], factor: int) -> NDArray[np.bool_]:
    """Return which factor × factor blocks contain a True pixel."""
    if check_binning(factor) == 1:
        return mask
    return np.asarray(_blocks(mask, factor).any(axis=(1, 3)))


def upsample(plane: NDArray[np.float32], factor: int, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return a binned plane upsampled to its original shape, by bilinear interpolation between block centres.

    Several planes (N, H, W) are upsampled one by one; shape is that of one.
    """
    if check_binning(factor) == 1:
        return plane
    for axis, length in enumerate(shape, start=plane.ndim - len(shape)):
        plane = _stretched(plane, factor, axis)[(slice(None),) * axis + (slice(length),)]
    return plane


def _blocks(array: NDArray[Any], factor: int) -> NDArray[Any]:
    """Return the array as (rows, factor, columns, factor); the last row and column are repeated to fill the blocks."""
    rows, columns = (-side % factor for side in array.shape)
    if rows or columns:
        array = np.pad(array, ((0, rows), (0, columns)), mode="edge")
    return array.reshape(array.shape[0] // factor, factor, array.shape[1] // factor, factor)


def _stretched(plane: NDArray[np.float32], factor: int, axis: int) -> NDArray[np.float32]:
    """Return the plane upsampled `factor` times along one axis, linearly between block centres."""
    moved = np.moveaxis(plane, axis, -1)
    before = np.concatenate([moved[..., :1], moved[..., :-1]], axis=-1)
    after = np.concatenate([moved[..., 1:], moved[..., -1:]], axis=-1)
    result = np.empty((*moved.shape, factor), np.float32)
    for place in range(factor):
        offset = (place + 0.5) / factor - 0.5  # from the block's centre to this pixel's, in blocks
        share = np.float32(abs(offset))
        result[..., place] = moved + share * ((before if offset < 0 else after) - moved)
    return np.moveaxis(result.reshape(*moved.shape[:-1], -1), -1, axis)
