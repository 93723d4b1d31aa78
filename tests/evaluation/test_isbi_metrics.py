"""thinning: the flood pixel by pixel and with a queue, scores against scikit-image, the choice by stack."""

from collections import deque
from pathlib import Path

import numpy as np
import pytest
from builders.label_images import discs
from scipy import ndimage
from skimage.metrics import adapted_rand_error, variation_of_information
from skimage.segmentation import watershed

from unetlib.datasets.readers import read
from unetlib.evaluation.image_metrics import contingency, v_info, v_rand
from unetlib.evaluation.isbi_metrics import (
    best_threshold_scores,
    proposals,
    similarities,
    thin_borders,
    thinning_scores,
)
from unetlib.io.archives import open_archive

REAL = Path(__file__).parents[3] / "shared" / "data"
SEEDS = range(10)


def components(seed: int, side: int = 40) -> np.ndarray:
    """Separate pieces: the 4-connected components of random discs."""
    mask = discs(np.random.default_rng(seed), (side, side + 7), 12, 5) > 0
    return np.asarray(ndimage.label(mask)[0])


def neighbours(shape: tuple[int, ...], row: int, column: int) -> list[tuple[int, int]]:
    beside = [(row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)]
    return [(r, c) for r, c in beside if 0 <= r < shape[0] and 0 <= c < shape[1]]


def flooded(labels: np.ndarray) -> np.ndarray:
    """The flood of Soille and Vincent (1990) with one plateau: first come, first served; where two meet, a dam."""
    result, waiting = labels.copy(), deque(map(tuple, np.argwhere(labels > 0)))
    queued = labels > 0
    while waiting:
        here = waiting.popleft()
        around = {int(result[place]) for place in neighbours(labels.shape, *here)} - {0}
        if not labels[here]:
            result[here] = around.pop() if len(around) == 1 else 0
        if labels[here] or result[here]:
            for place in neighbours(labels.shape, *here):
                if not queued[place]:
                    queued[place] = True
                    waiting.append(place)
    return result


@pytest.mark.parametrize("seed", SEEDS)
def test_the_flood_equals_one_pixel_by_pixel(seed: int) -> None:
    labels = components(seed)
    expected, inside = labels.copy(), np.argwhere(labels > 0)
    far = {(r, c): int(np.abs(inside - (r, c)).sum(axis=1).min()) for r, c in np.argwhere(labels == 0).tolist()}
    for place in sorted(far, key=lambda place: (far[place], sum(place) % 2)):
        around = {int(expected[beside]) for beside in neighbours(labels.shape, *place)} - {0}
        expected[place] = around.pop() if len(around) == 1 else 0
    np.testing.assert_array_equal(thin_borders(labels), expected)
    assert thin_borders(labels).dtype == labels.dtype


@pytest.mark.parametrize("seed", SEEDS)
def test_lines_part_all_labels_and_spare_the_labels(seed: int) -> None:
    labels = components(seed)
    result = thin_borders(labels)
    np.testing.assert_array_equal(result[labels > 0], labels[labels > 0])
    for row, column in np.argwhere(result > 0):
        touched = {int(result[place]) for place in neighbours(labels.shape, row, column)}
        assert touched <= {0, int(result[row, column])}, "two labels touch"
    between = [
        len({int(result[p]) for p in neighbours(labels.shape, *place)} - {0}) for place in np.argwhere(result == 0)
    ]
    assert np.mean(np.array(between) >= 2) > 0.9, "a line of one pixel meets two labels nearly everywhere"


@pytest.mark.parametrize("seed", range(3))
def test_a_queue_in_place_of_parity_gives_nearly_the_same(seed: int) -> None:
    """Of pixels at equal distance either may become line. Two floods with queues differ as much from each other."""
    field = np.abs(ndimage.gaussian_filter(np.random.default_rng(seed).standard_normal((160, 160)), 5))
    truth = thin_borders(ndimage.label(field > 0.15 * field.std())[0])
    proposal = ndimage.label(field > 0.5 * field.std())[0]
    queue = watershed(np.zeros(field.shape, np.uint8), proposal, connectivity=1, watershed_line=True)
    floods = [thin_borders(proposal), flooded(proposal), queue]
    lines, scores = [np.mean(flood == 0) for flood in floods], [thinning_scores(truth, flood) for flood in floods]
    assert np.ptp(lines) < 0.02 * lines[0]
    assert (np.ptp(scores, axis=0) < 0.004).all()


def test_nothing_and_one_label_have_no_line() -> None:
    assert not thin_borders(np.zeros((4, 5), int)).any()
    one = np.zeros((4, 5), int)
    one[2, 2] = 7
    assert (thin_borders(one) == 7).all()


def singletons(labels: np.ndarray) -> np.ndarray:
    alone = labels == 0
    return np.where(alone, labels.max() + np.cumsum(alone.ravel()).reshape(alone.shape), labels).astype(np.int64)


