"""Confidence intervals of mean scores and of paired differences, with networks and test units as crossed factors.

A score is a mean over runs, each of which is a weighted mean over images. Every run of a fold scores all images of the
fold, so the variance of the mean has two components, each with its own degrees of freedom:

* networks trained with different seeds: the variance between the runs of a fold that has at least two, or this
  variance moderated by all arms of a study (`spread`). Several folds with one seed each do not measure it.
* units: whole clusters (groups of similar images) if there are at least MIN_CLUSTERS, otherwise the images of each
  film, whose successive frames are correlated (`serial_correlation`). The interval then covers other images of these
  films, but not other films. Deviations are taken from the mean of their run, so the spread of the networks is not
  counted again. Under that correlation, the variance of the weighted mean is estimated without bias, with
  Satterthwaite's degrees of freedom (Bell and McCaffrey 2002).

The seed × image interaction is in both components, so it is subtracted from that of the units. `intervals` combines the
two. docs/statistics.md has the formulas and the simulated coverage.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unetlib.evaluation.intervals import CLUSTERS, IMAGES, SEEDS, TIMES, Interval, Part, total
from unetlib.evaluation.serial_correlation import correlations

MIN_CLUSTERS = 5  # with fewer, their images are the units
Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


@dataclass(frozen=True)
class Scores:
    """The values and weights of a mean score, (R runs, I images); value and weight are 0 if a run skipped an image.

    folds (R,): the fold of each run. clusters (I,): the cluster of each image; images of a cluster are dependent.
    ordered: the images of a cluster are frames of a film, in temporal order.
    """

    values: Floats
    weights: Floats
    folds: Ints
    clusters: Ints
    ordered: bool = False

    @classmethod
    def of(
        cls,
        values: ArrayLike,
        weights: ArrayLike,
        folds: ArrayLike,
        clusters: ArrayLike,
        times: ArrayLike | None = None,
    ) -> "Scores":
        """Return scores of the images with a positive weight in some run; values are NaN if a run skipped an image.

        folds and clusters may be of any sortable type. times (I,): the time of each image in its film; NaN or None
        for images that belong to no film.
        """
        value, weight = np.asarray(values, dtype=float), np.asarray(weights, dtype=float)
        weight = np.where(np.isnan(value), 0, weight)
        if not (weight.sum(1) > 0).all() or (weight < 0).any():
            raise ValueError(f"weights of {weight.shape[0]} runs: every run needs an image with a positive weight")
        used = np.flatnonzero(weight.sum(0) > 0)
        ordered = times is not None and bool(np.isfinite(np.asarray(times, dtype=float)[used]).all())
        if ordered:
            used = used[np.argsort(np.asarray(times, dtype=float)[used], kind="stable")]
        named = np.unique(np.asarray(clusters)[used], return_inverse=True)[1]
        fold = np.unique(np.asarray(folds), return_inverse=True)[1]
        return cls(np.nan_to_num(value[:, used]), weight[:, used], fold, named, ordered)

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
        """The mean over the runs of its fold, for every run, (R,)."""
        return np.asarray((np.bincount(self.folds, self.run_means) / np.bincount(self.folds))[self.folds])


def interval(
    scores: Scores,
    bounds: tuple[float, float] = (-np.inf, np.inf),
    *,
    runs: Part | None = None,
    rho: float = 0.0,
) -> Interval:
    """Return the interval of the mean score.

    runs: the variance of the mean due to retraining, with 0 degrees of freedom if it is not known; None: estimated from
    the runs of these scores. rho: the correlation of successive frames of a film.
    """
    if runs is None:
        own = between_seeds(scores)
        runs = Part(own.variance / len(scores.folds), own.df)
    noun, units, strata = _units(scores)
    of_units = _of_units(scores, units, strata, rho if scores.ordered and noun == IMAGES else 0.0, again=runs.df > 0)
    found = {name: part for name, part in ((SEEDS, runs), (noun, of_units)) if part.df > 0}
    return Interval(float(scores.run_means.mean()), tuple(found.values()), TIMES.join(found), bounds)


def between_seeds(scores: Scores) -> Part:
    """Return the variance of a run's mean between the seeds of a fold; 0 degrees of freedom if no fold has two seeds.

    The variance is assumed equal in all folds. It includes the seed × image interaction.
    """
    df = len(scores.folds) - len(np.unique(scores.folds))
    squares = float(((scores.run_means - scores.fold_means) ** 2).sum())
    return Part(squares / df, df) if df else Part(0.0, 0)


def contributions(scores: Scores, units: Ints) -> tuple[Floats, Floats]:
    """Return each unit's contribution to the mean (they sum to the mean) and its share of the weights, both (U,)."""
    shares = scores.shares
    return _summed(shares * scores.values, units).sum(0), _summed(shares, units).sum(0)


