"""Spread of a metric, estimated jointly from all arms of a test dataset, and the intervals that follow from it.

The other arms moderate an arm's variance between retrained networks (`variance_prior`), and the correlation of
successive frames of a film is estimated from all arms (`serial_correlation`). The interval of a difference combines the
variances of both arms' networks, which are independent, and the variance of the paired images.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unetlib.evaluation.baselines import ALL_BACKGROUND, ALL_FOREGROUND
from unetlib.evaluation.intervals import Interval, Part, total
from unetlib.evaluation.mean_scores import MIN_CLUSTERS, Scores, between_seeds, interval
from unetlib.evaluation.score_grids import Arm, Grid
from unetlib.evaluation.serial_correlation import estimate
from unetlib.evaluation.variance_prior import Prior, fit_prior

UNTRAINED = ("none", "external")  # train_dataset of arms that this study did not train, which have no seeds
CONSTANT = 0.01  # scores whose mean difference is below this count as equal
UNKNOWN_RHO = 0.5  # used if no film has enough frames for an estimate
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Spread:
    """The spread of the arms of a grid.

    runs: arm → the moderated variance of a run's mean; arms that were not retrained are absent. rho_scores,
    rho_differences: the correlation of successive frames in scores and in differences of two arms. networks: experiment
    → the experiment that trains its networks, if it does not train them itself.
    """

    grid: Grid
    prior: Prior
    runs: Mapping[Arm, Part]
    rho_scores: float
    rho_differences: float
    collapsed: Collection[Arm] = ()
    networks: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, grid: Grid, *, collapsed: Collection[Arm] = (), networks: Mapping[str, str] | None = None) -> "Spread":
        """Return the spread of a grid. collapsed: arms with networks that learned nothing; the estimates omit them."""
        trained = [arm for arm in grid.values if arm.train_dataset not in UNTRAINED]
        own = {arm: between_seeds(grid.scores(arm)) for arm in trained}
        trainers = dict(networks or {})
        telling = [arm for arm in trained if arm not in collapsed and arm.experiment not in trainers]
        prior, outliers = fit_prior([own[arm] for arm in telling])
        # the prior does not describe these arms, so it must not shrink their variance
        alone = {arm for arm, is_outlier in zip(telling, outliers, strict=True) if is_outlier} | set(collapsed)
        runs = {arm: _of_runs(own[arm], prior, arm in alone) for arm in trained}
        known = {arm: part for arm, part in runs.items() if part.df > 0}
        series = _series(grid, [arm for arm in telling if arm not in alone])
        return cls(grid, prior, known, *_correlations(series), collapsed, trainers)

    def mean(self, arm: Arm, bounds: tuple[float, float]) -> Interval:
        """Return the interval of an arm's mean score."""
        scores = self.grid.scores(arm)
        return interval(scores, bounds, runs=self._of_networks([arm], len(scores.folds)), rho=self.rho_scores)

    def difference(self, left: Arm, right: Arm, bounds: tuple[float, float]) -> Interval | None:
        """Return the interval of left minus right on their shared runs and images, None if they share none."""
        scores = self.grid.difference(left, right)
        if scores is None:
            return None
        rho = self.rho_differences
        if {left, right} & set(self.collapsed) or left.train_dataset in UNTRAINED or right.train_dataset in UNTRAINED:
            rho = max(rho, self.rho_scores)  # one side is constant, so the other arm's scores dominate
        if self._shares_networks(left, right):
            return interval(scores, bounds, rho=rho)
        return interval(scores, bounds, runs=self._of_networks([left, right], len(scores.folds)), rho=rho)

    def _shares_networks(self, left: Arm, right: Arm) -> bool:
        one, other = (self.networks.get(arm.experiment, arm.experiment) for arm in (left, right))
        return one == other and left.train_dataset == right.train_dataset

    def _of_networks(self, arms: Sequence[Arm], runs: int) -> Part:
        """Return the variance of a mean due to the arms' networks; 0 degrees of freedom if some were not retrained.

        Networks of two arms are independent, so their variances add up. The estimates are not, if they share a prior.
        """
        trained = [arm for arm in arms if arm.train_dataset not in UNTRAINED]
        if not trained or not all(arm in self.runs for arm in trained):
            return Part(0.0, 0)
        parts = [Part(self.runs[arm].variance / runs, self.runs[arm].df) for arm in trained]
        return total(parts, together=self.prior.df > 0)