def by_scikit_image(truth: np.ndarray, proposal: np.ndarray) -> tuple[float, float]:
    """V_rand and V_info from scikit-image's Rand error and variation of information, every dam pixel on its own."""
    split, inside = singletons(proposal), truth > 0
    sizes = [np.unique(labels[inside], return_counts=True)[1] for labels in (truth, split)]
    mean, n = sum(float(np.square(each.astype(float)).sum()) for each in sizes) / 2, int(inside.sum())
    rand = ((1 - adapted_rand_error(truth, split)[0]) * (mean - n) + n) / mean
    entropies = [float(-(each / n * np.log2(each / n)).sum()) for each in sizes]
    apart = float(variation_of_information(truth, split, ignore_labels=(0,)).sum())
    return rand, (sum(entropies) - apart) / sum(entropies)


@pytest.mark.parametrize("seed", SEEDS)
def test_scores_of_a_thinned_proposal_equal_scikit_image(seed: int) -> None:
    truth, proposal = components(seed, 60), thin_borders(components(seed + 20, 60))
    assert thinning_scores(truth, proposal) == pytest.approx(by_scikit_image(truth, proposal), abs=1e-9)


def test_thinning_forgives_thick_borders() -> None:
    truth = thin_borders(components(3, 60))
    eroded = np.where(ndimage.minimum_filter(truth, 5) == truth, truth, 0)
    table = contingency(truth, eroded)
    rand, info = thinning_scores(truth, thin_borders(eroded))
    assert v_rand(table) < 0.75 and rand > 0.97
    assert v_info(table) < 0.85 and info > 0.97


def test_a_threshold_is_exceeded_not_met() -> None:
    probability = np.array([[0.2, 0.2, 0.0, 0.4, 0.4]])
    low, at, high = map(thin_borders, proposals(probability, [0.1, 0.2, 0.4]))
    assert np.unique(low).tolist() == [0, 1, 2] and np.unique(at).tolist() == [1] and not high.any()


def test_diagonal_cells_are_two() -> None:
    assert len(np.unique(proposals(np.eye(2), [0.5])[0])) == 3


def test_the_threshold_is_chosen_for_the_stack_not_for_the_image() -> None:
    scores = np.array([[0.9, 0.5, 0.8], [0.1, 0.6, 0.5]])  # best for image 0 is threshold 0, for image 1 threshold 1
    np.testing.assert_array_equal(best_threshold_scores(scores), [0.8, 0.5])
    np.testing.assert_array_equal(best_threshold_scores(np.array([[0.5, 0.7], [0.7, 0.5]])), [0.5, 0.7])


def test_ignored_pixels_do_not_count() -> None:
    truth, proposal = components(1), thin_borders(components(2))
    wide = [np.hstack([labels, np.full((labels.shape[0], 9), value)]) for labels, value in ((truth, 90), (proposal, 3))]
    ignore = np.zeros(wide[0].shape, bool)
    ignore[:, -9:] = True
    assert thinning_scores(*wide, ignore) == pytest.approx(thinning_scores(truth, proposal))
    assert thinning_scores(*wide) != pytest.approx(thinning_scores(truth, proposal))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_older_errors_against_scikit_image_and_plain_counts(seed: int) -> None:
    """Rand error is that of the challenge's page, 1 − F of the foreground-restricted Rand index; pixel error 1 − F."""
    truth, proposal = components(seed, 60), components(seed + 20, 60)
    pixels = list(zip((truth > 0).ravel().tolist(), (proposal > 0).ravel().tolist(), strict=True))
    hits, wrong = pixels.count((True, True)), pixels.count((True, False)) + pixels.count((False, True))
    rand, dice = similarities(truth, proposal)
    assert rand == pytest.approx(by_scikit_image(truth, proposal)[0], abs=1e-9)
    assert dice == pytest.approx(2 * hits / (2 * hits + wrong), abs=1e-12)
    ignore = np.random.default_rng(seed).random(truth.shape) < 0.3
    assert similarities(truth, proposal, ignore) == similarities(truth[~ignore], proposal[~ignore])


@pytest.mark.realdata
def test_real_membranes_score_as_scikit_image_says() -> None:
    name = "ISBI-2012-challenge.zip"
    if not (REAL / name).is_file():
        pytest.skip(f"{name} is not in ../shared/data")
    with open_archive(REAL / name, max_bytes=2 * 10**9, max_members=100_000) as archive:
        slices = [sample for sample in read("isbi", archive) if sample.labels is not None][:3]
    for sample in slices:
        smooth = ndimage.gaussian_filter(sample.image.astype(float), 2)
        probability = (smooth - smooth.min()) / (smooth.max() - smooth.min())
        for proposal in map(thin_borders, proposals(probability, [0.4, 0.5, 0.6])):
            found = thinning_scores(sample.labels, proposal)
            assert found == pytest.approx(by_scikit_image(sample.labels, proposal), abs=1e-6)
            assert 0 < found[0] < 1 and 0 < found[1] < 1
