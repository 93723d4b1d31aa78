"""Resample a plane to another number of rows and columns, in strips.

Linear interpolation between pixel centres. When the plane shrinks, the triangle is widened to the size of the new
pixels, so that fine noise is averaged rather than aliased. Both planes cover the same field of view.
"""

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from unetlib.imaging.planes import STRIP_PX, Readable


def resampling_weights(length: int, new_length: int) -> sparse.csr_matrix:
    """Return the weights (new_length, length) of the old pixels in each new pixel of one axis; rows sum to 1.

    >>> resampling_weights(2, 4).toarray()
    array([[1.  , 0.  ],
           [0.75, 0.25],
           [0.25, 0.75],
           [0.  , 1.  ]])
    """
    scale = length / new_length
    reach = max(scale, 1.0)  # half the base of the triangle, in old pixels
    centres = (np.arange(new_length) + 0.5) * scale
    pixels = np.floor(centres - reach).astype(np.int64)[:, None] + np.arange(int(np.ceil(2 * reach)) + 2)
    weights = np.clip(1 - np.abs(pixels + 0.5 - centres[:, None]) / reach, 0, None)
    weights[(pixels < 0) | (pixels >= length)] = 0
    weights /= weights.sum(axis=1, keepdims=True)
    rows, places = np.nonzero(weights)
    return sparse.csr_matrix((weights[rows, places], (rows, pixels[rows, places])), (new_length, length))


def resample(plane: Readable, out: NDArray[Any], *, strip_px: int = STRIP_PX) -> None:
    """Write a plane (H, W), resampled to the shape of `out` (H', W'), into `out`.

    `out` may be memory-mapped. Computed in float64. Memory: strips of strip_px pixels of both planes, or the rows that
    contribute to one new row if these are more.
    """
    down, across = (resampling_weights(*lengths) for lengths in zip(plane.shape, out.shape, strict=True))
    wide = max(plane.shape[1] * max(plane.shape[0] / out.shape[0], 1), out.shape[1])
    step = max(1, int(strip_px // wide))
    for start, stop in pairwise([*range(0, out.shape[0], step), out.shape[0]]):
        part = down[start:stop]
        first, last = int(part.indices.min()), int(part.indices.max()) + 1
        rows = part[:, first:last] @ plane[first:last, :].astype(np.float64)
        out[start:stop] = (across @ rows.T).T
