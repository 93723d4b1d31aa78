"""Scores of the images of a test set; some scores depend on all its images (DET, the best threshold)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from unetlib.datasets.dataset import Dataset
from unetlib.evaluation.contingency import Contingency, contingency
from unetlib.evaluation.ctc_metrics import Detections, det_by_frame, detections, in_foi
from unetlib.evaluation.image_metrics import score_image, seg_scores
from unetlib.evaluation.isbi_metrics import (
    ERRORS,
    SCORES,
    best_threshold_scores,
    proposals,
    similarities,
    thin_borders,
    thinning_scores,
)
from unetlib.evaluation.settings import DatasetScoring
from unetlib.evaluation.shape_metrics import shape_scores
from unetlib.imaging.instances import foreground_plane, instances_from_probability, remove_small
from unetlib.imaging.settings import InstanceSettings


@dataclass(frozen=True)
class Truth:
    """The ground truth of one image, (H, W) each: gold instances, unknown pixels, tracking markers if any."""

    labels: np.ndarray
    ignore: np.ndarray
    markers: np.ndarray | None = None


@dataclass(frozen=True)
class Prediction:
    """The prediction for one image, (H, W) each: instances for the instance scores, a bool mask for the pixel scores.

    Without a `probability` there is no threshold to choose, and ISBI's scores use the instances.
    """

    instances: np.ndarray
    mask: np.ndarray
    probability: np.ndarray | None = None


class Truths:
    """The ground truth of some datasets; each frame is read once, however many networks are scored."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self._datasets = {folder.name: Dataset(folder) for folder in folders}
        self._read: dict[tuple[str, str], Truth] = {}

    def of(self, name: str, frames: Iterable[str]) -> dict[str, Truth]:
        """Return the truth of these frames of a dataset, by frame."""
        dataset, found = self._datasets[name], {}
        for frame in frames:
            if (name, frame) not in self._read:
                self._read[name, frame] = Truth(*dataset.truth(frame), dataset.markers(frame))
            found[frame] = self._read[name, frame]
        return found


def load_truths(folder: Path, frames: Iterable[str]) -> dict[str, Truth]:
    """Return the truth of these frames of a dataset folder."""
    return Truths([folder]).of(folder.name, frames)


def from_probability(planes: np.ndarray, settings: InstanceSettings) -> Prediction:
    """Return the prediction of a network: its instances, and the mask of probability ≥ threshold with small objects.

    planes: its probability (H, W), or the probability and the height map of the cells (2, H, W).
    """
    probability = foreground_plane(planes)
    return Prediction(instances_from_probability(planes, settings), probability >= settings.threshold, probability)


