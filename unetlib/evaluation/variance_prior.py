"""A moderated variance: what all arms of a study say together of how much a retrained network differs from another.

Two or three seeds per arm leave one or two degrees of freedom. As in limma (Smyth 2004) the variances σ² of the arms
are taken as draws from a scaled inverse χ² distribution, d0·s0²/σ² ~ χ²(d0), whose s0² and d0 are estimated from all
arms. The variance of an arm with s² on d degrees of freedom is then (d0·s0² + d·s²)/(d0 + d), on d0 + d of them.

limma estimates d0 by moments from thousands of genes. We have 4 to 50 arms, where that is often infinite by chance. So
d0 is the median of its posterior on a grid under a prior ∝ 1/d0, and never more than all arms have together. An arm
that would be an outlier among the others keeps its own variance and takes no part in the fit (in the spirit of Phipson
et al. 2016); one that hardly varies takes no part either, but is moderated: it is not taken for stable.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import fdtrc, gammaln

from unetlib.evaluation.intervals import Part

Floats = NDArray[np.float64]
LEAST_ARMS = 3  # that vary, for a prior
OUTLIER = 0.05  # p of an outlier, divided by the number of arms
_DF = np.array([1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24, 40, 80.0])
_LOG_SCALES = np.linspace(-3.5, 3.5, 57)  # about the median of the log variances
_QUANTILE = 0.5


class Prior(NamedTuple):
    """The variance of a run that is expected before an arm is seen, on df degrees of freedom (0: not known)."""

    variance: float = 0.0
    df: float = 0.0

    def moderated(self, own: Part) -> Part:
        """Return the variance of an arm as its own runs and all other arms tell it."""
        df = self.df + own.df
        return Part((self.df * self.variance + own.df * own.variance) / df, df) if df else own


def fit_prior(arms: Sequence[Part]) -> tuple[Prior, list[bool]]:
    """Return the prior of these arms' variances of a run, and for each arm whether it is an outlier.

    Arms without degrees of freedom say nothing. Fewer than LEAST_ARMS arms that vary give an empty prior.
    """
    variances, dfs = np.array([[*arm] for arm in arms] or np.zeros((0, 2)), dtype=float).T
    left_out = (dfs < 1) | (variances <= 0)
    outliers = np.zeros(len(arms), dtype=bool)
    while (~left_out).sum() > LEAST_ARMS:
        place = int(np.argmax(np.where(left_out, -np.inf, variances)))
        low = int(np.argmin(np.where(left_out, np.inf, variances)))
        if _is_outlier(variances, dfs, left_out, place, upper=True):
            left_out[place] = outliers[place] = True
        elif _is_outlier(variances, dfs, left_out, low, upper=False):
            left_out[low] = True
        else:
            break
    used = ~left_out
    prior = _fit(variances[used], dfs[used]) if used.sum() >= LEAST_ARMS else Prior()
    return prior, [bool(each) for each in outliers]


def _is_outlier(variances: Floats, dfs: Floats, left_out: NDArray[np.bool_], place: int, *, upper: bool) -> bool:
    """Return whether the variance of an arm is too large, or too small, to be one of the others."""
    others = ~left_out
    others[place] = False
    prior = _fit(variances[others], dfs[others])
    ratio = variances[place] / prior.variance
    tail = fdtrc(dfs[place], prior.df, ratio) if upper else fdtrc(prior.df, dfs[place], 1 / ratio)
    return bool(tail < OUTLIER / (others.sum() + 1))


def _fit(variances: Floats, dfs: Floats) -> Prior:
    """Return s0² and d0 of variances that are positive, each on at least one degree of freedom."""
    centre = float(np.median(np.log(variances)))
    scale = np.exp(centre + _LOG_SCALES)[:, None, None]
    d0, d, ratio = _DF[:, None], dfs, variances / scale
    density = gammaln((d + d0) / 2) - gammaln(d / 2) - gammaln(d0 / 2) + d / 2 * np.log(d / d0)
    density = density + d / 2 * np.log(ratio) - (d + d0) / 2 * np.log1p(d / d0 * ratio)
    weight = density.sum(2) - np.log(_DF)
    posterior = np.exp(weight - weight.max())
    of_df = np.cumsum(posterior.sum(0)) / posterior.sum()
    place = int((of_df < _QUANTILE).sum())
    share = posterior[:, place] / posterior[:, place].sum()
    return Prior(float(np.exp(centre + share @ _LOG_SCALES)), float(min(_DF[place], dfs.sum())))
