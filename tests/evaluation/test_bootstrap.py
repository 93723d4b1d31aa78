"""Intervals against Student's t where that is exact, against loops where nothing is, and on simulated truths."""

import math
import random

import numpy as np
import pytest
from scipy import stats

from unetlib.evaluation.bootstrap import (
    IMAGES,
    MIN_CLUSTERS,
    SEEDS,
    SMALL_SAMPLE_UNITS,
    Scores,
    _unbiased,
    between_seeds,
    contributions,
    interval,
    resampled_units,
    retrained,
)


def scores(values: np.ndarray, clusters: object = None, folds: object = None, weights: object = None) -> Scores:
    runs, images = values.shape
    return Scores.of(
        values,
        np.ones_like(values) if weights is None else np.broadcast_to(weights, values.shape),
        [0] * runs if folds is None else folds,
        [0] * images if clusters is None else clusters,
    )


def student(values: np.ndarray) -> tuple[float, float]:
    half = stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / math.sqrt(len(values))
    return values.mean() - half, values.mean() + half


@pytest.mark.parametrize("n", [2, 3, 5, SMALL_SAMPLE_UNITS - 1])
def test_few_images_of_one_network_give_students_t(n: int) -> None:
    values = np.random.default_rng(n).normal(0.8, 0.1, n)
    found = interval(scores(values[None]), "x")
    assert found[:2] == pytest.approx(student(values), abs=0.01 * found_half(found))
    assert found.resampled == "images"


@pytest.mark.parametrize("n", [2, 3, 5])
def test_seeds_of_one_image_give_students_t_over_runs(n: int) -> None:
    values = np.random.default_rng(n).normal(0.8, 0.1, n)
    found = interval(scores(values[:, None]), "x")
    assert found[:2] == pytest.approx(student(values), abs=0.01 * found_half(found))
    assert found.resampled == "seeds"


def test_clusters_are_units_with_all_their_images() -> None:
    rng = np.random.default_rng(0)
    means = rng.normal(0.8, 0.1, 5)
    values = np.repeat(means, 4) + np.tile([-0.2, 0.2, -0.1, 0.1], 5)  # the spread within cancels
    found = interval(scores(values[None], np.repeat(np.arange(5), 4)), "x")
    assert found[:2] == pytest.approx(student(means), rel=2e-3)
    assert found.resampled == "clusters"


def test_too_few_clusters_are_kept_and_images_resampled_within() -> None:
    values = np.array([[0.1, 0.2, 0.3, 0.7, 0.8, 0.9]])
    within, pooled = (interval(scores(values, names), "x") for names in ([0, 0, 0, 1, 1, 1], [0] * 6))
    assert within.resampled == pooled.resampled == "images"
    assert within.high - within.low < 0.5 * (pooled.high - pooled.low)
    half = stats.t.ppf(0.975, 4) * 0.1 / math.sqrt(6)  # pooled SD within: 0.1, 4 degrees of freedom
    assert found_half(within) == pytest.approx(half, rel=2e-3)
    alone = interval(scores(values, [0, 0, 0, 0, 0, 1]), "x")  # one image has no spread within: all are of one kind
    assert found_half(alone) == pytest.approx(found_half(pooled))
    assert MIN_CLUSTERS == 5


def found_half(found: object) -> float:
    return (found.high - found.low) / 2  # type: ignore[attr-defined]


def naive(values: np.ndarray, clusters: np.ndarray, draws: int) -> tuple[float, float]:
    """Both levels one unit at a time, in plain Python: redraw n − 1 clusters, shift by a random seed effect."""
    rng = random.Random(1)
    runs, means = values.mean(1), np.array([values[:, clusters == c].mean() for c in np.unique(clusters)])
    count, seeds, grand = len(means), len(runs), values.mean()
    parts = np.array([[run[clusters == c].mean() for c in np.unique(clusters)] for run in values])
    residuals = parts - parts.mean(0) - parts.mean(1)[:, None] + grand
    both = (residuals**2).sum() / ((count - 1) * (seeds - 1)) / (count * seeds)
    retrained = max(runs.var(ddof=1) / seeds - both / 2, 0)
    found = []
    for _ in range(draws):
        drawn = sum(rng.choice(means) for _ in range(count - 1)) / (count - 1) - grand
        scale = math.sqrt(rng.gammavariate((count - 1) / 2, 2) / (count - 1))
        normal, chi = rng.gauss(0, 1), math.sqrt(rng.gammavariate((seeds - 1) / 2, 2) / (seeds - 1))
        found.append(grand + drawn / scale + math.sqrt(retrained) * normal / chi)
    low, high = np.quantile(found, [0.025, 0.975])
    return float(low), float(high)


@pytest.mark.parametrize(("seeds", "spread"), [(3, 0.02), (5, 0.2)])
def test_both_levels_equal_the_naive_twin(seeds: int, spread: float) -> None:
    rng = np.random.default_rng(seeds)
    clusters = np.repeat(np.arange(12), 2)
    values = 0.8 + rng.normal(0, spread, (seeds, 1)) - rng.exponential(0.1, 24) + rng.normal(0, 0.05, (seeds, 24))
    found = interval(scores(values, clusters), "x", resamples=40_000)
    expected = naive(values, clusters, 40_000)
    assert found[:2] == pytest.approx(expected, abs=0.05 * (expected[1] - expected[0]))
    assert found.resampled == "seeds × clusters"


