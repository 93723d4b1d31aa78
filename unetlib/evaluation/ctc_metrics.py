"""SEG and DET by the rules of the Cell Tracking Challenge: a border of the field of interest, no unknown pixels.

The border is a convention of the annotations (Naming and file content conventions.pdf, "field of interest"): objects
without a pixel at least E px away from every image edge are neither annotated nor expected. The evaluation programs
(java-ctcmetrics, py-ctcmetrics) ignore it; participants remove such objects from their results (KTH's ErodeFOI,
KIT's foi_correction). Here they are removed from the truth, the markers and the result.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unetlib.evaluation.contingency import Contingency, ScoreError, contingency, majority
from unetlib.imaging.labels import relabel

SPLIT_COST, MISS_COST, EXTRA_COST = 5, 10, 1  # per vertex, as in the challenge's DET (Matula et al. 2015, table 2)


@dataclass(frozen=True)
class Detections:
    """The corrections that detected objects need: splits, missed and extra objects, out of `markers` true ones."""

    splits: int
    missed: int
    extra: int
    markers: int

    @property
    def cost(self) -> int:
        """AOGM-D: the weighted sum of corrections."""
        return SPLIT_COST * self.splits + MISS_COST * self.missed + EXTRA_COST * self.extra

    @property
    def empty_cost(self) -> int:
        """AOGM-D0: the cost of correcting an empty result."""
        return MISS_COST * self.markers


def in_foi(labels: np.ndarray, border_px: int) -> NDArray[np.bool_]:
    """Return which labels of an image, (H, W), have a pixel at least `border_px` pixels away from every edge; (n + 1,).

    Labels are in the order of their ids. Background comes first and counts as inside. An empty field of interest
    contains no object. ScoreError for a negative border.

    >>> in_foi(np.array([[7, 0, 0, 0], [7, 8, 8, 0], [9, 9, 8, 0], [0, 0, 0, 10]]), 1).tolist()
    [True, False, True, True, False]
    """
    return _in_foi(relabel(labels), border_px)


def _in_foi(compact: np.ndarray, border_px: int) -> NDArray[np.bool_]:
    if border_px < 0:
        raise ScoreError(f"field_of_interest_px is {border_px}; set it to 0 or more pixels")
    height, width = compact.shape
    field = compact[border_px : max(height - border_px, 0), border_px : max(width - border_px, 0)]
    inside = np.bincount(field.ravel(), minlength=int(compact.max(initial=0)) + 1) > 0
    inside[0] = True
    return inside


def remove_outside_foi(labels: np.ndarray, border_px: int) -> np.ndarray:
    """Return the labels, (H, W), without the objects that lie wholly within `border_px` of the image's edge.

    An empty field of interest keeps no object. ScoreError for a negative border.

    >>> remove_outside_foi(np.array([[1, 0, 0, 0], [1, 2, 2, 0], [3, 3, 2, 0], [0, 0, 0, 4]]), 1).tolist()
    [[0, 0, 0, 0], [0, 2, 2, 0], [3, 3, 2, 0], [0, 0, 0, 0]]
    """
    if border_px == 0:
        return labels
    compact = relabel(labels)
    inside = _in_foi(compact, border_px)
    return labels if inside.all() else np.where(inside[compact], labels, labels.dtype.type(0))


def foi_table(truth: np.ndarray, predicted: np.ndarray, *, border_px: int = 0) -> Contingency:
    """Return the overlap table of two label images, (H, W) each, without the objects outside the field of interest.

    Unlike the table of `image_metrics.score_image` it has no unknown pixels: predicted pixels count even where a
    partial ground truth has no annotation. The challenge's SEG is the mean of `seg_scores` over the true objects of
    all frames (SEG.pdf).
    """
    table = contingency(truth, predicted)
    return table.keep(in_foi(truth, border_px), in_foi(predicted, border_px)) if border_px else table


def detections(table: Contingency) -> Detections:
    """Count the corrections of one frame from the `foi_table` of the markers of all its cells and the prediction.

    An object matches a marker if it covers more than half of it. An object that matches k markers needs k − 1 splits;
    an object that matches none is extra (Matula et al. 2015).
    """
    objects, markers = len(table.column_size) - 1, len(table.row_size) - 1
    by_object = np.bincount(majority(table)[1], minlength=objects + 1)[1:]
    matched = int(by_object.sum())
    used = int(np.count_nonzero(by_object))
    return Detections(splits=matched - used, missed=markers - matched, extra=objects - used, markers=markers)


def ctc_det(frames: Sequence[Detections]) -> float:
    """Return DET of all frames together: 1 − min(AOGM-D, AOGM-D0) / AOGM-D0; NaN without any marker."""
    cost, empty = sum(frame.cost for frame in frames), sum(frame.empty_cost for frame in frames)
    return 1 - min(cost, empty) / empty if empty else math.nan


def det_by_frame(frames: Sequence[Detections]) -> list[float]:
    """Return the contribution of each frame to DET, such that their mean weighted by markers is `ctc_det`.

    The contribution is 1 − AOGM-D / AOGM-D0 of the frame, which may be negative. The challenge bounds DET below by 0
    for all frames together; if this bound applies, every frame with markers gets 0. A frame without markers gets NaN,
    and the other frames share the cost of its extra objects.
    """
    cost, empty = sum(frame.cost for frame in frames), sum(frame.empty_cost for frame in frames)
    if not empty:
        return [math.nan] * len(frames)
    if cost >= empty:
        return [0.0 if frame.markers else math.nan for frame in frames]
    # The weighted mean subtracts this from the total exactly once: the weights markers / Σ markers sum to 1.
    shared = sum(frame.cost for frame in frames if not frame.markers) / empty
    return [1 - frame.cost / frame.empty_cost - shared if frame.markers else math.nan for frame in frames]
