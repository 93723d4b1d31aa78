"""test_set: a test set's scores against those of its images one by one; label images read or refused."""

import math
from pathlib import Path

import numpy as np
import pytest
from builders.label_images import discs, shifted
from scipy import ndimage

from unetlib.datasets.dataset import Sample, write_dataset
from unetlib.evaluation import contingency as contingency_module
from unetlib.evaluation import image_metrics, isbi_metrics, test_set
from unetlib.evaluation.ctc_metrics import ctc_det, detections, foi_table
from unetlib.evaluation.image_metrics import score_image, seg_scores
from unetlib.evaluation.isbi_metrics import proposals, similarities, thin_borders, thinning_scores
from unetlib.evaluation.long_table import mean_score
from unetlib.evaluation.settings import DatasetScoring
from unetlib.evaluation.shape_metrics import METRICS as SHAPE_METRICS
from unetlib.evaluation.shape_metrics import shape_scores
from unetlib.evaluation.test_set import (
    Prediction,
    Truth,
    from_labels,
    from_probability,
    mirror_beyond_border,
    score_test_set,
)
from unetlib.evaluation.test_set import load_truths as truths
from unetlib.imaging.settings import InstanceSettings

PLAIN = DatasetScoring()
SWEEP = [0.2, 0.5, 0.8]


def stack(seed: int, count: int = 4) -> list[tuple[Truth, Prediction]]:
    random, found = np.random.default_rng(seed), []
    for _ in range(count):
        cells = discs(random, (60, 70), 12, 7)
        truth = Truth(np.where(cells % 5 == 0, 0, cells), random.random(cells.shape) < 0.02, cells)
        seen = ndimage.gaussian_filter((shifted(random, cells) > 0).astype(float), 1.5)
        found.append((truth, from_probability(seen, InstanceSettings(min_area_px=20))))
    return found


def test_without_settings_the_scores_are_those_of_each_image() -> None:
    for (truth, predicted), row in zip(stack(0), score_test_set(stack(0), PLAIN), strict=True):
        own = score_image(truth.labels, predicted.instances, predicted_mask=predicted.mask, ignore=truth.ignore)
        assert row == own | shape_scores(predicted.instances, predicted.probability)


@pytest.mark.parametrize("seed", range(5))
def test_the_pooled_rows_are_the_challenges_seg_and_det(seed: int) -> None:
    pairs = stack(seed)
    rows = score_test_set(pairs, DatasetScoring(field_of_interest_px=6))
    assert set(rows[0]) - set(score_image(pairs[0][0].labels, pairs[0][1].instances)) == {
        *("seg_ctc", "objects_ctc", "det", "markers"),
        *SHAPE_METRICS,
    }
    long = [{"image": str(n), "metric": m, "value": str(v)} for n, row in enumerate(rows) for m, v in row.items()]
    seg = np.concatenate([seg_scores(foi_table(t.labels, p.instances, border_px=6)) for t, p in pairs])
    det = ctc_det([detections(foi_table(t.markers, p.instances, border_px=6)) for t, p in pairs])
    assert mean_score("seg_ctc", long) == pytest.approx(seg.mean())
    assert mean_score("det", long) == pytest.approx(det)


def test_no_pair_of_label_images_is_counted_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[tuple[bytes, bytes]] = []

    def counting(truth: np.ndarray, predicted: np.ndarray) -> contingency_module.Contingency:
        counted.append((truth.tobytes(), predicted.tobytes()))
        return contingency(truth, predicted)

    contingency = contingency_module.contingency
    for module in (test_set, image_metrics, isbi_metrics):
        monkeypatch.setattr(module, "contingency", counting)
    pairs = [(Truth(t.labels, np.zeros_like(t.ignore), t.markers), p) for t, p in stack(1)]
    known = score_test_set(pairs, DatasetScoring(field_of_interest_px=6, thinning_thresholds=SWEEP))
    assert len(counted) == len(set(counted)) == len(pairs) * (2 + 2 * len(SWEEP)), "thinned and not at each"
    assert {"seg", "map", "v_rand", "seg_ctc", "det", "v_rand_thinned"} <= set(known[0])
    counted.clear()
    score_test_set(stack(1), PLAIN)
    assert len(counted) == len(pairs), "with ignored pixels the known ones alone, unless the challenge asks for all"
    counted.clear()
    score_test_set(stack(1), DatasetScoring(field_of_interest_px=6))
    assert len(counted) == len(set(counted)) == 3 * len(pairs)


