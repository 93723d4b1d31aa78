"""Confidence interval of a mean whose variance has several components, its p-values, and the resampled units."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from scipy.special import stdtrit

LEVEL = 0.95
EQUIVALENCE_LEVEL = 0.90
SEEDS, CLUSTERS, IMAGES = "seeds", "clusters", "images"  # what can be resampled
TIMES = " × "
_LEAST_P = 1e-9
_STEPS = 60  # bisection steps in the search for a p


class Part(NamedTuple):
    """A component of the variance of a mean, and the degrees of freedom of its estimate."""

    variance: float
    df: float


@dataclass(frozen=True)
class Interval:
    """A mean, the components of its variance, and the resampled units behind them, such as `seeds × clusters`.

    Without parts (resampled is "": one run of one image) every end and p is NaN. bounds: the smallest and largest
    possible mean.
    """

    mean: float
    parts: tuple[Part, ...]
    resampled: str
    bounds: tuple[float, float] = (-np.inf, np.inf)

    def at(self, level: float) -> tuple[float, float]:
        """Return the ends of the interval at a level such as 0.9."""
        half = self._half(1 - level)
        return max(self.mean - half, self.bounds[0]), min(self.mean + half, self.bounds[1])

    @property
    def low(self) -> float:
        """The lower end at LEVEL."""
        return self._ends[0]

    @property
    def high(self) -> float:
        """The upper end at LEVEL."""
        return self._ends[1]

    @property
    def p(self) -> float:
        """The two-sided p of a true mean of 0: below 1 − LEVEL exactly if the interval excludes 0."""
        return self.p_of(0.0)

    @property
    def variance(self) -> float:
        """The variance of the mean; NaN without parts."""
        return sum(part.variance for part in self.parts) if self.parts else float("nan")

    def p_of(self, value: float) -> float:
        """Return the two-sided p of a true mean of this value: 1 − the level at which the interval just reaches it."""
        distance = abs(self.mean - value)
        if not self.parts or np.isnan(distance):
            return float("nan")
        if distance == 0:
            return 1.0
        # No closed form: each component has its own t quantile. The half-width falls as p grows, so bisect on log p.
        low, high = np.log(_LEAST_P), 0.0
        for _ in range(_STEPS):
            middle = (low + high) / 2
            low, high = (middle, high) if self._half(float(np.exp(middle))) > distance else (low, middle)
        return float(np.exp(high))

    def p_within(self, margin: float) -> tuple[float, float]:
        """Return the p of two one-sided tests: of a true mean of −margin or less, and of margin or more.

        Both are below 0.05 exactly if the 90 % interval lies within ± margin (Schuirmann 1987).
        """
        p = (self.p_of(-margin) / 2, self.p_of(margin) / 2)
        beyond = (self.mean < -margin, self.mean > margin)
        return (1 - p[0] if beyond[0] else p[0], 1 - p[1] if beyond[1] else p[1])

    @cached_property
    def _ends(self) -> tuple[float, float]:
        return self.at(LEVEL)

    def _half(self, alpha: float) -> float:
        if not self.parts:
            return float("nan")
        variances, dfs = np.array(self.parts).T
        return float(np.sqrt((variances * stdtrit(dfs, 1 - alpha / 2) ** 2).sum()))


def resampled_units(resampled: str) -> frozenset[str]:
    """Return the units named by `Interval.resampled`: a subset of SEEDS, CLUSTERS and IMAGES."""
    return frozenset(resampled.split(TIMES)) - {""}


def retrained(resampled: str) -> bool:
    """Return whether the interval covers retraining, i.e. whether networks with different seeds were resampled."""
    return SEEDS in resampled_units(resampled)
