"""V_rand and V_info after border thinning, at the best of several thresholds (ISBI-2012; Arganda-Carreras et al. 2015).

The challenge's script (Fiji, Trainable_Segmentation: getMaximalVRandAfterThinning, getMaximalVInfoAfterThinning)
calls a pixel cell where its probability is above a threshold, takes the 4-connected components, floods the rest from
them with watershed lines one pixel wide, and keeps the best of the thresholds 0, 0.1 … 1 over the whole test stack.
The threshold is so chosen on the test images: that is the challenge's rule, and flatters every proposal alike.
"""

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from unetlib.metrics import contingency, v_info, v_rand

SCORES = ("v_rand_thinned", "v_info_thinned")


def thinned(labels: np.ndarray) -> np.ndarray:
    """The labels, (H, W), grown into the background until lines of background one pixel wide are left between them.

    Every pixel goes to the nearest label by city-block distance, as a flood from side to side does; where two meet,
    the farther pixel (the later in scan order of equals) becomes the line. Pixels of the labels as given stay, but
    for those of touching labels.

    >>> thinned(np.array([[1, 0, 0, 0, 2]])).tolist()
    [[1, 1, 0, 2, 2]]
    """
    if not labels.any():
        return labels
    distance, (rows, columns) = ndimage.distance_transform_cdt(labels == 0, "taxicab", return_indices=True)
    grown = labels[rows, columns]
    line = np.zeros(labels.shape, dtype=bool)
    for before, after in ((np.s_[:-1, :], np.s_[1:, :]), (np.s_[:, :-1], np.s_[:, 1:])):
        meet = grown[before] != grown[after]
        first = distance[before] > distance[after]
        line[before] |= meet & first
        line[after] |= meet & ~first
    return np.where(line, labels.dtype.type(0), grown)


def proposals(probability: np.ndarray, thresholds: Sequence[float]) -> list[np.ndarray]:
    """The thinned 4-connected components of probability > threshold, (H, W) int32, for each threshold."""
    return [thinned(ndimage.label(probability > threshold)[0]) for threshold in thresholds]


def thinned_scores(truth: np.ndarray, proposal: np.ndarray, ignore: np.ndarray | None = None) -> tuple[float, float]:
    """V_rand and V_info of one thinned proposal, over true foreground that is not ignored."""
    if ignore is not None and ignore.any():
        known = ~ignore.astype(bool)
        truth, proposal = truth[known], proposal[known]
    table = contingency(truth, proposal)
    return v_rand(table), v_info(table)


def best_of_stack(scores: np.ndarray) -> np.ndarray:
    """The scores of each image at the threshold whose mean over images is highest (the first of equals), (images,).

    `scores` is (images, thresholds); images of the test stack, one metric.
    """
    best: np.ndarray = scores[:, int(np.argmax(scores.mean(axis=0)))]
    return best
