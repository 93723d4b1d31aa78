"""The rules for intervals and p-values before December 2026, for comparison with the new ones on the same data.

The variance between seeds was estimated from the paired differences alone, with Student's t for its few degrees of
freedom. Frames of a film were assumed independent. p was the larger of the sign-flip test's p over units and the
interval's p, corrected for all comparisons of the table.
"""

import numpy as np
from scipy.special import chdtri, stdtrit

from unetlib.evaluation.ablation import FLIPPED_CLUSTERS
from unetlib.evaluation.mean_scores import (
    Floats,
    Scores,
    _deviations,
    _interaction,
    _of_units,
    _summed,
    _unbiased,
    _units,
    between_seeds,
    contributions,
)
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
    spread = _of_units(deviations.sum(0), weights, strata, 0.0)
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
