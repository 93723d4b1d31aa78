"""ctc_metrics: SEG and DET against py-ctcmetrics and naive loops, on random label images and on real ones."""

import math
import runpy
from pathlib import Path

import numpy as np
import pytest
import tifffile
from builders.label_images import discs, shifted
from ctc_metrics.metrics.technical.det import det as peer_det
from ctc_metrics.metrics.technical.seg import seg as peer_seg
from ctc_metrics.utils.representations import count_acyclic_graph_correction_operations
from ctc_metrics.utils.representations import match as ctc_match

from unetlib.datasets.readers import read
from unetlib.evaluation.contingency import ScoreError, contingency
from unetlib.evaluation.ctc_metrics import (
    Detections,
    ctc_det,
    det_by_frame,
    detections,
    foi_table,
    in_foi,
    remove_outside_foi,
)
from unetlib.evaluation.image_metrics import seg_scores
from unetlib.io.archives import open_archive

ROOT = Path(__file__).parents[2]
REAL = ROOT.parent / "shared" / "data"
SEEDS = range(12)


def frame(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Truth, its markers (small parts of most cells, and of cells that the truth leaves out), a prediction."""
    random = np.random.default_rng(seed)
    cells = discs(random, (int(random.integers(30, 80)), int(random.integers(30, 80))), 14, 7)
    markers = np.where(random.random(cells.shape) < 0.7, cells, 0).astype(np.uint16)
    truth = np.where(cells % 6 == 0, 0, cells).astype(np.uint16)
    predicted = shifted(random, cells)
    predicted[predicted % 5 == 4] = 0
    predicted[predicted % 7 == 6] = 1
    return truth, markers, predicted


def naive_inside(labels: np.ndarray, border: int) -> np.ndarray:
    """Pixel by pixel: an object stays when one of its pixels is at least `border` pixels from every edge."""
    height, width = labels.shape
    kept = set()
    for row in range(height):
        for column in range(width):
            if min(row, column, height - 1 - row, width - 1 - column) >= border:
                kept.add(int(labels[row, column]))
    return np.where(np.isin(labels, list(kept)), labels, 0)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("border", [0, 1, 5, 12, 40])
def test_the_field_of_interest_equals_a_loop(seed: int, border: int) -> None:
    for labels in frame(seed):
        kept = remove_outside_foi(labels, border)
        np.testing.assert_array_equal(kept, naive_inside(labels, border))
        assert kept.dtype == labels.dtype


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("border", [0, 1, 5, 12, 40])
def test_leaving_objects_out_of_a_table_equals_counting_without_them(seed: int, border: int) -> None:
    truth, _, predicted = frame(seed)
    found = foi_table(truth, predicted, border_px=border)
    counted = contingency(naive_inside(truth, border), naive_inside(predicted, border))
    for name in ("row", "column", "overlap", "row_size", "column_size"):
        np.testing.assert_array_equal(getattr(found, name), getattr(counted, name), name)


def test_a_table_without_background_keeps_its_order() -> None:
    truth, predicted = np.array([[7, 7, 9, 9, 9]]), np.array([[3, 5, 5, 5, 8]])
    table = contingency(truth, predicted).keep(np.array([True, False, True]), np.array([True, True, True, False]))
    counted = contingency(np.where(truth == 9, 9, 0), np.where(predicted == 8, 0, predicted))
    np.testing.assert_array_equal(table.overlap, counted.overlap)
    np.testing.assert_array_equal(table.row_size, counted.row_size)
    np.testing.assert_array_equal(table.column_size, counted.column_size)
    assert in_foi(truth, 0).tolist() == [True, True, True]


def test_an_object_that_reaches_the_field_stays_whole() -> None:
    labels = np.zeros((20, 30), np.uint16)
    labels[0:6, 3:9] = 1  # its last row is row 5, the first of the field
    labels[14:20, 10:20] = 2  # starts in row 14, the last of the field
    labels[15:20, 22:28] = 3  # row 15 is border
    assert np.unique(remove_outside_foi(labels, 5)).tolist() == [0, 1, 2]
    assert (remove_outside_foi(labels, 5) == 1).sum() == 36
    with pytest.raises(ScoreError, match="field_of_interest_px is -1"):
        remove_outside_foi(labels, -1)


def oracle(folder: Path, pairs: list[tuple[np.ndarray, np.ndarray]]) -> tuple[float, float]:
    """SEG and DET of (reference, result) frames by py-ctcmetrics, which reads files and overflows on uint8."""
    matches = []
    for number, pair in enumerate(pairs):
        paths = [folder / f"{number}-{name}.tif" for name in ("reference", "result")]
        for path, labels in zip(paths, pair, strict=True):
            tifffile.imwrite(path, labels.astype(np.uint16))
        matches.append(ctc_match(*map(str, paths)))
    labels_ref, labels_comp, mapped_ref, mapped_comp, ious = map(list, zip(*matches, strict=True))
    graph = count_acyclic_graph_correction_operations(None, None, labels_ref, labels_comp, mapped_ref, mapped_comp)
    return peer_seg(labels_ref, ious), peer_det(**graph)


@pytest.mark.parametrize("border", [0, 8])
@pytest.mark.parametrize("seed", SEEDS)
def test_seg_and_det_of_a_sequence_equal_the_challenges(seed: int, border: int, tmp_path: Path) -> None:
    frames = [frame(100 * seed + number) for number in range(4)]
    inside = [[naive_inside(labels, border) for labels in each] for each in frames]
    expected_seg, _ = oracle(tmp_path, [(truth, predicted) for truth, _, predicted in inside])
    _, expected_det = oracle(tmp_path, [(markers, predicted) for _, markers, predicted in inside])
    seg = np.concatenate([seg_scores(foi_table(truth, predicted, border_px=border)) for truth, _, predicted in frames])
    found = [detections(foi_table(markers, predicted, border_px=border)) for _, markers, predicted in frames]
    assert seg.mean() == pytest.approx(expected_seg, abs=1e-9)
    assert ctc_det(found) == pytest.approx(expected_det, abs=1e-9)


def naive_detections(markers: np.ndarray, predicted: np.ndarray) -> Detections:
    finds: dict[int, int] = {int(label): 0 for label in np.unique(predicted[predicted > 0])}
    ids = np.unique(markers[markers > 0])
    missed = 0
    for marker in ids:
        here = predicted[markers == marker]
        covering = [label for label in finds if (here == label).sum() > len(here) / 2]
        missed += not covering
        for label in covering:
            finds[label] += 1
    splits = sum(count - 1 for count in finds.values() if count)
    return Detections(splits, missed, sum(not count for count in finds.values()), len(ids))


@pytest.mark.parametrize("seed", SEEDS)
def test_detections_equal_a_loop(seed: int) -> None:
    _, markers, predicted = frame(seed)
    assert detections(contingency(markers, predicted)) == naive_detections(markers, predicted)


def test_what_each_mistake_costs() -> None:
    markers = np.array([[1, 1, 0, 2, 2, 0, 3, 3, 0, 0]])
    assert detections(contingency(markers, markers)) == Detections(0, 0, 0, 3)
    merged = np.array([[1, 1, 1, 1, 1, 0, 0, 3, 0, 9]])  # 1 and 2 in one, half of 3 is not more than half, 9 is extra
    found = detections(contingency(markers, merged))
    assert found == Detections(splits=1, missed=1, extra=2, markers=3)
    assert (found.cost, found.empty_cost) == (5 + 10 + 2, 30)
    assert ctc_det([found]) == pytest.approx(1 - 17 / 30)


@pytest.mark.parametrize("seed", SEEDS)
def test_frames_weighed_by_markers_give_the_det_of_all(seed: int) -> None:
    random = np.random.default_rng(seed)
    frames = []
    for number in range(6):
        markers = 0 if number == seed % 6 else int(random.integers(1, 20))
        missed = int(random.integers(0, markers + 1))
        frames.append(Detections(int(random.integers(0, 3)), missed, int(random.integers(0, 4 + 20 * seed)), markers))
    values = det_by_frame(frames)
    known = [(value, each.markers) for value, each in zip(values, frames, strict=True) if each.markers]
    assert sum(math.isnan(value) for value in values) == len(frames) - len(known)
    pooled = sum(value * markers for value, markers in known) / sum(markers for _, markers in known)
    assert pooled == pytest.approx(ctc_det(frames), abs=1e-12)


def test_the_floor_of_det_is_one_of_all_frames() -> None:
    bad, good = Detections(0, 0, 50, 2), Detections(0, 0, 0, 8)
    assert ctc_det([bad]) == 0 and det_by_frame([bad]) == [0]
    assert ctc_det([bad, good]) == pytest.approx(0.5), "the sum is cut off, not its parts"
    assert det_by_frame([bad, good]) == [pytest.approx(-1.5), 1]
    assert math.isnan(ctc_det([Detections(0, 0, 3, 0)])) and math.isnan(det_by_frame([Detections(0, 0, 3, 0)])[0])
    assert det_by_frame([]) == []


@pytest.mark.realdata
@pytest.mark.parametrize("name", ["PhC-C2DH-U373.zip", "DIC-C2DH-HeLa.zip"])
def test_real_frames_score_as_the_challenge_scores_them(name: str, tmp_path: Path) -> None:
    """Gold truth and markers against silver truth and against a watershed of the image, border 50 px."""
    if not (REAL / name).is_file():
        pytest.skip(f"{name} is not in ../shared/data")
    segment = runpy.run_path(str(ROOT / "workflow/external_tools/otsu_watershed.py"))["segment"]
    with open_archive(REAL / name, max_bytes=2 * 10**9, max_members=100_000) as archive:
        gold = [s for s in read("ctc", archive) if s.labels is not None and s.sequence == "02"]
    dropped = sum(len(np.unique(s.labels)) - len(np.unique(remove_outside_foi(s.labels, 50))) for s in gold)
    assert dropped == 0, "the annotators drew nothing that lies wholly in the border"
    gold = gold[::4]  # py-ctcmetrics takes a second per frame
    results = {
        "silver": [sample.silver for sample in gold],
        "watershed": [segment(sample.image, sigma_px=4, min_distance_px=20) for sample in gold],
    }
    for kind, predicted in results.items():
        inside = [
            [remove_outside_foi(x, 50) for x in (s.labels, s.markers, p)] for s, p in zip(gold, predicted, strict=True)
        ]
        expected_seg, _ = oracle(tmp_path, [(truth, found) for truth, _, found in inside])
        _, expected_det = oracle(tmp_path, [(markers, found) for _, markers, found in inside])
        pairs = list(zip(gold, predicted, strict=True))
        seg = np.concatenate([seg_scores(foi_table(sample.labels, found, border_px=50)) for sample, found in pairs])
        det = ctc_det([detections(foi_table(sample.markers, found, border_px=50)) for sample, found in pairs])
        assert seg.mean() == pytest.approx(expected_seg, abs=1e-6)
        assert det == pytest.approx(expected_det, abs=1e-6)
        assert kind != "silver" or (seg.mean() > 0.7 and det > 0.9)
