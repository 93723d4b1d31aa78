"""Intervals of one mean against Student's t where that is exact, against plain loops where nothing is."""

import math

import numpy as np
import pytest
from scipy import stats

from unetlib.evaluation.intervals import IMAGES, SEEDS, Interval, Part, resampled_units, retrained
from unetlib.evaluation.mean_scores import MIN_CLUSTERS, Scores, between_seeds, contributions, interval
from unetlib.evaluation.mean_scores import _unbiased as unbiased


def scores(values: np.ndarray, clusters: object = None, folds: object = None, **more: object) -> Scores:
    runs, images = values.shape
    weights = np.broadcast_to(more.pop("weights", 1.0), values.shape)
    names = [0] * images if clusters is None else clusters
    return Scores.of(values, weights, [0] * runs if folds is None else folds, names, **more)  # type: ignore[arg-type]


def student(values: np.ndarray) -> tuple[float, float]:
    half = stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / math.sqrt(len(values))
    return values.mean() - half, values.mean() + half


def ends(found: Interval) -> tuple[float, float]:
    return found.low, found.high


def half(found: Interval) -> float:
    return (found.high - found.low) / 2


@pytest.mark.parametrize("n", [2, 3, 5, 40])
def test_images_of_one_network_give_students_t(n: int) -> None:
    values = np.random.default_rng(n).normal(0.8, 0.1, n)
    found = interval(scores(values[None]))
    assert ends(found) == pytest.approx(student(values))
    assert found.resampled == "images"


@pytest.mark.parametrize("n", [2, 3, 5])
def test_seeds_of_one_image_give_students_t_over_runs(n: int) -> None:
    values = np.random.default_rng(n).normal(0.8, 0.1, n)
    found = interval(scores(values[:, None]))
    assert ends(found) == pytest.approx(student(values))
    assert found.resampled == "seeds"


def test_clusters_are_units_with_all_their_images() -> None:
    rng = np.random.default_rng(0)
    means = rng.normal(0.8, 0.1, 5)
    values = np.repeat(means, 4) + np.tile([-0.2, 0.2, -0.1, 0.1], 5)  # the spread within cancels
    found = interval(scores(values[None], np.repeat(np.arange(5), 4)))
    assert ends(found) == pytest.approx(student(means))
    assert found.resampled == "clusters"


def test_too_few_clusters_are_kept_and_images_are_units_within() -> None:
    values = np.array([[0.1, 0.2, 0.3, 0.7, 0.8, 0.9]])
    within, pooled = (interval(scores(values, names)) for names in ([0, 0, 0, 1, 1, 1], [0] * 6))
    assert within.resampled == pooled.resampled == "images"
    expected = stats.t.ppf(0.975, 4) * 0.1 / math.sqrt(6)  # pooled SD within: 0.1, 4 degrees of freedom
    assert half(within) == pytest.approx(expected)
    alone = interval(scores(values, [0, 0, 0, 0, 0, 1]))  # one image has no spread within: all are of one kind
    assert half(alone) == pytest.approx(half(pooled))
    assert MIN_CLUSTERS == 5


@pytest.mark.parametrize("seeds", [2, 5])
def test_networks_and_clusters_equal_the_naive_twin(seeds: int) -> None:
    """Both parts one number at a time, in plain Python."""
    rng = np.random.default_rng(seeds)
    clusters = np.repeat(np.arange(6), 2)
    values = 0.8 + rng.normal(0, 0.02, (seeds, 1)) + rng.normal(0, 0.05, (seeds, 12))
    cells = [[(run[2 * c] + run[2 * c + 1]) / 2 for c in range(6)] for run in values]
    runs = [sum(row) / 6 for row in cells]
    units = [sum(row[c] for row in cells) / seeds for c in range(6)]
    grand = sum(runs) / seeds
    both = sum((cells[r][c] - runs[r] - units[c] + grand) ** 2 for r in range(seeds) for c in range(6))
    both /= (seeds - 1) * 5 * seeds * 6
    of_runs = sum((run - grand) ** 2 for run in runs) / (seeds - 1) / seeds
    of_units = max(sum((unit - grand) ** 2 for unit in units) / 5 / 6 - both, 0)
    found = interval(scores(values, clusters))
    whole, errors = of_runs + of_units, of_runs**2 / (seeds - 1) + of_units**2 / 5
    parts = [(whole, whole**2 / errors), (of_runs, seeds - 1), (of_units, 5)]
    assert half(found) == pytest.approx(max(stats.t.ppf(0.975, df) * math.sqrt(part) for part, df in parts))
    assert found.resampled == "seeds × clusters"


def test_weights_pool_as_the_mean_does() -> None:
    """Equal to repeating each image as often as it weighs, where clusters hold the copies together."""
    rng = np.random.default_rng(4)
    values, weights = rng.random((2, 8)), rng.integers(1, 5, 8)
    once = scores(values, np.arange(8), weights=weights)
    copied = scores(np.repeat(values, weights, axis=1), np.repeat(np.arange(8), weights))
    assert once.run_means == pytest.approx(copied.run_means)
    assert ends(interval(once)) == pytest.approx(ends(interval(copied)))
    for one, other in zip(contributions(once, np.arange(8)), contributions(copied, copied.clusters), strict=True):
        assert one == pytest.approx(other)


