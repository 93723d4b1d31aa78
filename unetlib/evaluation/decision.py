"""When a comparison is decided, for claims, ablation and report, and the design that would decide one.

Clear: networks were retrained, and p < ALPHA. Equivalent: networks were retrained, and two one-sided tests rule out a
difference of a margin or more, the larger p being < ALPHA (Schuirmann 1987). p is corrected by Holm's method within the
family of the comparison. A family is what one question asks on one dataset. A claim of the literature and the
comparison with the best trivial prediction are families of one: their direction was stated before, so p stays as it is
and p < ALPHA exactly where the 95 % interval excludes zero, or where the 90 % interval lies within ± margin.

Several folds do not replace several seeds: networks of different folds differ in their data, and the images of a fold
were scored by only one network.

The design that would decide a comparison follows from the spread that `power` has estimated. With f folds and k seeds
the variance of a difference is s²/(f·k) + v/f, where s is the SD between runs and v is the variance that a fold's
images add to the fold's mean. A true difference is found with 80 % power if it is at least (t0.975 + t0.8) standard
errors, and equivalence is found with 80 % power if the distance to the margin is at least (t0.95 + t0.8) standard
errors. t has f·(k − 1) degrees of freedom, the smallest number of any part, plus those lent by other arms.
"""

from dataclasses import dataclass
from math import nan, sqrt

from scipy.special import stdtrit

from unetlib.evaluation.intervals import EQUIVALENCE_LEVEL, LEVEL, retrained

ALPHA = 0.05  # 1 − LEVEL
MARGIN = 0.02  # equivalence margin: differences below two points of a score are negligible
POWER = 0.8
MAX_SEEDS = 20  # designs with more networks per fold and arm are too expensive to propose


@dataclass(frozen=True)
class Design:
    """Seeds per fold and number of folds of each arm."""

    seeds: int
    folds: int

    def __str__(self) -> str:
        return f"{self.seeds} seeds × {self.folds} fold{'s' if self.folds > 1 else ''}"


@dataclass(frozen=True)
class Spread:
    """Components of the variance of a difference: SD between runs, and the variance of a fold's mean due to its images.

    lent: degrees of freedom that other arms add to the SD between runs (`variance_prior`).
    """

    between_runs: float
    of_images: float = 0.0
    lent: float = 0.0

    def standard_error(self, design: Design) -> float:
        """Return the standard error of a difference under a design."""
        runs = design.seeds * design.folds
        return sqrt(self.between_runs**2 / runs + self.of_images / design.folds)


def decided(p: float, resampled: str) -> bool:
    """Return whether a comparison with this p in its family is clear, or with this p of equivalence is equivalent.

    resampled: `Interval.resampled`. NaN, the p of a comparison that was not tested, decides nothing.
    """
    return p < ALPHA and retrained(resampled)


def is_clear(low: float, high: float, resampled: str) -> bool:
    """Return whether a difference in a family of its own is clear. low, high: its 95 % interval."""
    return excludes(0.0, low, high) and retrained(resampled)


def excludes(value: float, low: float, high: float) -> bool:
    """Return whether an interval lies wholly on one side of a value; one with NaN does not."""
    return low > value or high < value


def is_equivalent(low: float, high: float, resampled: str, margin: float = MARGIN) -> bool:
    """Return whether a difference in a family of its own is within ± margin. low, high: its 90 % interval."""
    return retrained(resampled) and low > -margin and high < margin


def design_to_decide(size: float, spread: Spread | None, folds: int, margin: float = nan) -> Design | None:
    """Return the design with the fewest networks that would decide a difference of this size, None if there is none.

    Decided: clear, or equivalent if a margin is given. folds: the number of folds in the dataset's split.
    """
    if spread is None:
        return None
    designs = [Design(seeds, count) for count in range(1, folds + 1) for seeds in range(2, MAX_SEEDS + 1)]
    designs.sort(key=lambda design: (design.seeds * design.folds, design.folds))
    return next((design for design in designs if _decides(size, spread, design, margin)), None)


def _decides(size: float, spread: Spread, design: Design, margin: float) -> bool:
    error, df = spread.standard_error(design), spread.lent + design.folds * (design.seeds - 1)
    power = stdtrit(df, POWER)  # t0.8
    if abs(size) > 0 and (stdtrit(df, (1 + LEVEL) / 2) + power) * error <= abs(size):
        return True
    return bool((stdtrit(df, (1 + EQUIVALENCE_LEVEL) / 2) + power) * error <= margin - abs(size))