def test_unknown_pixels_are_part_of_the_challenges_segments() -> None:
    truth = np.zeros((10, 20), np.uint16)
    truth[2:8, 2:8] = 1
    ignore = np.zeros(truth.shape, bool)
    ignore[:, 8:] = True
    predicted = np.zeros(truth.shape, np.uint16)
    predicted[2:8, 2:11] = 1  # half a cell too far, into the unknown
    row = score_test_set(
        [(Truth(truth, ignore), from_labels(predicted, min_area_px=0))], DatasetScoring(field_of_interest_px=0)
    )
    assert row[0]["seg"] == 1 and row[0]["seg_ctc"] == pytest.approx(36 / 54)


def test_an_image_without_markers_or_objects_has_no_score_of_them() -> None:
    empty = np.zeros((20, 20), np.uint16)
    cell = np.pad(np.ones((6, 6), np.uint16), 7)
    pairs = [
        (Truth(empty, empty > 0), from_labels(cell, min_area_px=0)),
        (Truth(cell, empty > 0, cell), from_labels(cell, min_area_px=0)),
    ]
    bare, full = score_test_set(pairs, DatasetScoring(field_of_interest_px=2))
    assert math.isnan(bare["seg_ctc"]) and math.isnan(bare["det"])
    assert bare["objects_ctc"] == bare["markers"] == 0
    assert full["seg_ctc"] == full["det"] == full["markers"] == 1


@pytest.mark.parametrize("seed", range(5))
def test_one_threshold_is_taken_for_the_whole_stack(seed: int) -> None:
    pairs = stack(seed)
    rows = score_test_set(pairs, DatasetScoring(thinning_thresholds=SWEEP))
    thinned = [[[thin_borders(each) for each in proposals(p.probability, SWEEP)], t] for t, p in pairs]
    plain = [[proposals(p.probability, SWEEP), t] for t, p in pairs]
    wanted = {"v_rand_thinned": (thinning_scores, thinned, 0), "v_info_thinned": (thinning_scores, thinned, 1)}
    wanted |= {"rand_error": (similarities, plain, 0), "pixel_error": (similarities, plain, 1)}
    for name, (score, stacks, place) in wanted.items():
        by_threshold = [
            [score(t.labels, each[number], t.ignore)[place] for each, t in stacks] for number in range(len(SWEEP))
        ]
        best = max(by_threshold, key=np.mean)
        assert [row[name] for row in rows] == ([1 - value for value in best] if "error" in name else best)


def test_labels_without_probability_are_one_proposal() -> None:
    truth, predicted = stack(3, 1)[0]
    row = score_test_set(
        [(truth, from_labels(predicted.instances, min_area_px=0))], DatasetScoring(thinning_thresholds=SWEEP)
    )[0]
    expected = thinning_scores(truth.labels, thin_borders(predicted.instances), truth.ignore)
    assert (row["v_rand_thinned"], row["v_info_thinned"]) == expected
    rand, dice = similarities(truth.labels, predicted.instances, truth.ignore)
    assert (row["rand_error"], row["pixel_error"]) == (1 - rand, 1 - dice)


def test_small_objects_of_another_tool_are_dropped_as_ours_are() -> None:
    labels = np.zeros((8, 8), np.uint16)
    labels[0, :3], labels[4:7, 4:7] = 5, 9
    found = from_labels(labels, min_area_px=4)
    assert np.unique(found.instances).tolist() == [0, 1] and found.instances.sum() == 9
    assert found.mask.sum() == 12, "pixel scores see the mask as it was given"
    assert (from_labels(labels, min_area_px=3).instances == labels).all()


def naive_without_small(labels: np.ndarray, min_area_px: int) -> np.ndarray:
    kept = labels.copy()
    for number in range(1, int(labels.max()) + 1):
        if (labels == number).sum() < min_area_px:
            kept[labels == number] = 0
    return kept


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("unknown", [False, True])
def test_a_small_object_counts_neither_in_truth_nor_prediction_and_its_pixels_in_both(seed: int, unknown: bool) -> None:
    random = np.random.default_rng(seed)
    labels, ignore = discs(random, (60, 70), 12, 7), np.zeros((60, 70), bool)
    ignore[:, :12] = unknown
    areas = np.bincount(labels.ravel())[1:]
    least = int(np.median(areas[areas > 0])) + 1
    made = shifted(random, labels)
    (row,) = score_test_set(
        [(Truth(labels, ignore), from_labels(made, min_area_px=least))], DatasetScoring(min_area_px=least)
    )
    objects = score_image(naive_without_small(labels, least), naive_without_small(made, least), ignore=ignore)
    pixels = score_image(labels, made, ignore=ignore)
    of_objects = {"seg", "ap50", "map", "v_rand", "v_info", "objects", "predicted_objects"}
    pixels |= shape_scores(naive_without_small(made, least))
    assert row == {name: (objects if name in of_objects else pixels)[name] for name in row}
    assert 0 < row["objects"] < pixels["objects"]