@pytest.mark.parametrize("rho", [0.0, 0.6])
def test_the_variance_of_a_weighted_mean_is_unbiased(rho: float) -> None:
    rng = np.random.default_rng(5)
    weights = np.array([1.0, 2.0, 3.0, 6.0, 9.0])
    matrix = rho ** np.abs(np.subtract.outer(np.arange(5), np.arange(5)))
    draws = rng.normal(0, 1, (200_000, 5)) @ np.linalg.cholesky(matrix).T
    share = weights / weights.sum()
    factor, df = unbiased(share[None], rho)
    deviations = share * (draws - (draws @ share)[:, None])
    found = factor * (deviations**2).sum(1)
    assert found.mean() == pytest.approx(share @ matrix @ share, rel=0.01)
    assert 2 * found.mean() ** 2 / found.var() == pytest.approx(df, rel=0.03)  # Satterthwaite
    assert unbiased(np.full((1, 7), 1 / 7)) == pytest.approx((7 / 6, 6))


@pytest.mark.parametrize("rho", [0.0, 0.5])
def test_runs_that_scored_different_images_give_an_unbiased_variance(rho: float) -> None:
    """Two folds with two seeds each, and a run that skipped an image; every run is taken about its own mean."""
    rng = np.random.default_rng(6)
    shares = np.array([[1, 2, 1, 0, 0, 0, 0], [1, 2, 0, 0, 0, 0, 0], [0, 0, 0, 3, 1, 1, 1], [0, 0, 0, 3, 1, 1, 1]])
    shares = shares / shares.sum(1, keepdims=True) / 4
    matrix = rho ** np.abs(np.subtract.outer(np.arange(7), np.arange(7)))
    draws = rng.normal(0, 1, (100_000, 7)) @ np.linalg.cholesky(matrix).T
    means = draws @ shares.T / shares.sum(1)
    deviations = draws * shares.sum(0) - means @ shares
    factor, df = unbiased(shares, rho)
    found, weight = factor * (deviations**2).sum(1), shares.sum(0)
    assert found.mean() == pytest.approx(weight @ matrix @ weight, rel=0.02)
    assert 2 * found.mean() ** 2 / found.var() == pytest.approx(df, rel=0.04)
    assert unbiased(shares, 1e-12) == pytest.approx(unbiased(shares))
    assert unbiased(np.eye(3) / 3) == unbiased(np.eye(3) / 3, 0.5) == (0.0, 0.0), "no run has two images"


def test_what_networks_differ_by_is_not_counted_as_spread_of_images() -> None:
    rng = np.random.default_rng(7)
    values = np.full((4, 12), np.nan)
    values[:2, :6], values[2:, 6:] = rng.normal(0.8, 0.05, (2, 1, 6))
    apart = values + np.array([-0.2, 0.2, 0.1, 0.5])[:, None]
    one, other = (interval(scores(each, folds=[0, 0, 1, 1])) for each in (values, apart))
    assert one.parts[0].variance == pytest.approx(0) and other.parts[0].variance > 0.01
    assert one.parts[1] == pytest.approx(other.parts[1]) and one.parts[1].df == pytest.approx(10)


def test_frames_are_taken_in_the_order_of_time() -> None:
    values = np.array([[0.1, 0.9, 0.2, 0.8, 0.3]])
    order = np.array([4, 0, 2, 1, 3])
    sorted_ = interval(scores(values, times=np.arange(5)), rho=0.5)
    shuffled = interval(scores(values[:, order], times=np.arange(5)[order]), rho=0.5)
    assert sorted_ == shuffled
    unordered = interval(scores(values), rho=0.5)  # no film: nothing correlates
    assert half(unordered) == pytest.approx(half(interval(scores(values))))
    assert half(sorted_) > 1.5 * half(unordered)


def test_networks_of_two_folds_are_pooled_and_folds_are_no_seeds() -> None:
    values = np.full((4, 4), np.nan)
    values[:2, :2], values[2:, 2:] = [[0.1], [0.3]], [[0.7], [0.9]]
    assert between_seeds(scores(values, [0, 0, 1, 1], [0, 0, 1, 1])) == pytest.approx((0.02, 2))
    once = scores(values[[0, 2]], [0, 0, 1, 1], [0, 1])
    assert between_seeds(once) == (0.0, 0)
    assert interval(once).resampled == "images"


def test_the_variance_of_networks_can_be_given() -> None:
    values = np.array([[0.1, 0.2, 0.3]])
    found = interval(scores(values), runs=Part(0.03, 4))
    assert found.parts == (Part(0.03, 4), pytest.approx((0.01 / 3, 2))) and found.resampled == "seeds × images"
    unknown = interval(scores(values), runs=Part(0.0, 0))
    assert unknown == interval(scores(values)) and unknown.resampled == "images"


@pytest.mark.parametrize("values", [np.array([[0.5]]), np.array([[np.nan, 0.5]])])
def test_one_run_and_image_has_no_interval(values: np.ndarray) -> None:
    found = interval(scores(values))
    assert np.isnan([found.low, found.high, found.p, found.variance, *found.p_within(0.1)]).all()
    assert found.resampled == ""


def test_no_spread_is_a_point_and_bounds_hold() -> None:
    assert ends(interval(scores(np.full((3, 20), 0.7)))) == pytest.approx((0.7, 0.7))
    found = interval(scores(np.array([[0.9, 1.0, 0.2]])), (0.0, 1.0))
    assert ends(found) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("seeds", "images", "units"), [(3, 4, {SEEDS, IMAGES}), (1, 4, {IMAGES}), (3, 1, {SEEDS}), (1, 1, set())]
)
def test_what_was_resampled_is_read_back_from_the_table(seeds: int, images: int, units: set[str]) -> None:
    values = np.random.default_rng(0).random((seeds, images))
    resampled = interval(scores(values)).resampled
    assert resampled_units(resampled) == units and retrained(resampled) == (seeds > 1)


def test_a_run_without_weight_is_refused() -> None:
    with pytest.raises(ValueError, match="every run needs an image"):
        scores(np.array([[0.5, 0.5], [np.nan, np.nan]]))
