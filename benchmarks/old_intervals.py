"""The rules for intervals and p-values before December 2026, for comparison with the new ones on the same data.

The variance between seeds was estimated from the paired differences alone, with Student's t for its few degrees of
freedom. Frames of a film were assumed independent. p was the larger of the sign-flip test's p over units and the
interval's p, corrected for all comparisons of the table.
"""

import numpy as np
from scipy.special import chdtri, stdtrit

from unetlib.evaluation.ablation import FLIPPED_CLUSTERS
from unetlib.evaluation.intervals import Part
from unetlib.evaluation.mean_scores import Floats, Ints, Scores, _summed, _units, between_seeds, contributions
from unetlib.evaluation.significance import sign_flip

RESAMPLES = 4000
SMALL_SAMPLE_UNITS = 10


def draws(scores: Scores, rng: np.random.Generator) -> Floats:
    """Return draws of the deviation of the mean from its true value."""
    _, units, strata = _units(scores)
    deviations = _deviations(scores, units, strata)
    found = np.zeros(RESAMPLES)
    own = between_seeds(scores)
    if own.df:
        left = max(own.variance / len(scores.folds) - _interaction(scores, units, deviations) / 2, 0)
        found += np.sqrt(left) * stdtrit(own.df, _grid(rng))
    weights = _summed(scores.shares, units).sum(0)
    spread = _of_units(deviations.sum(0), weights, strata)
    if len(strata) < SMALL_SAMPLE_UNITS:
        return np.asarray(found + np.sqrt(spread.variance) * stdtrit(spread.df, _grid(rng)))
    # A bootstrap of the units: n − 1 of n, rescaled to the unbiased variance, and studentised at the end.
    drawn = np.zeros(RESAMPLES)
    for stratum in range(strata.max() + 1):
        part, weight = deviations.sum(0)[strata == stratum], weights[strata == stratum]
        places = rng.integers(len(part), size=(RESAMPLES, len(part) - 1))
        scale = np.sqrt(_unbiased(weight)[0] * (1 - 1 / len(part)))
        drawn += scale * (part[places].sum(1) * len(part) / (len(part) - 1) - part.sum())
    return np.asarray(found + drawn / np.sqrt(chdtri(spread.df, _grid(rng)) / spread.df))


def p_of_shift(scores: Scores, drawn: Floats, shift: float) -> float:
    """Return the p of no difference after adding `shift` to all differences."""
    means = scores.run_means.mean() + shift + drawn
    p = 2 * (1 + min((means <= 0).sum(), (means >= 0).sum())) / (RESAMPLES + 1)
    clusters = len(np.unique(scores.clusters))
    units = scores.clusters if clusters >= FLIPPED_CLUSTERS else np.arange(len(scores.clusters))
    parts, shares = contributions(scores, units)
    return max(float(p), sign_flip(parts + shift * shares, "simulated"))


def _grid(rng: np.random.Generator) -> Floats:
    return np.asarray((rng.permutation(RESAMPLES) + 0.5) / RESAMPLES)


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


def _of_units(deviations: Floats, weights: Floats, strata: Ints) -> Part:
    """Return the variance of the mean due to its units, summed over strata, with Satterthwaite's degrees of freedom."""
    parts = []
    for stratum in range(strata.max() + 1):
        own = strata == stratum
        factor, df = _unbiased(weights[own])
        parts.append(Part(factor * float((deviations[own] ** 2).sum()), df))
    total = sum(part.variance for part in parts)
    square = sum(part.variance**2 / part.df for part in parts)
    return Part(total, total**2 / square if square > 0 else min(part.df for part in parts))


def _unbiased(weights: Floats) -> tuple[float, float]:
    """Return the factor that turns Σ w²(x − x̄)² into the variance of a weighted mean x̄, and the degrees of freedom."""
    if len(weights) < 2:
        return 0.0, 0.0
    w = weights / weights.sum()
    s2, s3, s4, s5 = ((w**power).sum() for power in (2, 3, 4, 5))
    trace = s2 - 2 * s3 + s2**2
    square = s4 - 4 * s5 + 4 * s2 * s4 + 2 * s3**2 - 4 * s2**2 * s3 + s2**4
    return float(s2 / trace), float(trace**2 / square)
