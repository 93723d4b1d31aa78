"""Resampling: a plane brought to another number of rows and columns, strip by strip.

Linear interpolation between the centres of pixels; where the plane shrinks, the triangle is as wide as a new pixel, so
that fine noise is averaged and not sampled. Both planes cover the same field of view.
"""

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from unetlib.imaging.planes import STRIP_PX, Readable


def resampling_weights(length: int, new_length: int) -> sparse.csr_matrix:
    """Return the weights (new_length, length) by which the pixels of one axis make its new pixels; rows sum to 1.

    >>> resampling_weights(2, 4).toarray()
    array([[1.  , 0.  ],
           [0.75, 0.25],
           [0.25, 0.75],
           [0.  , 1.  ]])
    """
    scale = length / new_length
    reach = max(scale, 1.0)  # of the triangle, from its centre
    centres = (np.arange(new_length) + 0.5) * scale
    pixels = np.floor(centres - reach).astype(np.int64)[:, None] + np.arange(int(np.ceil(2 * reach)) + 2)
    weights = np.clip(1 - np.abs(pixels + 0.5 - centres[:, None]) / reach, 0, None)
    weights[(pixels < 0) | (pixels >= length)] = 0
    weights /= weights.sum(axis=1, keepdims=True)
    rows, places = np.nonzero(weights)
    return sparse.csr_matrix((weights[rows, places], (rows, pixels[rows, places])), (new_length, length))


def resample(plane: Readable, out: NDArray[Any], *, strip_px: int = STRIP_PX) -> None:
    """Write a plane (H, W) at the size of `out` (H', W') into `out`, which may be mapped.

    Computed in float64. Memory: strips of strip_px pixels of both planes, or the rows that one new row is made of.
    """
    down, across = (resampling_weights(*lengths) for lengths in zip(plane.shape, out.shape, strict=True))
    wide = max(plane.shape[1] * max(plane.shape[0] / out.shape[0], 1), out.shape[1])
    step = max(1, int(strip_px // wide))
    for start, stop in pairwise([*range(0, out.shape[0], step), out.shape[0]]):
        part = down[start:stop]
        first, last = int(part.indices.min()), int(part.indices.max()) + 1
        rows = part[:, first:last] @ plane[first:last, :].astype(np.float64)
        out[start:stop] = (across @ rows.T).T
