"""Confidence interval of a mean whose variance has several components, its p-values, and the resampled units."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.special import stdtr, stdtrit

LEVEL = 0.95
EQUIVALENCE_LEVEL = 0.90
SEEDS, CLUSTERS, IMAGES = "seeds", "clusters", "images"  # what can be resampled
TIMES = " × "


class Part(NamedTuple):
    """A component of the variance of a mean, and the degrees of freedom of its estimate."""

    variance: float
    df: float


def total(parts: Sequence[Part], *, together: bool = False) -> Part:
    """Return the sum of at least one component, with the degrees of freedom of that sum.

    They are Satterthwaite's (1946) for estimates that are independent. together: the estimates rest on the same prior,
    so they are too large or too small together, and their standard errors add up instead of their squares.
    """
    variance = sum(part.variance for part in parts)
    errors = [part.variance / part.df**0.5 for part in parts]
    square = sum(errors) ** 2 if together else sum(error**2 for error in errors)
    return Part(variance, variance**2 / square if square > 0 else min(part.df for part in parts))


@dataclass(frozen=True)
class Interval:
    """A mean, the components of its variance, and the resampled units behind them, such as `seeds × clusters`.

    Its half-width is Student's t for the sum of the components with Satterthwaite's degrees of freedom, but never less
    than that for one component alone: with one degree of freedom a variance can by chance be so small that the sum
    seems to be as well known as the other component. Without parts (resampled is "": one run of one image) every end
    and p is NaN. bounds: the smallest and largest possible mean.
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
        return self.at(LEVEL)[0]

    @property
    def high(self) -> float:
        """The upper end at LEVEL."""
        return self.at(LEVEL)[1]

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
        with np.errstate(divide="ignore"):
            each = [2 * stdtr(part.df, -distance / np.sqrt(part.variance)) for part in self._tested]
        return float(max(each))

    def p_within(self, margin: float) -> tuple[float, float]:
        """Return the p of two one-sided tests: of a true mean of −margin or less, and of margin or more.

        Both are below 0.05 exactly if the 90 % interval lies within ± margin (Schuirmann 1987).
        """
        p = (self.p_of(-margin) / 2, self.p_of(margin) / 2)
        beyond = (self.mean < -margin, self.mean > margin)
        return (1 - p[0] if beyond[0] else p[0], 1 - p[1] if beyond[1] else p[1])

    @property
    def _tested(self) -> tuple[Part, ...]:
        return (total(self.parts), *self.parts)

    def _half(self, alpha: float) -> float:
        if not self.parts:
            return float("nan")
        return float(max(stdtrit(part.df, 1 - alpha / 2) * np.sqrt(part.variance) for part in self._tested))


def resampled_units(resampled: str) -> frozenset[str]:
    """Return the units named by `Interval.resampled`: a subset of SEEDS, CLUSTERS and IMAGES."""
    return frozenset(resampled.split(TIMES)) - {""}


def retrained(resampled: str) -> bool:
    """Return whether the interval covers retraining, i.e. whether networks with different seeds were resampled."""
    return SEEDS in resampled_units(resampled)
