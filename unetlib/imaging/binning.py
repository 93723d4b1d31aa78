"""Binning: k × k pixels averaged into one before a network sees them, and its probability brought back to full size.

For cells much larger than what a network sees around a pixel (92 px at depth 5): binned, it sees k times as far.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray


class BinningError(ValueError):
    """A factor that pixels cannot be binned by."""


def check_binning(factor: int) -> int:
    """Return the factor; BinningError unless it is a whole number from 1 on."""
    if type(factor) is not int or factor < 1:
        raise BinningError(f"binning is {factor!r}; set a whole number, 1 for none")
    return factor


def bin_image(image: NDArray[Any], factor: int) -> NDArray[Any]:
    """Return the means of factor × factor pixels, (⌈H/factor⌉, ⌈W/factor⌉) of the image's dtype, integers rounded.

    The last row and column are repeated where a side is no multiple of the factor.
    """
    if check_binning(factor) == 1:
        return image
    blocks = _blocks(image, factor)
    means = blocks.mean(axis=(1, 3), dtype=np.float64)
    return (means if image.dtype.kind == "f" else np.rint(means)).astype(image.dtype)


def bin_labels(labels: NDArray[Any], factor: int) -> NDArray[Any]:
    """Return the instance that most of each factor × factor block belongs to, the lower id in a draw."""
    if check_binning(factor) == 1:
        return labels
    blocks = _blocks(labels, factor)
    members = np.sort(blocks.transpose(0, 2, 1, 3).reshape(blocks.shape[0], blocks.shape[2], -1), axis=-1)
    votes = (members[..., :, None] == members[..., None, :]).sum(axis=-1)
    return np.take_along_axis(members, votes.argmax(axis=-1)[..., None], axis=-1)[..., 0]


def bin_mask(mask: NDArray[np.bool_], factor: int) -> NDArray[np.bool_]:
    """Return which factor × factor blocks hold a True pixel."""
    if check_binning(factor) == 1:
        return mask
    return np.asarray(_blocks(mask, factor).any(axis=(1, 3)))


def upsample(plane: NDArray[np.float32], factor: int, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return a binned plane at the shape it was binned from: bilinear between the centres of blocks."""
    if check_binning(factor) == 1:
        return plane
    for axis, length in enumerate(shape):
        plane = _stretched(plane, factor, axis)[(slice(None),) * axis + (slice(length),)]
    return plane


def _blocks(array: NDArray[Any], factor: int) -> NDArray[Any]:
    """The array as (rows, factor, columns, factor), its last row and column repeated to fill the last blocks."""
    rows, columns = (-side % factor for side in array.shape)
    if rows or columns:
        array = np.pad(array, ((0, rows), (0, columns)), mode="edge")
    return array.reshape(array.shape[0] // factor, factor, array.shape[1] // factor, factor)


def _stretched(plane: NDArray[np.float32], factor: int, axis: int) -> NDArray[np.float32]:
    """The plane with every block of one axis drawn out to `factor` pixels, linear between the centres of blocks."""
    moved = np.moveaxis(plane, axis, -1)
    before = np.concatenate([moved[..., :1], moved[..., :-1]], axis=-1)
    after = np.concatenate([moved[..., 1:], moved[..., -1:]], axis=-1)
    result = np.empty((*moved.shape, factor), np.float32)
    for place in range(factor):
        offset = (place + 0.5) / factor - 0.5  # of this pixel's centre from the block's, in blocks
        share = np.float32(abs(offset))
        result[..., place] = moved + share * ((before if offset < 0 else after) - moved)
    return np.moveaxis(result.reshape(*moved.shape[:-1], -1), -1, axis)
