"""Confidence intervals of mean scores: a hierarchical bootstrap over clusters or images, crossed with seeds.

A score is a mean over runs, each a weighted mean over images. Every run of a fold scores all images of the fold, so
images and seeds are crossed. Two things are resampled, each with its own deviation from the mean:

* units: whole clusters (a sequence, a group of similar images) where there are at least MIN_CLUSTERS. A cluster brings
  all its images; resampling them as well would count them twice (Davison and Hinkley 1997, section 3.8). With fewer
  clusters the images of each are resampled; the interval then covers further images of these clusters, no others.
* seeds: the runs of a fold, where it has at least two.

A plain bootstrap of n units has only (n − 1)/n of their variance and ignores the uncertainty of that variance. So
n − 1 units are drawn (Rao and Wu 1988), and the result is scaled to the unbiased variance of a weighted mean and
divided by √(χ²/df). For many units this is the plain bootstrap, for few units Student's t; fewer than
SMALL_SAMPLE_UNITS, whose resamples have few distinct values, are drawn from Student's t directly. The sum of both
levels has the Behrens-Fisher distribution. The seed × image interaction inflates both variance components, so half of
it is subtracted from the seed component: subtracting nothing gives a coverage of 99.7 %, all of it 90 % (LOG.md;
benchmarks/interval_coverage.py).
"""

import hashlib
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtri, stdtrit

RESAMPLES = 4000
MIN_CLUSTERS = 5  # two are one degree of freedom, t = 12.7; with three or four coverage passes 98 % (LOG.md)
SMALL_SAMPLE_UNITS = 10
LEVEL = 0.95
SEEDS, CLUSTERS, IMAGES = "seeds", "clusters", "images"  # what can be resampled
_TIMES = " × "
Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


class Interval(NamedTuple):
    """A 95 % interval, the two-sided p of a true mean of 0 by the same draws, and the units: `seeds × clusters`.

    NaN and "" for one run of one image. p is at least 2/(resamples + 1).
    """

    low: float
    high: float
    p: float
    resampled: str


def resampled_units(resampled: str) -> frozenset[str]:
    """Return what an `Interval.resampled` names: a subset of SEEDS, CLUSTERS and IMAGES."""
    return frozenset(resampled.split(_TIMES)) - {""}


def retrained(resampled: str) -> bool:
    """Return whether networks that differ by their seed were resampled, so that the interval covers retraining."""
    return SEEDS in resampled_units(resampled)


class _Level(NamedTuple):
    """Deviations from the mean (U,) of units in strata (U,), what scales each stratum's bootstrap, variance and df."""

    deviations: Floats
    strata: Ints
    scales: Floats
    variance: float
    df: float


@dataclass(frozen=True)
class _Draw:
    """Draws of a mean's deviation, (resamples,)."""

    rng: np.random.Generator
    resamples: int

    def student(self, df: float) -> Floats:
        """Student's t of these degrees of freedom."""
        return np.asarray(stdtrit(df, self._grid()))

    def units(self, level: _Level) -> Floats:
        """Return the deviations from resampling the units of a level."""
        if len(level.strata) < SMALL_SAMPLE_UNITS:
            return np.sqrt(level.variance) * self.student(level.df)
        drawn = np.zeros(self.resamples)
        for stratum, scale in enumerate(level.scales):
            own = level.deviations[level.strata == stratum]
            places = self.rng.integers(len(own), size=(self.resamples, len(own) - 1))
            drawn += scale * (own[places].sum(1) * len(own) / (len(own) - 1) - own.sum())
        return np.asarray(drawn / np.sqrt(chdtri(level.df, self._grid()) / level.df))

    def _grid(self) -> Floats:
        """Return evenly spaced probabilities in random order, which make the quantiles of a single level exact."""
        return np.asarray((self.rng.permutation(self.resamples) + 0.5) / self.resamples)


@dataclass(frozen=True)
class Scores:
    """The values and weights of a mean score, (R runs, I images), NaN where a run did not score an image.

    folds (R,): the fold of each run; clusters (I,): images of one cluster depend on each other.
    """

    values: Floats
    weights: Floats
    folds: Ints
    clusters: Ints

    @classmethod
    def of(cls, values: ArrayLike, weights: ArrayLike, folds: ArrayLike, clusters: ArrayLike) -> "Scores":
        """Return scores of the images that have weight in some run; anything that sorts may name folds and clusters."""
        value, weight = np.asarray(values, dtype=float), np.asarray(weights, dtype=float)
        weight = np.where(np.isnan(value), 0, weight)
        if not (weight.sum(1) > 0).all() or (weight < 0).any():
            raise ValueError(f"weights of {weight.shape[0]} runs: every run needs an image with a positive weight")
        used = weight.sum(0) > 0
        named = np.unique(np.asarray(clusters)[used], return_inverse=True)[1]
        fold = np.unique(np.asarray(folds), return_inverse=True)[1]
        return cls(np.nan_to_num(value[:, used]), weight[:, used], fold, named)

    @property
    def shares(self) -> Floats:
        """The weight of every run and image (R, I) in the mean; they sum to 1."""
        return self.weights / self.weights.sum(1, keepdims=True) / len(self.weights)

    @property
    def run_means(self) -> Floats:
        """The weighted mean of every run, (R,)."""
        return np.asarray((self.values * self.shares).sum(1) * len(self.values))

    @property
    def fold_means(self) -> Floats:
        """For every run the mean over the runs of its fold, (R,)."""
        return np.asarray((np.bincount(self.folds, self.run_means) / np.bincount(self.folds))[self.folds])


