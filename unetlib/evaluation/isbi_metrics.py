"""Scores of ISBI-2012 at the best of several thresholds: V_rand and V_info after border thinning, two older errors.

The challenge's script (Arganda-Carreras et al. 2015; Fiji, Trainable_Segmentation: getMaximalVRandAfterThinning,
getMaximalVInfoAfterThinning) takes the 4-connected components of the pixels above a threshold of probability, floods
the rest from them with watershed lines one pixel wide, and keeps the best of the thresholds 0, 0.1 … 1 over the whole
test stack. The threshold is therefore chosen on the test images: this is the challenge's rule and is equally optimistic
for every proposal. The score of a stack is the mean over its images, as Fiji's V_info is; how Fiji's V_rand pools
slices was not checked.

The errors that the challenge ranked by in 2012 and 2015, at the best threshold too, without thinning: Rand error,
1 − V_rand of the components; pixel error, 1 − F-score of the foreground's pixels (Fiji's PixelError, which sums pixels
over the stack where this takes the mean over its images).
"""

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from unetlib.evaluation.contingency import contingency
from unetlib.evaluation.image_metrics import pixel_scores, v_info, v_rand

SCORES = ("v_rand_thinned", "v_info_thinned")
ERRORS = ("rand_error", "pixel_error")  # lower is better


def thin_borders(labels: np.ndarray) -> np.ndarray:
    """Grow the labels, (H, W), into the background until lines of background one pixel wide separate them.

    A flood over sides with dams (Soille and Vincent 1990): pixels in the order of their city-block distance to the
    labels take the label of their flooded neighbours, or become a line where these differ. At equal distance even
    row + column comes first, so that no two pixels of one step touch and each step is one array operation; Fiji
    takes them in the order of a queue. The given labels stay.

    >>> thin_borders(np.array([[1, 0, 0, 0, 2]])).tolist()
    [[1, 1, 0, 2, 2]]
    """
    if not labels.any() or labels.all():
        return labels
    flat = np.pad(labels, 1).ravel().astype(np.int32)
    step, order = _steps(labels)
    beside = np.array([[-labels.shape[1] - 2], [-1], [1], [labels.shape[1] + 2]])
    ends = np.flatnonzero(np.diff(step)) + 1
    for pixels in np.split(order, ends):
        around = flat[pixels + beside]
        highest = around.max(axis=0)
        lowest = np.where(around > 0, around, highest).min(axis=0)
        flat[pixels] = np.where(lowest == highest, highest, 0)
    grown = flat.reshape(labels.shape[0] + 2, labels.shape[1] + 2)[1:-1, 1:-1]
    return grown.astype(labels.dtype, copy=False)


def _steps(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the step in which each background pixel is flooded, ascending, and its index in the padded image."""
    rows, columns = np.nonzero(labels == 0)
    distance = ndimage.distance_transform_cdt(labels == 0, "taxicab")[rows, columns]
    step = (2 * distance + (rows + columns) % 2).astype(np.int32)
    order = np.argsort(step, kind="stable")
    return step[order], ((rows + 1) * (labels.shape[1] + 2) + columns + 1)[order]


def proposals(probability: np.ndarray, thresholds: Sequence[float]) -> list[np.ndarray]:
    """Return the 4-connected components of probability > threshold, (H, W) int32, for each threshold."""
    return [ndimage.label(probability > threshold)[0] for threshold in thresholds]


def thinning_scores(truth: np.ndarray, proposal: np.ndarray, ignore: np.ndarray | None = None) -> tuple[float, float]:
    """Return V_rand and V_info of one thinned proposal over true foreground that is not ignored."""
    table = contingency(*_known(truth, proposal, ignore))
    return v_rand(table), v_info(table)


def similarities(truth: np.ndarray, proposal: np.ndarray, ignore: np.ndarray | None = None) -> tuple[float, float]:
    """Return 1 − each of ERRORS of one proposal that is not thinned: V_rand, and the F-score (Dice) of its pixels."""
    truth, proposal = _known(truth, proposal, ignore)
    return v_rand(contingency(truth, proposal)), pixel_scores(truth > 0, proposal > 0)["dice"]


def _known(truth: np.ndarray, proposal: np.ndarray, ignore: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    if ignore is None or not ignore.any():
        return truth, proposal
    known = ~ignore.astype(bool)
    return truth[known], proposal[known]


def best_threshold_scores(scores: np.ndarray) -> np.ndarray:
    """Return the scores of each image at the threshold with the highest mean over images (first of equals); (images,).

    `scores` is (images, thresholds); images of the test stack, one metric.
    """
    best: np.ndarray = scores[:, int(np.argmax(scores.mean(axis=0)))]
    return best
