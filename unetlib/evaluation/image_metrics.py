"""Scores of one image; all instance scores come from one contingency table of truth × prediction.

Definitions: pixel overlap of the foreground class; SEG (Cell Tracking Challenge); average precision
AP(t) = TP/(TP+FP+FN) with IoU > t (Data Science Bowl 2018), map = mean over t = 0.5:0.05:0.95; v_rand and
v_info restricted to true foreground (ISBI-2012; Arganda-Carreras 2015, equations 3 and 5).
A score of 0/0 is 1 if both truth and prediction are empty, otherwise 0.
"""

import numpy as np

from unetlib.evaluation.contingency import Contingency, ScoreError, contingency, majority, object_pairs
from unetlib.imaging.labels import relabel

THRESHOLDS_20THS = np.arange(10, 20)  # 0.5, 0.55 … 0.95 in twentieths


def score_image(
    truth: np.ndarray,
    predicted_labels: np.ndarray,
    *,
    truth_mask: np.ndarray | None = None,
    predicted_mask: np.ndarray | None = None,
    ignore: np.ndarray | None = None,
    table: Contingency | None = None,
) -> dict[str, float]:
    """Return all scores of one image by name; truth and predicted_labels are instance ids, 0 = background, (H, W) each.

    The masks (default: labels > 0) are the basis of the pixel scores; pass them if objects were removed from the
    labels. Pixels with `ignore` true are excluded from all scores, and predicted objects with more than half of their
    pixels there are removed. `pixels`, `objects` and `predicted_objects` are counts; `true_foreground` and
    `predicted_foreground` are fractions of the scored pixels. `seg` times `objects` can be summed over images to pool
    SEG. `table` is the contingency of truth and predicted_labels if it is known already; it is not used if any pixel
    is ignored.
    """
    if truth.shape != predicted_labels.shape:
        raise ScoreError(f"truth is {truth.shape} but the prediction is {predicted_labels.shape}; score equal sizes")
    true = truth > 0 if truth_mask is None else truth_mask.astype(bool)
    mask = predicted_labels > 0 if predicted_mask is None else predicted_mask.astype(bool)
    if ignore is not None and ignore.any():
        known = ~ignore.astype(bool)
        predicted_labels = _drop_unknown(relabel(predicted_labels), known)[known]
        truth, true, mask, table = truth[known], true[known], mask[known], None
    if truth.size == 0:
        raise ScoreError("no pixel is left to score; leave out frames that are ignored as a whole")
    return pixel_scores(true, mask) | _instance_scores(table or contingency(truth, predicted_labels))


def _drop_unknown(predicted: np.ndarray, known: np.ndarray) -> np.ndarray:
    size = np.bincount(predicted.ravel())
    seen = np.bincount(predicted[known], minlength=len(size))
    return np.where((2 * seen < size)[predicted], 0, predicted)


def pixel_scores(truth: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """Return overlap scores of two bool masks of equal shape, foreground = true, and both foreground fractions."""
    pixels, true, positive = truth.size, int(np.count_nonzero(truth)), int(np.count_nonzero(predicted))
    hits = int(np.count_nonzero(truth & predicted))
    union = true + positive - hits
    empty = union == 0
    return {
        "iou": _ratio(hits, union, empty),
        "dice": _ratio(2 * hits, true + positive, empty),
        "precision": _ratio(hits, positive, empty),
        "recall": _ratio(hits, true, empty),
        "pixel_accuracy": (pixels - union + hits) / pixels,
        "iou_background": _ratio(pixels - union, pixels - hits, True),
        "true_foreground": true / pixels,
        "predicted_foreground": positive / pixels,
        "pixels": float(pixels),
    }


def _instance_scores(table: Contingency) -> dict[str, float]:
    objects, predicted = len(table.row_size) - 1, len(table.column_size) - 1
    empty = objects == 0 and predicted == 0
    seg = seg_scores(table)
    precision = average_precision(table)
    return {
        "seg": _ratio(float(seg.sum()), objects, empty),
        "ap50": float(precision[0]),
        "map": float(precision.mean()),
        "v_rand": v_rand(table),
        "v_info": v_info(table),
        "objects": float(objects),
        "predicted_objects": float(predicted),
    }


def _ratio(numerator: float, denominator: float, both_empty: bool) -> float:
    return numerator / denominator if denominator else float(both_empty)


def seg_scores(table: Contingency) -> np.ndarray:
    """Return for each true object, in the order of ids, the IoU with the prediction covering over half of it, or 0."""
    row, column, overlap = majority(table)
    scores = np.zeros(len(table.row_size) - 1)
    scores[row - 1] = overlap / (table.row_size[row] + table.column_size[column] - overlap)
    return scores


def average_precision(table: Contingency) -> np.ndarray:
    """Return AP at IoU > 0.5, 0.55 … 0.95, (10,). Above 0.5 matches are one to one; integers compare exactly."""
    row, column, overlap = object_pairs(table)
    union = table.row_size[row] + table.column_size[column] - overlap
    hits = (20 * overlap > THRESHOLDS_20THS[:, None] * union).sum(axis=1)  # IoU > t/20, without a division
    objects, predicted = len(table.row_size) - 1, len(table.column_size) - 1
    if objects == 0 and predicted == 0:
        return np.ones(len(THRESHOLDS_20THS))
    precision: np.ndarray = hits / (objects + predicted - hits)
    return precision


def _foreground_parts(table: Contingency) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return segment sizes within true foreground: of the truth, the prediction, and their intersections.

    Each pixel predicted as background is a segment of its own, as in the challenge's evaluation.
    """
    inside = table.row > 0
    named = inside & (table.column > 0)
    alone = np.ones(int(table.overlap[inside & (table.column == 0)].sum()), dtype=np.int64)
    predicted = np.bincount(table.column[named], table.overlap[named]).astype(np.int64)
    return (
        table.row_size[1:],
        np.concatenate([predicted[predicted > 0], alone]),
        np.concatenate([table.overlap[named], alone]),
    )


def v_rand(table: Contingency) -> float:
    """Return the foreground-restricted Rand F-score Σp² / (½Σs² + ½Σt²), 1 = perfect."""
    truth, predicted, both = (np.square(sizes.astype(float)).sum() for sizes in _foreground_parts(table))
    return _ratio(float(both), float(truth + predicted) / 2, len(table.column_size) == 1)


def v_info(table: Contingency) -> float:
    """Return the foreground-restricted information F-score I(S;T) / (½H(S) + ½H(T)), 1 = perfect.

    It penalises splits little: n pixels all predicted as background still score 2H(S) / (H(S) + ln n).
    """
    truth, predicted, both = (_entropy(sizes) for sizes in _foreground_parts(table))
    if len(table.row_size) == 1:
        return float(len(table.column_size) == 1)
    shared = max(truth + predicted - both, 0.0)  # I(S;T) = H(S) + H(T) − H(S,T); rounding can make it negative
    return min(_ratio(shared, (truth + predicted) / 2, True), 1.0)


def _entropy(sizes: np.ndarray) -> float:
    share = sizes / max(int(sizes.sum()), 1)
    return float(-(share * np.log(share)).sum())
