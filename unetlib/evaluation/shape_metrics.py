"""Shape of predicted cells and certainty of a prediction; neither looks at the truth.

roundness: the mean over cells of 4πA / P², at most 1; 1 is a disc. A: area in pixels; P: perimeter by the estimator of
Benkrid and Crookes (Design and FPGA Implementation of a Perimeter Estimator, 2000), as in `skimage.measure.perimeter`.

holed: the share of cells that have a hole: background, connected by edges, that touches this cell alone and not the
border of the image.

certainty: the mean over pixels of |2p − 1|, where p is the probability of the foreground.

All lie between 0 and 1; a higher one is not better. Without a cell, `roundness` and `holed` are NaN.
"""

import numpy as np
from scipy import ndimage

METRICS = {"roundness": "roundness", "holed": "cells with holes", "certainty": "certainty"}
_STRAIGHT, _DIAGONAL = 2, 10  # weights of neighbours on the outline, by which pixels are told apart
_LENGTHS = np.zeros(50)  # pixel by its sum of weights → length of the outline there
_LENGTHS[[5, 7, 15, 17, 25, 27]] = 1
_LENGTHS[[21, 33]] = np.sqrt(2)
_LENGTHS[[13, 23]] = (1 + np.sqrt(2)) / 2


def shape_scores(labels: np.ndarray, probability: np.ndarray | None = None) -> dict[str, float]:
    """Return METRICS of one image by name. labels: (H, W) ids, 0 = background; without probability no `certainty`."""
    areas = np.bincount(labels.ravel())[1:]
    cells = areas > 0
    scores = {"roundness": np.nan, "holed": np.nan}
    if cells.any():
        outline = perimeters(labels)[cells]
        thin = 4 * np.pi * areas[cells] >= outline**2  # also of a single pixel, which has no outline
        scores["roundness"] = float(np.where(thin, 1, 4 * np.pi * areas[cells] / np.where(thin, 1, outline**2)).mean())
        scores["holed"] = len(with_hole(labels)) / int(cells.sum())
    if probability is not None:
        scores["certainty"] = float(np.abs(2 * probability.astype(np.float64) - 1).mean())
    return scores


def perimeters(labels: np.ndarray) -> np.ndarray:
    """Return the length of the outline of each id from 1 to the largest, in pixels."""
    padded = np.pad(labels, 1)
    width, flat = padded.shape[1], padded.ravel()
    straight = (-width, -1, 1, width)
    inside = np.flatnonzero(flat)
    edge = inside[np.any([flat[inside + step] != flat[inside] for step in straight], axis=0)]
    on_edge = np.zeros(flat.shape, bool)
    on_edge[edge] = True
    kind = np.ones(len(edge), np.intp)
    for step in (*straight, -width - 1, -width + 1, width - 1, width + 1):
        same = on_edge[edge + step] & (flat[edge + step] == flat[edge])
        kind += (_STRAIGHT if step in straight else _DIAGONAL) * same
    return np.bincount(flat[edge], _LENGTHS[kind], minlength=int(labels.max(initial=0)) + 1)[1:]


def with_hole(labels: np.ndarray) -> np.ndarray:
    """Return the ids of the cells that have a hole, in order."""
    padded = np.pad(labels, 1)
    holes, count = ndimage.label(padded == 0)  # with a frame of background: part 1 reaches the border
    if count < 2:
        return np.zeros(0, labels.dtype)
    width, parts, flat = padded.shape[1], holes.ravel(), padded.ravel()
    place = np.flatnonzero(parts > 1)
    beside = np.stack([flat[place + step] for step in (-width, -1, 1, width)])
    known = beside > 0
    part = np.broadcast_to(parts[place], beside.shape)[known]
    low, high = np.full(count + 1, np.iinfo(np.int64).max), np.zeros(count + 1, np.int64)
    np.minimum.at(low, part, beside[known])
    np.maximum.at(high, part, beside[known])
    return np.unique(high[2:][low[2:] == high[2:]]).astype(labels.dtype)