@pytest.mark.parametrize("least", [0, 30, 90])
def test_a_tool_that_gives_back_the_truth_scores_one_whatever_the_least_area(least: int) -> None:
    labels = discs(np.random.default_rng(3), (60, 70), 12, 7)
    truth = Truth(labels, np.zeros(labels.shape, bool))
    for predicted in (
        from_labels(labels, min_area_px=least),
        from_probability((labels > 0).astype(np.float32), InstanceSettings(min_area_px=least)),
    ):
        (row,) = score_test_set([(truth, predicted)], DatasetScoring(min_area_px=least))
        assert row["dice"] == row["iou"] == 1
        assert row["objects"] == np.count_nonzero(np.bincount(labels.ravel())[1:] >= max(least, 1))
    (row,) = score_test_set([(truth, from_labels(labels, min_area_px=least))], DatasetScoring(min_area_px=least))
    assert {row[name] for name in ("seg", "ap50", "map", "v_rand", "v_info")} == {1.0}


def test_the_challenge_counts_true_objects_of_any_size() -> None:
    labels = np.zeros((20, 20), np.uint16)
    labels[2:10, 2:10], labels[15:17, 15:17] = 1, 2
    pair = (Truth(labels, labels < 0), from_labels(labels, min_area_px=5))
    (row,) = score_test_set([pair], DatasetScoring(min_area_px=5, field_of_interest_px=0))
    assert (row["seg"], row["objects"], row["seg_ctc"], row["objects_ctc"]) == (1, 1, 0.5, 2)


def test_truths_of_a_dataset_have_markers_where_it_has_them(tmp_path: Path) -> None:
    cell = np.pad(np.ones((4, 4), np.uint16), 4)
    image = np.arange(144, dtype=np.uint8).reshape(12, 12)
    facts = {"sequence": "01", "group": "01", "modality": "m", "image": image, "labels": cell}
    samples = [Sample("a", time=0, markers=cell, **facts), Sample("b", time=1, **facts)]
    write_dataset(tmp_path / "d", samples)
    found = truths(tmp_path / "d", ["b", "a"])
    assert list(found) == ["b", "a"] and found["b"].markers is None
    np.testing.assert_array_equal(found["a"].markers, cell)


def test_a_changed_marker_changes_the_frames_checksum(tmp_path: Path) -> None:
    cell = np.pad(np.ones((4, 4), np.uint16), 4)
    image = np.arange(144, dtype=np.uint8).reshape(12, 12)
    facts = {"sequence": "01", "time": 0, "group": "01", "modality": "m", "image": image, "labels": cell}
    tables_written = set()
    for number, markers in enumerate((None, cell, 2 * cell)):
        write_dataset(tmp_path / str(number), [Sample("a", markers=markers, **facts)])
        tables_written.add((tmp_path / str(number) / "frames.csv").read_text())
    assert len(tables_written) == 3


def test_a_perfect_mask_in_a_mirrored_window_is_far_from_perfect() -> None:
    """levitsky2024 scored 256-px images in a 324-px window: with cells all over, a perfect network gets Dice 0.77."""
    labels = np.ones((256, 256), np.uint16)
    labels[::4] = 0
    truth = Truth(labels, np.zeros(labels.shape, bool), labels)
    shown, probability = mirror_beyond_border(truth, (labels > 0).astype(np.float32), 324)
    assert shown.labels.shape == shown.ignore.shape == shown.markers.shape == probability.shape == (324, 324)
    np.testing.assert_array_equal(shown.labels[34:290, 34:290], labels)
    assert shown.labels.sum() == labels.sum() and not shown.ignore.any()
    np.testing.assert_array_equal(probability[34:290, :34], probability[34:290, 68:34:-1])
    (row,) = score_test_set([(shown, from_probability(probability, InstanceSettings()))], PLAIN)
    assert row["recall"] == 1 and row["dice"] == pytest.approx(2 / (1 + (324 / 256) ** 2), abs=0.01)


def test_a_window_adds_nothing_to_a_larger_image() -> None:
    truth, probability = Truth(np.ones((30, 40)), np.zeros((30, 40)), None), np.ones((30, 40))
    same, seen = mirror_beyond_border(truth, probability, 30)
    assert same is truth and seen is probability
    wide, seen = mirror_beyond_border(truth, probability, 33)
    assert wide.labels.shape == seen.shape == (33, 40) and wide.markers is None