def mirror_beyond_border(truth: Truth, probability: np.ndarray, window_px: int) -> tuple[Truth, np.ndarray]:
    """Pad truth and probability to at least window_px: the probability mirrored, the truth with background.

    This is a deliberate mistake, for a pitfall (levitsky2024): mirrored cells beyond the border count as false
    positives. An image at least as large as the window is returned unchanged.
    """
    short = [max(window_px - side, 0) for side in probability.shape[-2:]]
    if not any(short):
        return truth, probability
    around = [(missing // 2, missing - missing // 2) for missing in short]
    markers = None if truth.markers is None else np.pad(truth.markers, around)
    larger = Truth(np.pad(truth.labels, around), np.pad(truth.ignore, around), markers)
    return larger, np.pad(probability, [(0, 0)] * (probability.ndim - 2) + around, mode="reflect")


def from_labels(labels: np.ndarray, *, min_area_px: int) -> Prediction:
    """Return the prediction of another tool: its instances without small ones, and the mask of all its instances."""
    return Prediction(remove_small(labels, min_area_px), labels > 0)


@dataclass(frozen=True)
class _Pair:
    """One image of a test set; its contingency table is counted once, when a score first needs it."""

    truth: Truth
    predicted: Prediction
    min_area_px: int

    @cached_property
    def large(self) -> np.ndarray:
        """The true objects that are scored: those of at least min_area_px, like the predicted ones."""
        return remove_small(self.truth.labels, self.min_area_px)

    @cached_property
    def table(self) -> Contingency:
        return contingency(self.large, self.predicted.instances)

    def scores(self) -> dict[str, float]:
        truth, predicted = self.truth, self.predicted
        scores = score_image(
            self.large,
            predicted.instances,
            truth_mask=truth.labels > 0,
            predicted_mask=predicted.mask,
            ignore=truth.ignore,
            table=None if truth.ignore.any() else self.table,
        )
        return scores | shape_scores(predicted.instances, predicted.probability)

    def challenge_scores(self, border_px: int) -> tuple[dict[str, float], Detections]:
        """Return SEG and the detections by the rules of the Cell Tracking Challenge, for true objects of any size."""
        labels, instances, markers = self.truth.labels, self.predicted.instances, self.truth.markers
        inside = in_foi(instances, border_px)
        table = self.table if self.large is labels else contingency(labels, instances)
        seg = seg_scores(table.keep(in_foi(labels, border_px), inside))
        mean = float(seg.mean()) if len(seg) else float("nan")
        scores = {"seg_ctc": mean, "objects_ctc": float(len(seg))}
        if markers is None:
            return scores, Detections(0, 0, 0, 0)
        return scores, detections(contingency(markers, instances).keep(in_foi(markers, border_px), inside))

    def swept_scores(self, thresholds: Sequence[float]) -> list[tuple[float, ...]]:
        """Return SCORES and 1 − ERRORS of the proposal at each threshold."""
        truth, probability = self.truth, self.predicted.probability
        found = [self.predicted.instances] if probability is None else proposals(probability, thresholds)
        thinned = [thinning_scores(truth.labels, thin_borders(each), truth.ignore) for each in found]
        plain = [similarities(truth.labels, each, truth.ignore) for each in found]
        return [(*scores, *others) for scores, others in zip(thinned, plain, strict=True)]


def score_test_set(stack: Iterable[tuple[Truth, Prediction]], settings: DatasetScoring) -> list[dict[str, float]]:
    """Return the scores of each image of a test set by name: those of `score_image`, `shape_scores` and the challenges.

    `score_image` scores the true objects of at least `min_area_px`; the pixels of smaller ones count as foreground.
    The instances of a prediction omit small objects, but its mask includes them (`from_probability`, `from_labels`).

    If `field_of_interest_px` is a number, the scores include `seg_ctc`, whose mean weighted by `objects_ctc` is the
    challenge's SEG, and `det`, whose mean weighted by `markers` is DET; they are NaN for an image without objects or
    markers. The challenge computes DET over the whole sequence; here it is over the given images.

    If there are `thinning_thresholds`, the scores include `v_rand_thinned`, `v_info_thinned`, `rand_error` and
    `pixel_error`, each at the one threshold with the best mean over the images.
    """
    rows, found, swept = [], [], []
    for pair in (_Pair(truth, predicted, settings.min_area_px) for truth, predicted in stack):
        row = pair.scores()
        if settings.field_of_interest_px is not None:
            scores, frame = pair.challenge_scores(settings.field_of_interest_px)
            row |= scores
            found.append(frame)
        if settings.thinning_thresholds:
            swept.append(pair.swept_scores(settings.thinning_thresholds))
        rows.append(row)
    for row, frame, det in zip(rows, found, det_by_frame(found), strict=bool(found)):
        row |= {"det": det, "markers": float(frame.markers)}
    if swept:
        table = np.array(swept)  # images, thresholds, metrics
        for place, name in enumerate((*SCORES, *ERRORS)):
            for row, value in zip(rows, best_threshold_scores(table[:, :, place]), strict=True):
                row[name] = 1 - float(value) if name in ERRORS else float(value)
    return rows
