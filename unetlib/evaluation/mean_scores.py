"""Confidence intervals of mean scores and of paired differences, with networks and test units as crossed factors.

A score is a mean over runs, each of which is a weighted mean over images. Every run of a fold scores all images of the
fold, so the variance of the mean has two components, each with its own degrees of freedom:

* networks trained with different seeds: the variance between the runs of a fold that has at least two, or this
  variance moderated by all arms of a study (`spread`). Several folds with one seed each do not measure it.
* units: whole clusters (groups of similar images) if there are at least MIN_CLUSTERS, otherwise the images of each
  film, whose successive frames are correlated (`serial_correlation`). The interval then covers other images of these
  films, but not other films. Under that correlation, the variance of the weighted mean is estimated without bias, with
  Satterthwaite's degrees of freedom (Bell and McCaffrey 2002).

The half-width of an interval is √(Σ t²·variance) over the components, where t is the quantile of Student's t for the
component's degrees of freedom (Howe 1974; Zou and Donner 2008). The seed × image interaction inflates both components,
so half of it is subtracted from that of the units. docs/statistics.md has the formulas and the simulated coverage.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unetlib.evaluation.intervals import CLUSTERS, IMAGES, SEEDS, TIMES, Interval, Part
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
    runs: tuple[Part, ...] | None = None,
    rho: float = 0.0,
) -> Interval:
    """Return the interval of the mean score.

    runs: the variance components of the mean due to retraining; None: estimate one from the runs of these scores. rho:
    the correlation of successive frames of a film.
    """
    if runs is None:
        own = between_seeds(scores)
        runs = (Part(own.variance / len(scores.folds), own.df),) if own.df else ()
    noun, units, strata = _units(scores)
    nouns, parts = [SEEDS] * bool(runs), [*runs]
    if len(strata) > strata.max() + 1:  # some stratum has at least two units, so that they can vary
        deviations = _deviations(scores, units, strata)
        weights = _summed(scores.shares, units).sum(0)
        spread = _of_units(deviations.sum(0), weights, strata, rho if scores.ordered and noun == IMAGES else 0.0)
        excess = _interaction(scores, units, deviations) / 2 if runs else 0.0
        parts.append(Part(max(spread.variance - excess, 0.0), spread.df))
        nouns.append(noun)
    return Interval(float(scores.run_means.mean()), tuple(parts), TIMES.join(nouns), bounds)


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


def _deviations(scores: Scores, units: Ints, strata: Ints) -> Floats:
    """Return the deviations from the mean of every run and unit, (R, U), without the run's own deviation from its fold.

    Differences between folds count as variation between their units. With strata, deviations are from stratum means.
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
    # Residuals from the mean over the runs of a fold: n/(n − 1) corrects for that mean, `_unbiased` for the mean score.
    residuals = deviations - (sums / runs[:, None])[scores.folds]
    count = runs[scores.folds]
    weight = _summed(scores.shares, units).sum(0)
    return float((residuals**2 * (count / np.maximum(count - 1, 1))[:, None]).sum() * _unbiased(weight)[0])


def _of_units(deviations: Floats, weights: Floats, strata: Ints, rho: float) -> Part:
    """Return the variance of the mean due to its units, summed over strata, with Satterthwaite's degrees of freedom."""
    parts = []
    for stratum in range(strata.max() + 1):
        own = strata == stratum
        factor, df = _unbiased(weights[own], rho)
        parts.append(Part(factor * float((deviations[own] ** 2).sum()), df))
    total = sum(part.variance for part in parts)
    square = sum(part.variance**2 / part.df for part in parts)
    return Part(total, total**2 / square if square > 0 else min(part.df for part in parts))


def _unbiased(weights: Floats, rho: float = 0.0) -> tuple[float, float]:
    """Return the factor that turns Σ w²(x − x̄)² into the variance of a weighted mean x̄, and the degrees of freedom.

    It holds for x of equal variance with correlation rho^distance; equal weights and rho 0 give n/(n − 1) and n − 1.
    Both numbers follow from traces of the quadratic form (Bell and McCaffrey 2002).
    """
    if len(weights) < 2:
        return 0.0, 0.0
    w = weights / weights.sum()
    if rho == 0:
        # the traces below, multiplied out for the identity matrix: power sums need no matrix of units × units
        s2, s3, s4, s5 = ((w**power).sum() for power in (2, 3, 4, 5))
        trace = s2 - 2 * s3 + s2**2
        square = s4 - 4 * s5 + 4 * s2 * s4 + 2 * s3**2 - 4 * s2**2 * s3 + s2**4
        return float(s2 / trace), float(trace**2 / square)
    matrix = correlations(rho, len(w))
    form = w[:, None] * (np.eye(len(w)) - w)  # maps x to w·(x − x̄)
    spread = form @ matrix @ form.T
    trace = np.trace(spread)
    return float(w @ matrix @ w / trace), float(trace**2 / (spread**2).sum())


def _summed(parts: Floats, units: Ints) -> Floats:
    """Return the sums of (R, I) over the images of every unit, (R, U)."""
    total = np.zeros((len(parts), units.max() + 1))
    np.add.at(total.T, units, parts.T)
    return total
