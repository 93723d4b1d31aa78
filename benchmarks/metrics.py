"""All scores of one image from one contingency table, against py-ctcmetrics and scikit-image."""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tifffile

from benchmarks.inputs import cells, guessed
from benchmarks.table import Row, check, faster, skipped
from benchmarks.timing import interleaved
from unetlib.evaluation.ctc_metrics import ctc_det, detections, foi_table
from unetlib.evaluation.image_metrics import score_image, seg_scores

TEN = [t / 20 for t in range(10, 20)]
NAMES = ("iou", "dice", "pixel_accuracy", "seg_ctc", "det", "ap50", "map", "v_rand", "v_info")


@dataclass(frozen=True)
class Case:
    """Size of an image, number of its cells and their radius."""

    shape: tuple[int, int]
    count: int
    radius_px: float


FULL = Case((576, 720), 400, 8)
TINY = Case((70, 80), 9, 6)


def ours(truth: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """Return all scores by unetlib."""
    table = foi_table(truth, predicted)  # the true objects serve as markers
    found = score_image(truth, predicted, table=table)
    found["seg_ctc"] = float(seg_scores(table).mean())
    found["det"] = ctc_det([detections(table)])
    return found


def saved(truth: np.ndarray, predicted: np.ndarray, folder: Path) -> list[str]:
    """Write both as files for py-ctcmetrics, which overflows on uint8, and return their paths."""
    paths = [folder / "truth.tif", folder / "predicted.tif"]
    for path, labels in zip(paths, (truth, predicted), strict=True):
        tifffile.imwrite(path, labels.astype(np.uint16))
    return [str(path) for path in paths]


def theirs(truth: np.ndarray, predicted: np.ndarray, paths: list[str]) -> dict[str, float]:
    """Return the same scores by py-ctcmetrics, which reads files, and scikit-image; ImportError without them."""
    from ctc_metrics.metrics.technical.det import det
    from ctc_metrics.metrics.technical.seg import seg
    from ctc_metrics.utils.representations import count_acyclic_graph_correction_operations, match
    from skimage.metrics import adapted_rand_error, contingency_table

    true, guess, true_matches, guess_matches, overlaps = ([part] for part in match(*paths))
    graph = count_acyclic_graph_correction_operations(None, None, true, guess, true_matches, guess_matches)
    inside = truth > 0
    alone = inside & (predicted == 0)  # each such pixel counts as a segment, as in the challenge
    parts = predicted.astype(np.int64)
    parts[alone] = int(parts.max()) + 1 + np.arange(np.count_nonzero(alone))
    both, either = np.count_nonzero(inside & (predicted > 0)), np.count_nonzero(inside | (predicted > 0))
    precision = _precision(contingency_table(truth, predicted).toarray())
    return {
        "iou": both / either,
        "dice": 2 * both / (np.count_nonzero(inside) + np.count_nonzero(predicted)),
        "pixel_accuracy": float(np.mean(inside == (predicted > 0))),
        "seg_ctc": float(seg(true, overlaps)),
        "det": float(det(**graph)),
        "ap50": precision[0],
        "map": float(np.mean(precision)),
        "v_rand": _rand(truth, parts, float(adapted_rand_error(truth, parts)[0])),
        "v_info": _information(truth, parts),
    }


def _sizes(labels: np.ndarray, inside: np.ndarray) -> np.ndarray:
    return np.unique(labels[inside], return_counts=True)[1].astype(float)


def _rand(truth: np.ndarray, parts: np.ndarray, error: float) -> float:
    """Return V_rand from scikit-image's error, which omits the n pairs of a pixel with itself from both sums."""
    mean = sum(float(np.square(_sizes(labels, truth > 0)).sum()) for labels in (truth, parts)) / 2
    n = np.count_nonzero(truth)
    return ((1 - error) * (mean - n) + n) / mean  # put the n pairs back into both sums


def _information(truth: np.ndarray, parts: np.ndarray) -> float:
    from skimage.metrics import variation_of_information

    distance = float(variation_of_information(truth, parts, ignore_labels=(0,)).sum())
    shares = [_sizes(labels, truth > 0) / np.count_nonzero(truth) for labels in (truth, parts)]
    total = sum(float(-(share * np.log2(share)).sum()) for share in shares)
    return (total - distance) / total


def _precision(table: np.ndarray) -> list[float]:
    sizes = table.sum(1)[:, None] + table.sum(0)[None] - table
    overlap = np.divide(table, sizes, out=np.zeros_like(table, dtype=float), where=sizes > 0)[1:, 1:]
    objects, predicted = (np.count_nonzero(table.sum(axis)[1:]) for axis in (1, 0))
    hits = [int(np.count_nonzero(overlap > t)) for t in TEN]
    return [hit / (objects + predicted - hit) for hit in hits]


def rows(case: Case = FULL, repeats: int = 15) -> Iterator[Row]:
    """Yield the row of all scores."""
    truth = cells(case.shape, case.count, case.radius_px)
    predicted = guessed(truth)
    name = f"{case.shape[0]}×{case.shape[1]}, {case.count} objects, {len(NAMES)} scores"
    what = ("metrics", name, "py-ctcmetrics + scikit-image")
    with tempfile.TemporaryDirectory() as folder:
        try:
            paths = saved(truth, predicted, Path(folder))
            expected = theirs(truth, predicted, paths)
        except ImportError as error:
            yield skipped(*what, str(error))
            return
        found = ours(truth, predicted)
        # np.max, unlike max, always propagates NaN
        difference = float(np.max([abs(found[score] - expected[score]) for score in NAMES]))
        checked = check(difference, 1e-9, "largest difference of a score")
        contenders: dict[str, Callable[[], object]] = {
            "ours": lambda: ours(truth, predicted),
            "theirs": lambda: theirs(truth, predicted, paths),
        }
        times = interleaved(contenders, repeats=repeats)
    yield faster(what, times["ours"], times["theirs"], aim="≥ 20", checked=checked)
