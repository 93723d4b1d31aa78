"""image_metrics: one table against scikit-image, py-ctcmetrics and naive loops, on random label images."""

from pathlib import Path

import numpy as np
import pytest
import tifffile
from builders.label_images import discs, shifted
from ctc_metrics.metrics.technical.seg import seg as ctc_seg
from ctc_metrics.utils.representations import match as ctc_match
from scipy.optimize import linear_sum_assignment
from skimage.metrics import adapted_rand_error, contingency_table, variation_of_information

from unetlib.evaluation import contingency as contingency_module
from unetlib.evaluation import image_metrics
from unetlib.evaluation.contingency import ScoreError, contingency
from unetlib.evaluation.image_metrics import score_image, seg_scores

SEEDS = range(12)
KEYS = (
    "iou dice precision recall pixel_accuracy seg ap50 map v_rand v_info iou_background objects predicted_objects "
    "predicted_foreground true_foreground pixels"
)


def pair(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A truth and a prediction that misses, moves, merges and splits some of it; background in both."""
    random = np.random.default_rng(seed)
    truth = discs(random, (int(random.integers(20, 70)), int(random.integers(20, 70))), 12, 7)
    predicted = shifted(random, truth, noise=random.choice([0, 0.05, 0.5]))
    predicted[predicted % 5 == 4] = 0
    predicted[predicted % 7 == 6] = 1
    truth[0, 0] = predicted[0, 0] = 0
    return truth, predicted


def ious(truth: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """IoU of every true with every predicted object, by masks."""
    rows = [truth == label for label in np.unique(truth[truth > 0])]
    columns = [predicted == label for label in np.unique(predicted[predicted > 0])]
    table = [[(r & c).sum() / (r | c).sum() for c in columns] for r in rows]
    return np.array(table).reshape(len(rows), len(columns))


@pytest.mark.parametrize("seed", SEEDS)
def test_contingency_equals_scikit_image(seed: int) -> None:
    truth, predicted = pair(seed)
    table = contingency(truth, predicted)
    dense = np.zeros((len(table.row_size), len(table.column_size)), int)
    dense[table.row, table.column] = table.overlap
    expected = contingency_table(truth, predicted).toarray()
    expected = expected[np.ix_(np.unique(truth), np.unique(predicted))]
    np.testing.assert_array_equal(dense, expected)
    np.testing.assert_array_equal(table.row_size, expected.sum(1))
    np.testing.assert_array_equal(table.column_size, expected.sum(0))
    assert table.pixels == truth.size and (table.overlap > 0).all()


def test_contingency_of_very_many_labels_takes_the_sparse_way(monkeypatch: pytest.MonkeyPatch) -> None:
    truth, predicted = pair(2)
    dense = contingency(truth, predicted)
    monkeypatch.setattr(contingency_module, "DENSE_CELLS", 0)
    sparse = contingency(truth, predicted)
    for name in ("row", "column", "overlap", "row_size", "column_size"):
        np.testing.assert_array_equal(getattr(sparse, name), getattr(dense, name))


@pytest.mark.parametrize("seed", SEEDS)
def test_seg_equals_the_challenges(seed: int, tmp_path: Path) -> None:
    truth, predicted = pair(seed)
    for name, labels in (("truth.tif", truth), ("predicted.tif", predicted)):
        tifffile.imwrite(tmp_path / name, labels.astype(np.uint16))
    ids, _, _, _, overlaps = ctc_match(str(tmp_path / "truth.tif"), str(tmp_path / "predicted.tif"))
    scores = seg_scores(contingency(truth, predicted))
    assert len(scores) == len(ids)
    assert scores.mean() == pytest.approx(ctc_seg([ids], [overlaps]))
    assert score_image(truth, predicted)["seg"] == pytest.approx(scores.mean())


@pytest.mark.parametrize("seed", SEEDS)
def test_seg_per_object_equals_a_loop(seed: int) -> None:
    truth, predicted = pair(seed)
    expected = []
    for label in np.unique(truth[truth > 0]):
        reference, best = truth == label, 0.0
        for other in np.unique(predicted[predicted > 0]):
            segment = predicted == other
            if (reference & segment).sum() > 0.5 * reference.sum():
                best = (reference & segment).sum() / (reference | segment).sum()
        expected.append(best)
    np.testing.assert_allclose(seg_scores(contingency(truth, predicted)), expected)


@pytest.mark.parametrize("seed", SEEDS)
def test_average_precision_equals_an_optimal_assignment(seed: int) -> None:
    truth, predicted = pair(seed)
    overlaps, expected = ious(truth, predicted), []
    for percent in range(50, 100, 5):
        allowed = np.round(overlaps * 1e9) > percent * 1e7
        hits = allowed[linear_sum_assignment(allowed, maximize=True)].sum()
        expected.append(hits / (sum(overlaps.shape) - hits))
    np.testing.assert_allclose(image_metrics.average_precision(contingency(truth, predicted)), expected)
    scores = score_image(truth, predicted)
    assert scores["map"] == pytest.approx(np.mean(expected)) and scores["ap50"] == pytest.approx(expected[0])


def test_average_precision_at_exactly_the_threshold_is_no_match() -> None:
    for percent in range(50, 100, 5):
        truth = (np.arange(40) < 20).astype(int)
        predicted = (np.arange(40) < percent // 5).astype(int)
        hits = image_metrics.average_precision(contingency(truth, predicted))
        assert (hits > 0).tolist() == [t < percent for t in range(50, 100, 5)]


def singletons(truth: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """The prediction with every background pixel a segment of its own."""
    alone = predicted == 0
    return np.where(alone, predicted.max() + np.cumsum(alone.ravel()).reshape(alone.shape), predicted).astype(np.int64)


@pytest.mark.parametrize("seed", SEEDS)
def test_v_rand_equals_scikit_image(seed: int) -> None:
    """adapted_rand_error counts pairs without the pixel itself: n less in numerator and denominator."""
    truth, predicted = pair(seed)
    split = singletons(truth, predicted)
    inside = truth > 0
    squares = [float(np.square(np.unique(x[inside], return_counts=True)[1]).sum()) for x in (truth, split)]
    mean, n = sum(squares) / 2, int(inside.sum())
    f_score = 1 - adapted_rand_error(truth, split)[0]
    assert score_image(truth, predicted)["v_rand"] == pytest.approx((f_score * (mean - n) + n) / mean)


@pytest.mark.parametrize("seed", SEEDS)
def test_v_info_equals_scikit_image(seed: int) -> None:
    truth, predicted = pair(seed)
    split, inside = singletons(truth, predicted), truth > 0
    distance = variation_of_information(truth, split, ignore_labels=(0,)).sum()
    entropies = []
    for labels in (truth, split):
        share = np.unique(labels[inside], return_counts=True)[1] / inside.sum()
        entropies.append(-(share * np.log2(share)).sum())
    shared = (sum(entropies) - distance) / 2
    assert score_image(truth, predicted)["v_info"] == pytest.approx(shared / (sum(entropies) / 2))


@pytest.mark.parametrize("seed", SEEDS)
def test_pixel_scores_equal_counts(seed: int) -> None:
    truth, predicted = pair(seed)
    t, p = truth.ravel() > 0, predicted.ravel() > 0
    tp, fp, fn, tn = (
        sum(
            a == b and c == d for a, b, c, d in zip(t, np.full_like(t, want_t), p, np.full_like(p, want_p), strict=True)
        )
        for want_t, want_p in ((True, True), (False, True), (True, False), (False, False))
    )
    expected = {
        "iou": tp / (tp + fp + fn),
        "dice": 2 * tp / (2 * tp + fp + fn),
        "precision": tp / (tp + fp),
        "recall": tp / (tp + fn),
        "pixel_accuracy": (tp + tn) / t.size,
        "iou_background": tn / (tn + fp + fn),
        "true_foreground": (tp + fn) / t.size,
        "predicted_foreground": (tp + fp) / t.size,
        "pixels": t.size,
    }
    scores = score_image(truth, predicted)
    for name, value in expected.items():
        assert scores[name] == pytest.approx(value), name
    assert scores["objects"] == len(np.unique(truth)) - 1
    assert scores["predicted_objects"] == len(np.unique(predicted)) - 1
    assert scores["dice"] == pytest.approx(2 * scores["iou"] / (1 + scores["iou"]))


def test_keys_are_the_tables() -> None:
    assert set(score_image(*pair(0))) == set(KEYS.split())
    assert all(type(value) is float for value in score_image(*pair(0)).values())


@pytest.mark.parametrize("seed", SEEDS)
def test_perfect_prediction_scores_one_whatever_its_ids(seed: int) -> None:
    truth, _ = pair(seed)
    ids = np.concatenate([[0], 1 + np.random.default_rng(seed).permutation(truth.max())])
    scores = score_image(truth, ids[truth])
    for name in (*UNDEFINED, "pixel_accuracy", "iou_background"):
        assert scores[name] == pytest.approx(1, abs=1e-12) and scores[name] <= 1, name


EMPTY, FULL = np.zeros((4, 6), int), np.ones((4, 6), int)
SQUARE = np.pad(np.ones((2, 2), int), ((1, 1), (1, 3)))
UNDEFINED = ("iou", "dice", "precision", "recall", "seg", "ap50", "map", "v_rand", "v_info")


def test_both_empty_is_perfect() -> None:
    scores = score_image(EMPTY, EMPTY)
    assert {scores[name] for name in UNDEFINED} == {1.0}
    assert scores["iou_background"] == scores["pixel_accuracy"] == 1


def test_one_empty_is_worthless() -> None:
    assert {score_image(EMPTY, SQUARE)[name] for name in UNDEFINED} == {0.0}
    missed = score_image(SQUARE, EMPTY)
    assert {missed[name] for name in UNDEFINED if name not in ("v_rand", "v_info")} == {0.0}
    assert missed["v_rand"] == pytest.approx(4 / (0.5 * 16 + 0.5 * 4)), "four pixels, each a segment of its own"
    assert missed["v_info"] == 0


def test_no_background_at_all() -> None:
    scores = score_image(FULL, FULL)
    assert scores["iou_background"] == 1 and scores["v_info"] == 1 and scores["v_rand"] == 1
    assert score_image(FULL, SQUARE)["iou_background"] == 0


@pytest.mark.parametrize("seed", SEEDS)
def test_ignored_pixels_change_nothing(seed: int) -> None:
    """Whatever is predicted in the unknown columns, the scores are those of the image without them."""
    truth, predicted = pair(seed)
    random = np.random.default_rng(seed)
    unknown = random.integers(0, 40, (truth.shape[0], 30)).astype(truth.dtype) + 100
    ignore = np.zeros((truth.shape[0], truth.shape[1] + 30), np.uint8)
    ignore[:, truth.shape[1] :] = 1
    wide = [np.hstack([labels, unknown if i else 0 * unknown]) for i, labels in enumerate((truth, predicted))]
    assert score_image(wide[0], wide[1], ignore=ignore) == score_image(truth, predicted)


def test_predictions_mostly_in_the_unknown_are_dropped_and_others_clipped() -> None:
    truth = np.zeros((4, 12), int)
    truth[:, :3] = 1
    ignore = np.zeros((4, 12), bool)
    ignore[:, 6:] = True
    predicted = np.zeros((4, 12), int)
    predicted[:, :3] = 7
    predicted[0, 5:8] = 8
    predicted[1, 4:8] = 9
    scores = score_image(truth, predicted, ignore=ignore)
    assert scores["predicted_objects"] == 2, "8 lies with 2 of 3 px in the unknown, 9 with 2 of 4"
    assert scores["pixels"] == 24
    assert scores["iou"] == pytest.approx(12 / (12 + 1 + 2)), "pixel scores see the mask as predicted"
    assert scores["ap50"] == pytest.approx(1 / 2)


def test_predicted_mask_feeds_the_pixel_scores_only() -> None:
    truth, predicted = pair(1)
    mask = np.random.default_rng(0).random(truth.shape) < 0.5
    scores, plain = score_image(truth, predicted, predicted_mask=mask), score_image(truth, predicted)
    assert scores["iou"] == pytest.approx(((truth > 0) & mask).sum() / ((truth > 0) | mask).sum())
    assert {n: scores[n] for n in ("seg", "map", "v_rand")} == {n: plain[n] for n in ("seg", "map", "v_rand")}


def test_unscorable_pairs_say_why() -> None:
    with pytest.raises(ScoreError, match=r"truth is \(4, 6\) but the prediction is \(6, 4\)"):
        score_image(EMPTY, EMPTY.T)
    with pytest.raises(ScoreError, match="no pixel is left"):
        score_image(EMPTY, SQUARE, ignore=FULL)
