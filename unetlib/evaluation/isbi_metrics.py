"""Scores of ISBI-2012 at the best of several thresholds: V_rand and V_info after border thinning, two older errors.

The challenge's script (Arganda-Carreras et al. 2015; Fiji, Trainable_Segmentation: getMaximalVRandAfterThinning,
getMaximalVInfoAfterThinning) labels the 4-connected components of the pixels above a probability threshold, floods the
remaining pixels from them with watershed lines one pixel wide, and keeps the best of the thresholds 0, 0.1 … 1 over
the whole test stack. The threshold is therefore chosen on the test images. This is the challenge's rule; the score of
every method is optimistic for this reason. The score of a stack is the mean over its images, like Fiji's V_info; how
Fiji's V_rand pools slices was not checked.

The challenge ranked by two errors in 2012 and 2015, also at the best threshold but without thinning. Rand error is
1 − V_rand of the components. Pixel error is 1 − F-score of the foreground pixels (Fiji's PixelError sums pixels over
the stack; here it is the mean over images).
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

    This is a 4-connected watershed with lines (Soille and Vincent 1990). In the order of their city-block distance to
    the labels, pixels take the label of their flooded neighbours, or become a line if those labels differ. At equal
    distance, pixels with even row + column come first, so that no two pixels of one step are adjacent and each step is
    one array operation; Fiji processes them in the order of a queue. The given labels do not change.

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
        # lowest label among the flooded neighbours: equal to the highest exactly if all of them agree
        lowest = np.where(around > 0, around, highest).min(axis=0)
        flat[pixels] = np.where(lowest == highest, highest, 0)
    grown = flat.reshape(labels.shape[0] + 2, labels.shape[1] + 2)[1:-1, 1:-1]
    return grown.astype(labels.dtype, copy=False)


def _steps(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the flooding step of each background pixel, ascending, and its index in the padded, flattened image."""
    rows, columns = np.nonzero(labels == 0)
    distance = ndimage.distance_transform_cdt(labels == 0, "taxicab")[rows, columns]
    step = (2 * distance + (rows + columns) % 2).astype(np.int32)
    order = np.argsort(step, kind="stable")
    return step[order], ((rows + 1) * (labels.shape[1] + 2) + columns + 1)[order]


def proposals(probability: np.ndarray, thresholds: Sequence[float]) -> list[np.ndarray]:
    """Return the 4-connected components of probability > threshold, (H, W) int32, for every threshold."""
    return [ndimage.label(probability > threshold)[0] for threshold in thresholds]


def thinning_scores(truth: np.ndarray, proposal: np.ndarray, ignore: np.ndarray | None = None) -> tuple[float, float]:
    """Return V_rand and V_info of one thinned proposal over true foreground that is not ignored."""
    table = contingency(*_known(truth, proposal, ignore))
    return v_rand(table), v_info(table)


def similarities(truth: np.ndarray, proposal: np.ndarray, ignore: np.ndarray | None = None) -> tuple[float, float]:
    """Return 1 − each of ERRORS for one proposal without thinning: V_rand, and the F-score (Dice) of its pixels."""
    truth, proposal = _known(truth, proposal, ignore)
    return v_rand(contingency(truth, proposal)), pixel_scores(truth > 0, proposal > 0)["dice"]


def _known(truth: np.ndarray, proposal: np.ndarray, ignore: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    if ignore is None or not ignore.any():
        return truth, proposal
    known = ~ignore.astype(bool)
    return truth[known], proposal[known]


def best_threshold_scores(scores: np.ndarray) -> np.ndarray:
    """Return the scores of the images, (images,), at the threshold with the highest mean; the first if several tie.

    scores: one metric of the test stack, (images, thresholds).
    """
    best: np.ndarray = scores[:, int(np.argmax(scores.mean(axis=0)))]
    return best
