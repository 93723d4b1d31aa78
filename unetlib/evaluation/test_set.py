"""A test set scored as a whole: scores of each image, some of which look at all of them (DET, the best threshold)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from unetlib.datasets.checks import DatasetError, check_instances, size
from unetlib.datasets.dataset import Dataset
from unetlib.evaluation.ctc_metrics import Detections, ctc_seg, det_by_frame, detections
from unetlib.evaluation.image_metrics import score_image
from unetlib.evaluation.isbi_metrics import (
    SCORES,
    best_threshold_scores,
    thin_borders,
    thinning_scores,
    threshold_sweep,
)
from unetlib.imaging.instance_check import instance_fault
from unetlib.imaging.instances import instances_from_probability, remove_small
from unetlib.io.images import decode_image


@dataclass(frozen=True)
class Truth:
    """What one image is scored against, (H, W) each: gold instances, unknown pixels, tracking markers if any."""

    labels: np.ndarray
    ignore: np.ndarray
    markers: np.ndarray | None = None


@dataclass(frozen=True)
class Prediction:
    """What is scored, (H, W) each: instances for the instance scores, a bool mask for the pixel scores.

    `probability` is None where there is none; the thinned scores then have one proposal, the instances.
    """

    instances: np.ndarray
    mask: np.ndarray
    probability: np.ndarray | None = None


def load_truths(folder: Path, frames: Iterable[str]) -> dict[str, Truth]:
    """Return the truth of these frames of a dataset folder."""
    dataset = Dataset(folder)
    return {frame: Truth(*dataset.truth(frame), dataset.markers(frame)) for frame in frames}


def from_probability(
    probability: np.ndarray, *, threshold: float, min_area_px: int, watershed_depth_px: float = 0.0
) -> Prediction:
    """A network's prediction: its instances, and the mask of probability ≥ threshold before small ones are dropped."""
    instances = instances_from_probability(
        probability, threshold=threshold, min_area_px=min_area_px, watershed_depth_px=watershed_depth_px
    )
    return Prediction(instances, probability >= threshold, probability)


def mirror_beyond_border(truth: Truth, probability: np.ndarray, window_px: int) -> tuple[Truth, np.ndarray]:
    """What a window of at least window_px shows: probability mirrored beyond the image, truth that ends there.

    A mistake, for an audit (document 000): a network that sees a mirrored cell beyond the border is called wrong.
    An image no smaller than the window comes back as it is.
    """
    short = [max(window_px - side, 0) for side in probability.shape]
    if not any(short):
        return truth, probability
    around = [(missing // 2, missing - missing // 2) for missing in short]
    markers = None if truth.markers is None else np.pad(truth.markers, around)
    larger = Truth(np.pad(truth.labels, around), np.pad(truth.ignore, around), markers)
    return larger, np.pad(probability, around, mode="reflect")


def from_labels(labels: np.ndarray, *, min_area_px: int) -> Prediction:
    """Instances as another tool drew them; the mask is all of them, before small ones are dropped."""
    return Prediction(remove_small(labels, min_area_px), labels > 0)


def read_labels(path: Path, shape: tuple[int, int]) -> np.ndarray:
    """Return the label image of a TIFF or PNG file, (H, W) uint16.

    Raises ImageError or SampleError, naming the file, when it is unreadable, of another shape, float or negative.
    """
    labels = check_instances(decode_image(path.read_bytes(), str(path)).labels(), str(path))
    if fault := instance_fault(labels):
        raise DatasetError(f"{path}: {fault}: a mask, not instances; have the tool write one number per object")
    if labels.shape != shape:
        found, wanted = size(labels), "×".join(map(str, shape))
        raise DatasetError(f"{path}: the label image is {found} but its image is {wanted}; write labels of equal size")
    return labels


def score_test_set(
    stack: Iterable[tuple[Truth, Prediction]],
    *,
    field_of_interest_px: int | None,
    thinning_thresholds: Sequence[float] | None,
) -> list[dict[str, float]]:
    """Return the scores of each image of a test set by name: those of `metrics.score_image`, and the challenges'.

    Where `field_of_interest_px` is a number: `seg_official` (its mean weighed by `objects_official` is the challenge's
    SEG) and `det` (weighed by `markers`: DET); NaN where an image has nothing of the kind. The challenge takes DET of
    the whole movie; here it is of the images given. Where there are `thinning_thresholds`: `v_rand_thinned` and
    `v_info_thinned`, each at the one threshold that is best on average over the images given.
    """
    rows, found, swept = [], [], []
    for truth, predicted in stack:
        row = score_image(truth.labels, predicted.instances, predicted_mask=predicted.mask, ignore=truth.ignore)
        if field_of_interest_px is not None:
            row |= _seg(truth, predicted, field_of_interest_px)
            found.append(_detections(truth, predicted, field_of_interest_px))
        if thinning_thresholds:
            swept.append(_sweep(truth, predicted, thinning_thresholds))
        rows.append(row)
    for row, frame, det in zip(rows, found, det_by_frame(found), strict=bool(found)):
        row |= {"det": det, "markers": float(frame.markers)}
    if swept:
        table = np.array(swept)  # images, thresholds, metrics
        for place, name in enumerate(SCORES):
            for row, value in zip(rows, best_threshold_scores(table[:, :, place]), strict=True):
                row[name] = float(value)
    return rows


def _seg(truth: Truth, predicted: Prediction, border_px: int) -> dict[str, float]:
    scores = ctc_seg(truth.labels, predicted.instances, border_px=border_px)
    mean = float(scores.mean()) if len(scores) else float("nan")
    return {"seg_official": mean, "objects_official": float(len(scores))}


def _detections(truth: Truth, predicted: Prediction, border_px: int) -> Detections:
    if truth.markers is None:
        return Detections(0, 0, 0, 0)
    return detections(truth.markers, predicted.instances, border_px=border_px)


def _sweep(truth: Truth, predicted: Prediction, thresholds: Sequence[float]) -> list[tuple[float, float]]:
    if predicted.probability is None:
        return [thinning_scores(truth.labels, thin_borders(predicted.instances), truth.ignore)]
    return [
        thinning_scores(truth.labels, each, truth.ignore) for each in threshold_sweep(predicted.probability, thresholds)
    ]


def long_rows(columns: Sequence[str], place: Sequence[object], scores: Mapping[str, float]) -> list[dict[str, object]]:
    """Return one row of a long table per score: `place` fills all columns but the last two, metric and value."""
    return [dict(zip(columns, (*place, *item), strict=True)) for item in scores.items()]