def _units(scores: Scores) -> tuple[str, Ints, Ints]:
    """Return the units to resample: their name, the unit of each image (I,), the stratum of each unit (U,)."""
    sizes = np.bincount(scores.clusters)
    if len(sizes) >= MIN_CLUSTERS:
        return CLUSTERS, scores.clusters, np.zeros(len(sizes), dtype=np.intp)
    images = np.arange(len(scores.clusters))
    alone = sizes.min() < 2  # a cluster of one image has no spread, so all images form one stratum
    return IMAGES, images, np.zeros_like(images) if alone else scores.clusters


def _of_units(scores: Scores, units: Ints, strata: Ints, rho: float, *, again: bool) -> Part:
    """Return the variance of the mean due to its units; 0 degrees of freedom if no run has two units of a stratum.

    again: networks were retrained, so that the seed × unit interaction is known and part of their variance.
    """
    shares, sums = (_summed(part, units) for part in (scores.shares, scores.shares * scores.values))
    parts, interaction = [], 0.0
    for stratum in range(strata.max() + 1):
        own = strata == stratum
        share = shares[:, own]
        factor, df = _unbiased(share, rho)
        if df > 0:
            weight = share.sum(1, keepdims=True)
            means = sums[:, own].sum(1, keepdims=True) / np.where(weight > 0, weight, 1)
            deviations = sums[:, own] - share * means
            parts.append(Part(factor * float((deviations.sum(0) ** 2).sum()), df))
            interaction += factor * _interaction(scores.folds, deviations)
    if not parts:
        return Part(0.0, 0)
    of_units = total(parts)
    return Part(max(of_units.variance - interaction * again, 0.0), of_units.df)


def _interaction(folds: Ints, deviations: Floats) -> float:
    """Return the sum of squares that the seed × unit interaction adds to that of the sums of (R, U) over runs."""
    runs = np.bincount(folds)
    sums = np.zeros((len(runs), deviations.shape[1]))
    np.add.at(sums, folds, deviations)
    residuals = deviations - (sums / runs[:, None])[folds]
    count = runs[folds]
    # residuals from the mean over the n runs of a fold have (n − 1)/n of the variance
    return float((residuals**2 * (count / np.maximum(count - 1, 1))[:, None]).sum())


def _unbiased(shares: Floats, rho: float = 0.0) -> tuple[float, float]:
    """Return the factor that turns Σ d² into the variance of a weighted mean, and its degrees of freedom.

    shares (R, U): the weight of every run and unit in the mean; d (U,): the sum over runs of the weighted deviations
    from the mean of the run. It holds for units of equal variance with correlation rho^distance; one run with equal
    shares and rho 0 gives n/(n − 1) and n − 1. Both numbers are 0 if no run has two units.
    """
    return _traces(shares.tobytes(), shares.shape[1], float(rho))


@lru_cache(maxsize=1024)
def _traces(shares: bytes, units: int, rho: float) -> tuple[float, float]:
    """Return the numbers of `_unbiased` from the traces of the quadratic form (Bell and McCaffrey 2002)."""
    share = np.frombuffer(shares).reshape(-1, units)
    w, weight = share.sum(0), share.sum(1, keepdims=True)
    root = share / np.sqrt(np.where(weight > 0, weight, 1))
    # The form F = diag(w) − root'·root maps the scores of the units to d, of covariance F·R·F.
    if rho == 0:
        # without correlation the traces of F² and F⁴ need no matrix of units × units
        m0, m1, m2, m3 = ((root * w**power) @ root.T for power in range(4))
        variance = (w**2).sum()
        trace = variance - 2 * np.trace(m1) + (m0**2).sum()
        square = (w**4).sum() - 4 * np.trace(m3) + 4 * (m2 * m0).sum() + 2 * (m1**2).sum()
        square += ((m0 @ m0) ** 2).sum() - 4 * np.trace(m1 @ m0 @ m0)
    else:
        matrix = correlations(rho, units)
        form = np.diag(w) - root.T @ root
        spread = form @ matrix @ form
        variance, trace, square = w @ matrix @ w, np.trace(spread), (spread**2).sum()
    if trace <= 1e-12 * (w**2).sum():
        return 0.0, 0.0
    return float(variance / trace), float(trace**2 / square)


def _summed(parts: Floats, units: Ints) -> Floats:
    """Return the sums of (R, I) over the images of every unit, (R, U)."""
    total = np.zeros((len(parts), units.max() + 1))
    np.add.at(total.T, units, parts.T)
    return total
