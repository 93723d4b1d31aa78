"""What arms tell of each other: pairs, borrowed variances, correlated frames, and simulated coverage."""

import numpy as np
import pytest
from builders.scores import random_scores

from benchmarks.simulated_studies import DATASET, Design, arms_of, simulate
from unetlib.evaluation import tables
from unetlib.evaluation.intervals import Part, retrained, total
from unetlib.evaluation.mean_scores import between_seeds, interval
from unetlib.evaluation.score_grids import Arm, Grid, grids
from unetlib.evaluation.spread import UNKNOWN_RHO, Spread, collapsed_arms, unmoderated

BOUNDS = (-1.0, 1.0)


def study(seed: int = 0, **more: object) -> Grid:
    options = {"folds": 2, "frames": 9, "seeds": 2, "arms": 6} | more
    return simulate(Design(**options), np.random.default_rng(seed))  # type: ignore[arg-type]


def test_a_grid_holds_every_score_at_its_run_and_image() -> None:
    rows = tables.with_weights(random_scores(3, missing=0.2), None)
    for (dataset, metric), grid in grids(rows):
        own = rows[(rows["test_dataset"] == dataset) & (rows["metric"] == metric)]
        runs = sorted(set(zip(own["fold"], own["seed"], strict=True)))
        images = sorted(set(own["image"]))
        assert grid.folds.tolist() == [fold for fold, _ in runs]
        count = 0
        for row in own.itertuples():
            at = runs.index((row.fold, row.seed)), images.index(row.image)
            arm = Arm(row.experiment, row.train_dataset)
            assert (grid.values[arm][at], grid.weights[arm][at]) == (row.value, row.weight)
            count += 1
        assert sum(np.isfinite(values).sum() for values in grid.values.values()) == count


def test_two_arms_are_paired_on_what_both_scored() -> None:
    grid = study()
    left, right = arms_of(Design(2, 9, 2, arms=6))[1:3]
    grid.values[left][0, 0] = grid.values[right][1, 3] = np.nan
    scores = grid.difference(left, right)
    assert scores is not None
    pairs = grid.values[left] - grid.values[right]
    assert scores.run_means == pytest.approx(np.nanmean(pairs, axis=1))
    nothing = Grid(
        {left: grid.values[left], right: pairs * np.nan}, grid.weights, grid.folds, grid.clusters, grid.times
    )
    assert nothing.difference(left, right) is None


def test_any_two_arms_have_an_interval_of_their_own() -> None:
    spread = Spread.of(study())
    first, second, third = list(spread.grid.values)[:3]
    one, other = spread.difference(first, third, BOUNDS), spread.difference(second, third, BOUNDS)
    both, back = spread.difference(first, second, BOUNDS), spread.difference(second, first, BOUNDS)
    assert one and other and both and back
    assert both.mean == pytest.approx(one.mean - other.mean) == pytest.approx(-back.mean)
    assert (both.low, both.high) == pytest.approx((-back.high, -back.low))
    from_ends = (one.high - other.low) - (one.low - other.high)
    assert both.high - both.low < 0.7 * from_ends


def test_the_networks_of_both_arms_count_and_are_moderated() -> None:
    spread = Spread.of(study())
    left, right = list(spread.grid.values)[:2]
    found = spread.difference(left, right, BOUNDS)
    assert found is not None and found.resampled == "seeds × images"
    own = [spread.prior.moderated(between_seeds(spread.grid.scores(arm))).variance / 4 for arm in (left, right)]
    df = spread.prior.df + 2  # of both together, as they share the prior
    assert found.parts[0] == pytest.approx((sum(own), df))
    alone = Spread.of(study(arms=2))
    found = alone.difference(*alone.grid.values, BOUNDS)
    variances = [between_seeds(alone.grid.scores(arm)).variance / 4 for arm in alone.grid.values]
    assert found and alone.prior.df == 0
    assert found.parts[0] == pytest.approx((sum(variances), sum(variances) ** 2 / sum(v**2 / 2 for v in variances)))


def test_arms_that_share_networks_differ_by_what_their_pairs_show() -> None:
    grid = study()
    left, right = list(grid.values)[:2]
    grid.values[left][:] = grid.values[right] + 0.01 * np.random.default_rng(1).normal(size=grid.values[right].shape)
    apart = Spread.of(grid).difference(left, right, BOUNDS)
    shared = Spread.of(grid, networks={left.experiment: right.experiment}).difference(left, right, BOUNDS)
    scores = grid.difference(left, right)
    assert apart and shared and scores
    assert shared.parts[0] == Part(between_seeds(scores).variance / 4, 2)
    assert shared.high - shared.low < 0.7 * (apart.high - apart.low)


