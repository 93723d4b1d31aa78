"""The power table against the spread that was simulated, and what it proposes against simulated studies."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.simulated_studies import DATASET, Design, arms_of, simulate
from unetlib.evaluation.contrasts import Contrasts
from unetlib.evaluation.power import COLUMNS, power, power_shown
from unetlib.evaluation.score_grids import Arm, Grid
from unetlib.evaluation.spread import Spread


def rows_of(grid: Grid) -> pd.DataFrame:
    """The scores of a grid as rows, in the metric iou."""
    found = []
    for arm, values in grid.values.items():
        for run, image in zip(*np.nonzero(np.isfinite(values)), strict=True):
            place = (*arm, DATASET, int(grid.folds[run]), int(run), f"t{image:03d}", "iou")
            about = (grid.clusters[image], grid.times[image], grid.weights[arm][run, image])
            found.append((*place, values[run, image], *about))
    columns = ["experiment", "train_dataset", "test_dataset", "fold", "seed", "image", "metric", "value"]
    return pd.DataFrame(found, columns=[*columns, "cluster", "time", "weight"])


def test_the_table_has_the_spread_that_was_simulated() -> None:
    design = Design(2, 20, 4, arms=20, network=0.03, network_frame=0.01, arm_frame=0.02)
    table = power(rows_of(simulate(design, np.random.default_rng(1))), "arm00", {DATASET: "iou"}, folds={DATASET: 2})
    (row,) = table.to_dict("records")
    assert (row["arms"], row["networks"]) == (20, 160)
    assert row["network_sd"] == pytest.approx(0.03, rel=0.1)
    assert row["image_sd"] == pytest.approx(np.sqrt(2 * (0.02**2 + 0.01**2 / 4)), rel=0.15)
    assert row["correlation"] < 0.2
    seeds = [int(row[f"needs_{effect}"].split(" × ")[0]) if row[f"needs_{effect}"] else 99 for effect in (0.02, 0.05)]
    assert seeds[0] > seeds[1] >= 2
    assert power_shown(table)["SD between networks"].tolist() == [f"{row['network_sd']:.4f}"]


def test_the_proposed_design_finds_the_effect_in_about_four_of_five_studies() -> None:
    design = Design(1, 20, 3, arms=10, network=0.02)
    (row,) = power(rows_of(simulate(design, np.random.default_rng(2))), "arm00", {DATASET: "iou"}).to_dict("records")
    seeds, folds = (int(each) for each in row["needs_0.05"].split(" × "))
    rng, found = np.random.default_rng(3), 0
    for _ in range(60):
        spread = Spread.of(simulate(Design(folds, 20, seeds, arms=10, network=0.02), rng))
        held = spread.difference(Arm("arm01", DATASET), Arm("arm00", DATASET), (-1, 1))
        found += held is not None and held.p_of(-0.05) < 0.05
    assert 0.6 <= found / 60 <= 1


def test_without_seeds_nothing_is_proposed() -> None:
    made = rows_of(simulate(Design(2, 6, 1, arms=4), np.random.default_rng(4)))
    (row,) = power(made, "arm00", {DATASET: "iou"}).to_dict("records")
    assert np.isnan(row["network_sd"]) and row["needs_0.05"] == ""
    assert power_shown(power(made, "arm00", {DATASET: "iou"}))["SD between networks"].tolist() == ["–"]
    assert list(power(made, "absent", {DATASET: "iou"}).columns) == COLUMNS


def test_any_two_arms_are_compared_as_the_spread_compares_them() -> None:
    grid = simulate(Design(2, 9, 2, arms=5), np.random.default_rng(5))
    contrasts, (_, second, third, *_) = Contrasts(rows_of(grid)), arms_of(Design(2, 9, 2, arms=5))
    found = contrasts.difference(second, third, DATASET, "iou")
    expected = Spread.of(grid).difference(second, third, (-1.0, 1.0))
    assert found and expected
    assert (found.interval.low, found.interval.high) == pytest.approx((expected.low, expected.high))
    assert (found.runs, found.images, found.n) == (4, 18, 36)
    assert contrasts.difference(second, Arm("arm02", "elsewhere"), DATASET, "iou") is None
    assert contrasts.difference(second, second, DATASET, "iou") is None
    assert contrasts.difference(second, third, DATASET, "seg") is None