def interval(
    scores: Scores, name: str, bounds: tuple[float, float] = (-np.inf, np.inf), resamples: int = RESAMPLES
) -> Interval:
    """Return the 95 % interval of the mean score; the same scores and name give the same bits.

    name seeds the resampling; bounds are the least and the greatest value that a mean can have.
    """
    mean = float(scores.run_means.mean())
    draw = _Draw(np.random.default_rng([*hashlib.sha256(name.encode()).digest()]), resamples)
    noun, units, strata = _units(scores)
    deviations = _deviations(scores, units, strata)
    parts, nouns = [], []
    seeds, df = between_seeds(scores)
    if df:
        excess = _interaction(scores, units, deviations) / 2
        parts.append(np.sqrt(max(seeds - excess, 0)) * draw.student(df))
        nouns.append(SEEDS)
    if len(strata) > 1:
        level = _level(deviations.sum(0), _summed(scores.shares, units).sum(0), strata)
        parts.append(draw.units(level))
        nouns.append(noun)
    if not parts:
        return Interval(np.nan, np.nan, np.nan, "")
    means = mean + np.sum(parts, axis=0)
    low, high = np.clip(np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]), *bounds)
    p = 2 * (1 + min((means <= 0).sum(), (means >= 0).sum())) / (resamples + 1)
    return Interval(float(low), float(high), min(float(p), 1.0), _TIMES.join(nouns))


def between_seeds(scores: Scores) -> tuple[float, int]:
    """Return the variance of the mean due to retraining, and its degrees of freedom (0: no retrained network).

    The variance of a run is assumed equal in all folds. It includes the seed × image interaction.
    """
    runs = len(scores.folds)
    df = runs - len(np.unique(scores.folds))
    squares = float(((scores.run_means - scores.fold_means) ** 2).sum())
    return (squares / df / runs, df) if df else (0.0, 0)


def contributions(scores: Scores, units: Ints) -> tuple[Floats, Floats]:
    """Return each unit's contribution to the mean (their sum is the mean) and its share of the weights, both (U,)."""
    shares = scores.shares
    return _summed(shares * scores.values, units).sum(0), _summed(shares, units).sum(0)


def _units(scores: Scores) -> tuple[str, Ints, Ints]:
    """Return what to resample: its name, the unit of each image (I,), the stratum of each unit (U,)."""
    sizes = np.bincount(scores.clusters)
    if len(sizes) >= MIN_CLUSTERS:
        return CLUSTERS, scores.clusters, np.zeros(len(sizes), dtype=np.intp)
    images = np.arange(len(scores.clusters))
    alone = sizes.min() < 2  # a cluster of one image has no spread, so all images form one stratum
    return IMAGES, images, np.zeros_like(images) if alone else scores.clusters


def _deviations(scores: Scores, units: Ints, strata: Ints) -> Floats:
    """Return the deviations from the mean of every run and unit, (R, U), without the deviation of the run as a whole.

    Differences between folds count as spread between their units. With strata, deviations are from the stratum means.
    """
    if strata.any():
        weights, sums = (_summed(part, strata[units]) for part in (scores.shares, scores.shares * scores.values))
        centre = (sums / np.where(weights > 0, weights, 1))[:, strata[units]]
    else:
        centre = (scores.run_means - scores.fold_means + scores.run_means.mean())[:, None]
    return _summed(scores.shares * (scores.values - centre), units)


def _interaction(scores: Scores, units: Ints, deviations: Floats) -> float:
    """Return the variance of the mean due to the seed × unit interaction."""
    runs = np.bincount(scores.folds)
    sums = np.zeros((len(runs), deviations.shape[1]))
    np.add.at(sums, scores.folds, deviations)
    residuals = deviations - (sums / runs[:, None])[scores.folds]
    count = runs[scores.folds]
    weight = _summed(scores.shares, units).sum(0)
    return float((residuals**2 * (count / np.maximum(count - 1, 1))[:, None]).sum() * _unbiased(weight)[0])


def _unbiased(weights: Floats) -> tuple[float, float]:
    """Return the factor that turns Σ w²(x − x̄)² into the variance of a weighted mean x̄, and the degrees of freedom.

    For independent x of equal variance; equal weights give n/(n − 1) and n − 1. Both from traces of the quadratic form
    (Bell and McCaffrey 2002).
    """
    w = weights / weights.sum()
    if len(w) < 2:
        return 0.0, 0.0
    s2, s3, s4, s5 = ((w**power).sum() for power in (2, 3, 4, 5))
    trace = s2 - 2 * s3 + s2**2
    square = s4 - 4 * s5 + 4 * s2 * s4 + 2 * s3**2 - 4 * s2**2 * s3 + s2**4
    return float(s2 / trace), float(trace**2 / square)


def _level(deviations: Floats, weights: Floats, strata: Ints) -> _Level:
    """Return the level of the units: variances of strata add up, degrees of freedom by Satterthwaite."""
    variances, dfs, scales = [], [], []
    for stratum in range(strata.max() + 1):
        own = strata == stratum
        factor, df = _unbiased(weights[own])
        variances.append(factor * float((deviations[own] ** 2).sum()))
        dfs.append(df)
        scales.append(np.sqrt(factor * (1 - 1 / own.sum())))
    total = sum(variances)
    parts = sum(variance**2 / df for variance, df in zip(variances, dfs, strict=True))
    return _Level(deviations, strata, np.array(scales), total, total**2 / parts if parts > 0 else min(dfs))


def _summed(parts: Floats, units: Ints) -> Floats:
    """Sum (R, I) over the images of every unit: (R, U)."""
    total = np.zeros((len(parts), units.max() + 1))
    np.add.at(total.T, units, parts.T)
    return total