def test_weights_pool_as_the_mean_does() -> None:
    """Equal to repeating each image as often as it weighs, where clusters hold the copies together."""
    rng = np.random.default_rng(4)
    values, weights = rng.random((2, 8)), rng.integers(1, 5, 8)
    once = scores(values, np.arange(8), weights=weights)
    copied = scores(np.repeat(values, weights, axis=1), np.repeat(np.arange(8), weights))
    assert interval(once, "x")[:3] == pytest.approx(interval(copied, "x")[:3])
    parts, shares = contributions(once, once.clusters)
    mean = (values @ weights / weights.sum()).mean()
    assert parts.sum() == pytest.approx(mean) and once.run_means.mean() == pytest.approx(mean)
    assert shares.sum() == pytest.approx(1)


def test_the_variance_of_a_weighted_mean_is_unbiased() -> None:
    rng = np.random.default_rng(5)
    weights = np.array([1.0, 2.0, 3.0, 6.0, 9.0])
    draws = rng.normal(0, 1, (200_000, 5))
    factor, df = _unbiased(weights)
    share = weights / weights.sum()
    deviations = share * (draws - (draws @ share)[:, None])
    found = factor * (deviations**2).sum(1)
    assert found.mean() == pytest.approx((share**2).sum(), rel=0.01)
    assert 2 * found.mean() ** 2 / found.var() == pytest.approx(df, rel=0.03)  # Satterthwaite
    assert _unbiased(np.ones(7)) == pytest.approx((7 / 6, 6))


def test_seeds_of_two_folds_are_pooled_and_folds_are_no_seeds() -> None:
    values = np.full((4, 4), np.nan)
    values[:2, :2], values[2:, 2:] = [[0.1], [0.3]], [[0.7], [0.9]]
    variance, df = between_seeds(scores(values, [0, 0, 1, 1], [0, 0, 1, 1]))
    assert (variance, df) == pytest.approx((0.02 / 4, 2))
    once = scores(values[[0, 2]], [0, 0, 1, 1], [0, 1])
    assert between_seeds(once) == (0.0, 0)
    assert interval(once, "x").resampled == "images"


@pytest.mark.parametrize("values", [np.array([[0.5]]), np.array([[np.nan, 0.5]])])
def test_one_run_and_image_has_no_interval(values: np.ndarray) -> None:
    found = interval(scores(values), "x")
    assert np.isnan(found[:3]).all() and found.resampled == ""


def test_no_spread_is_a_point_and_bounds_hold() -> None:
    assert interval(scores(np.full((3, 20), 0.7)), "x")[:2] == pytest.approx((0.7, 0.7))
    found = interval(scores(np.array([[0.9, 1.0, 0.2]])), "x", (0.0, 1.0))
    assert (found.low, found.high) == (0.0, 1.0)


def test_the_name_alone_decides_the_draws() -> None:
    values = np.random.default_rng(6).random((3, 30))
    assert interval(scores(values), "a") == interval(scores(values), "a") != interval(scores(values), "b")


def test_p_is_small_where_the_interval_leaves_out_zero() -> None:
    rng = np.random.default_rng(7)
    for shift in (0.0, 0.02, 0.05, 0.3):
        found = interval(scores(rng.normal(shift, 0.1, (3, 40))), "x")
        assert (found.p < 0.05) == (found.low > 0 or found.high < 0)
    far = interval(scores(rng.normal(5, 0.1, (5, 40))), "x", resamples=999)
    assert 2 / 1000 <= far.p < 0.01


@pytest.mark.parametrize(
    ("seeds", "images", "units"), [(3, 4, {SEEDS, IMAGES}), (1, 4, {IMAGES}), (3, 1, {SEEDS}), (1, 1, set())]
)
def test_what_was_resampled_is_read_back_from_the_table(seeds: int, images: int, units: set[str]) -> None:
    values = np.random.default_rng(0).random((seeds, images))
    scores = Scores.of(values, np.ones_like(values), np.zeros(seeds), np.zeros(images))
    resampled = interval(scores, "a").resampled
    assert resampled_units(resampled) == units and retrained(resampled) == (seeds > 1)


def test_a_run_without_weight_is_refused() -> None:
    with pytest.raises(ValueError, match="every run needs an image"):
        scores(np.array([[0.5, 0.5], [np.nan, np.nan]]))


@pytest.mark.parametrize(("clusters", "images", "seeds"), [(1, 12, 3), (3, 5, 3), (5, 4, 3), (12, 2, 5), (20, 1, 1)])
def test_coverage(clusters: int, images: int, seeds: int) -> None:
    """400 studies; benchmarks/interval_coverage.py has more. 91 %: three standard errors below 95 %, rounded."""
    rng, held, total = np.random.default_rng([clusters, images]), 0, 400
    names = np.repeat(np.arange(clusters), images)
    for simulation in range(total):
        cluster, seed = rng.normal(0, 0.04, clusters), rng.normal(0, 0.02, (seeds, 1))
        noise = rng.normal(0, 0.08, len(names)) + rng.normal(0, 0.04, (seeds, len(names)))
        values = cluster[names] + seed + noise
        truth = (cluster.mean() if clusters < MIN_CLUSTERS else 0) + (seed[0, 0] if seeds == 1 else 0)
        low, high, *_ = interval(scores(values, names), str(simulation), resamples=1000)
        held += low <= truth <= high
    assert 0.91 <= held / total <= 0.995
