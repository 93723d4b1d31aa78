"""Moderated variance between retrained networks: each arm's estimate is shrunk towards that of all arms of a study.

Two or three seeds per arm leave one or two degrees of freedom. As in limma (Smyth 2004), the variances σ² of the arms
are modelled as draws from a scaled inverse χ² distribution, d0·s0²/σ² ~ χ²(d0), whose s0² and d0 are estimated from all
arms. An arm with variance s² on d degrees of freedom then gets (d0·s0² + d·s²)/(d0 + d) on d0 + d degrees of freedom.

limma estimates d0 by moments from thousands of genes. A study has 4 to 50 arms, for which the moment estimate is often
infinite by chance. Therefore d0 is the median of its posterior on a grid under a prior ∝ 1/d0, and at most the degrees
of freedom of all arms together. An arm with an outlying large variance keeps its own variance and is excluded from the
fit (in the spirit of Phipson et al. 2016). An arm with an outlying small variance is excluded too but still moderated,
because few seeds can agree by chance.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import fdtrc, gammaln

from unetlib.evaluation.intervals import Part

Floats = NDArray[np.float64]
LEAST_ARMS = 3  # fewest varying arms that give a prior
OUTLIER = 0.05  # level of the outlier test, divided by the number of arms (Bonferroni)
_DF = np.array([1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24, 40, 80.0])
_LOG_SCALES = np.linspace(-3.5, 3.5, 57)  # relative to the median of the log variances
_QUANTILE = 0.5  # of the posterior of d0: its median


class Prior(NamedTuple):
    """The prior variance of a run, s0², on df = d0 degrees of freedom (0: unknown)."""

    variance: float = 0.0
    df: float = 0.0

    def moderated(self, own: Part) -> Part:
        """Return an arm's own variance, pooled with the prior."""
        df = self.df + own.df
        return Part((self.df * self.variance + own.df * own.variance) / df, df) if df else own


def fit_prior(arms: Sequence[Part]) -> tuple[Prior, list[bool]]:
    """Return the prior fitted to these arms' variances of a run, and for each arm whether it is a large outlier.

    Arms without degrees of freedom are not used. Fewer than LEAST_ARMS varying arms give an empty prior.
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
    """Return whether an arm's variance is too large, or too small, for the prior fitted to the other arms."""
    others = ~left_out
    others[place] = False
    prior = _fit(variances[others], dfs[others])
    ratio = variances[place] / prior.variance
    tail = fdtrc(dfs[place], prior.df, ratio) if upper else fdtrc(prior.df, dfs[place], 1 / ratio)
    return bool(tail < OUTLIER / (others.sum() + 1))


def _fit(variances: Floats, dfs: Floats) -> Prior:
    """Return s0² and d0 fitted to positive variances, each on at least one degree of freedom."""
    centre = float(np.median(np.log(variances)))
    scale = np.exp(centre + _LOG_SCALES)[:, None, None]
    d0, d, ratio = _DF[:, None], dfs, variances / scale
    # Under the model s²/s0² follows F(d, d0): this is its log density on the grid, without the terms free of s0 and d0.
    density = gammaln((d + d0) / 2) - gammaln(d / 2) - gammaln(d0 / 2) + d / 2 * np.log(d / d0)
    density = density + d / 2 * np.log(ratio) - (d + d0) / 2 * np.log1p(d / d0 * ratio)
    weight = density.sum(2) - np.log(_DF)
    posterior = np.exp(weight - weight.max())
    of_df = np.cumsum(posterior.sum(0)) / posterior.sum()
    place = int((of_df < _QUANTILE).sum())
    # log s0² is its posterior mean given the chosen d0
    share = posterior[:, place] / posterior[:, place].sum()
    return Prior(float(np.exp(centre + share @ _LOG_SCALES)), float(min(_DF[place], dfs.sum())))
