"""Resampling pixel by pixel: the naive twin of every way in which planes are brought to another size."""

import numpy as np


def weights_by_hand(old, new):
    """(new, old) weights of bilinear resizing along one axis, pixel by pixel: a triangle as wide as a pixel."""
    scale = old / new
    support = max(scale, 1.0)
    table = np.zeros((new, old))
    for i in range(new):
        centre = (i + 0.5) * scale
        for j in range(old):
            table[i, j] = max(0.0, 1 - abs(j + 0.5 - centre) / support)
        table[i] /= table[i].sum()
    return table


def resampled_by_hand(plane, shape):
    """A plane (H, W) at another shape, in float64: rows, then columns."""
    down, across = (weights_by_hand(old, new) for old, new in zip(plane.shape, shape, strict=True))
    return down @ plane.astype(np.float64) @ across.T