def test_what_was_trained_once_borrows_and_what_was_never_trained_has_no_seeds() -> None:
    grid = study(one_seed_arms=1, folds=1, seeds=3)
    *several, once = grid.values
    spread = Spread.of(grid)
    found = spread.difference(once, several[0], BOUNDS)
    assert found and retrained(found.resampled)
    known, borrowed = spread.runs[several[0]], Part(spread.prior.variance, spread.prior.df)
    assert spread.runs[once] == borrowed and found.parts[0] == pytest.approx(total([known, borrowed], together=True))
    tool = Arm("tool", "external")
    values = {**grid.values, tool: np.where(np.isfinite(grid.values[several[0]]), 0.5, np.nan)}
    weights = {**grid.weights, tool: grid.weights[several[0]]}
    beside = Spread.of(Grid(values, weights, grid.folds, grid.clusters, grid.times))
    assert not retrained(beside.mean(tool, BOUNDS).resampled)
    against = beside.difference(several[0], tool, BOUNDS)
    assert against and len(against.parts) == 2 and retrained(against.resampled)


def test_without_any_seeds_no_interval_covers_retraining() -> None:
    spread = Spread.of(study(seeds=1))
    first, second = list(spread.grid.values)[:2]
    found = spread.difference(first, second, BOUNDS)
    assert found and found.resampled == "images" and spread.mean(first, BOUNDS).resampled == "images"


def test_a_collapsed_arm_is_known_poisons_none_and_is_not_stable() -> None:
    grid = study(arms=8, seeds=3)
    bad = list(grid.values)[-1]
    constant = Arm("all-background", "none")
    seen = np.isfinite(grid.values[bad])
    values = {**grid.values, constant: np.where(seen, -0.5, np.nan), bad: np.where(seen, -0.5, np.nan)}
    whole = Grid(values, {**grid.weights, constant: grid.weights[bad]}, grid.folds, grid.clusters, grid.times)
    assert collapsed_arms(whole) == {bad}
    spread = Spread.of(whole, collapsed={bad})
    clean = Spread.of(Grid({arm: values[arm] for arm in list(grid.values)[:-1]}, *_rest(grid)))
    assert spread.prior == clean.prior and spread.rho_differences == clean.rho_differences
    assert spread.runs[bad] == Part(pytest.approx(spread.prior.variance * spread.prior.df / (spread.prior.df + 4)), 4)


def _rest(grid: Grid) -> tuple:
    return grid.weights, grid.folds, grid.clusters, grid.times


def test_frames_of_a_film_correlate_and_images_of_groups_do_not() -> None:
    still, moving = (Spread.of(study(3, rho=rho, frames=15, arms=10)) for rho in (0.0, 0.7))
    assert still.rho_differences < 0.2 < 0.5 < moving.rho_differences
    groups = Spread.of(study(films="groups", frames=10))
    first, second = list(groups.grid.values)[:2]
    found = groups.difference(first, second, BOUNDS)
    assert found and found.resampled == "seeds × clusters"
    short = Spread.of(study(frames=2))
    assert short.rho_scores == short.rho_differences == UNKNOWN_RHO


def test_alone_a_mean_has_the_correlation_of_its_own_frames() -> None:
    scores = study(rho=0.7, frames=30, folds=1).scores(Arm("arm00", DATASET))
    assert unmoderated(scores, BOUNDS).variance > 2 * interval(scores, BOUNDS).variance
    groups = study(films="groups", frames=30, folds=1).scores(Arm("arm00", DATASET))
    assert unmoderated(groups, BOUNDS) == interval(groups, BOUNDS)


def test_the_order_of_rows_changes_nothing() -> None:
    rows = tables.with_weights(random_scores(4, missing=0.1), None)
    made = [
        {place: Spread.of(grid).runs for place, grid in grids(each)}
        for each in (rows, rows.sample(frac=1, random_state=1))
    ]
    assert made[0] == made[1]


@pytest.mark.parametrize(
    "design",
    [Design(1, 6, 2), Design(2, 9, 3, rho=0.5), Design(1, 40, 2, films="groups"), Design(5, 6, 2, spread=4)],
    ids=["EM", "HeLa", "DSB", "unequal networks"],
)
def test_coverage(design: Design) -> None:
    """60 studies of 7 differences, which depend on each other; benchmarks/interval_coverage.py has more."""
    rng, held = np.random.default_rng(7), []
    for _ in range(60):
        spread = Spread.of(simulate(design, rng))
        reference, *others = arms_of(design)
        found = [spread.difference(arm, reference, BOUNDS) for arm in others]
        held += [each.low <= 0 <= each.high for each in found if each]
    assert len(held) == 420 and 0.91 <= np.mean(held) <= 0.985