def collapsed_arms(grid: Grid) -> set[Arm]:
    """Return the trained arms with a run whose scores equal those of a constant prediction, image by image.

    A score below the constant prediction's does not mean collapse: if nearly all pixels are foreground, a network that
    finds the borders can score lower. grid: that of an overlap score such as Dice.
    """
    constant = [grid.values[arm] for arm in grid.values if arm.experiment in (ALL_FOREGROUND, ALL_BACKGROUND)]
    trained = [arm for arm in grid.values if arm.train_dataset not in UNTRAINED]
    return {arm for arm in trained for score in constant if _as_constant(grid.values[arm], score)}


def _as_constant(values: Floats, constant: Floats) -> bool:
    """Return whether a run differs from the constant prediction by less than CONSTANT on average over its images."""
    apart = np.abs(values - _mean_over_runs(constant))
    count = np.isfinite(apart).sum(1)
    means = np.nansum(apart, axis=1)[count > 0] / count[count > 0]
    return bool((means < CONSTANT).any())


def _of_runs(own: Part, prior: Prior, alone: bool) -> Part:
    """Return the variance of a run: moderated, or with `alone` the arm's own variance if it is larger."""
    moderated = prior.moderated(own)
    return Part(max(own.variance, moderated.variance), own.df) if alone else moderated


def _series(grid: Grid, arms: Sequence[Arm]) -> list[list[Floats]]:
    """Return each arm's mean scores over runs, per film in temporal order; arms with equal scores appear once.

    A film that several folds test is cut where the folds change: the networks differ there, not the frames.
    """
    films = np.unique(grid.clusters.astype(str))
    if not arms or not np.isfinite(grid.times).all() or len(films) >= MIN_CLUSTERS:
        return []
    means = np.array([_mean_over_runs(grid.values[arm]) for arm in arms])
    known = np.isfinite(means).all(0)
    means = np.unique(means[:, known], axis=0)
    # frames by film, and within it by time
    order = np.lexsort((grid.times[known], grid.clusters.astype(str)[known]))
    film = grid.clusters.astype(str)[known][order]
    tested = (np.sum([grid.weights[arm] for arm in arms], axis=0) > 0)[:, known][:, order]
    return [np.split(row[order], _cuts(film, tested)) for row in means]


def _cuts(films: NDArray[Any], tested: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return the places where a film begins or other runs test it. films (I,), tested (R, I), by film and time."""
    change = (films[1:] != films[:-1]) | (tested[:, 1:] != tested[:, :-1]).any(0)
    return np.flatnonzero(change) + 1


def _mean_over_runs(values: Floats) -> Floats:
    count = np.isfinite(values).sum(0)
    return np.asarray(np.where(count > 0, np.nansum(values, axis=0) / np.maximum(count, 1), np.nan))


def _correlations(series: Sequence[Sequence[Floats]]) -> tuple[float, float]:
    """Return the correlation of successive frames in scores and in differences of two arms.

    All arms find the same frames hard, so their scores count as one independent series. Subtracting the mean over the
    arms removes this common part; the residuals of n arms count as n − 1 independent series.
    """
    scores = estimate(series, independent=1)
    if len(series) < 2:
        return _known(scores), _known(scores)
    films = range(len(series[0]))
    means = [np.mean([each[film] for each in series], axis=0) for film in films]
    left = [[each[film] - means[film] for film in films] for each in series]
    return _known(scores), _known(estimate(left, independent=len(series) - 1))


def _known(rho: float) -> float:
    return rho if np.isfinite(rho) else UNKNOWN_RHO


def unmoderated(scores: Scores, bounds: tuple[float, float]) -> Interval:
    """Return the interval of a mean from its own scores alone, without the other arms."""
    order = np.argsort(scores.clusters, kind="stable")  # within a film, frames stay in temporal order
    film, tested = scores.clusters[order], (scores.weights > 0)[:, order]
    means = _mean_over_runs(np.where(tested, scores.values[:, order], np.nan))
    few = scores.ordered and len(np.unique(film)) < MIN_CLUSTERS
    rho = _known(estimate([np.split(means, _cuts(film, tested))])) if few else 0.0
    return interval(scores, bounds, rho=rho)
