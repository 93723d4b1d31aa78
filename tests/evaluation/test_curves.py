"""Roughness and speed of learning curves, against plain twins, on curves whose noise is known."""

from math import isnan

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t as student

from unetlib.evaluation import curves
from unetlib.evaluation.tables import LONG


def plain_scores(updates, dice):
    """The naive twin: one evaluation after the other."""
    best, first = max(dice), None
    for place, value in enumerate(dice):
        if value >= 0.95 * best:
            first = place
            break
    steps = [dice[place + 1] - dice[place] for place in range(first, len(dice) - 1)]
    rough = float("nan")
    if len(steps) >= 2:
        mean = sum(steps) / len(steps)
        rough = (sum((step - mean) ** 2 for step in steps) / (len(steps) - 1) / 2) ** 0.5
    return {"roughness": rough, "updates_to_95": updates[first], "last_validation_dice": dice[-1]}


def test_a_curve_scores_as_its_plain_twin():
    generator = np.random.default_rng(0)
    for length in (1, 2, 3, 4, 10, 50):
        updates, dice = np.arange(length) * 7.0 + 7, generator.random(length)
        found, plain = curves.curve_scores(updates, dice), plain_scores(list(updates), list(dice))
        assert found == pytest.approx(plain, nan_ok=True)


def test_roughness_is_the_noise_and_not_the_trend():
    updates, generator = np.arange(1, 2001.0), np.random.default_rng(1)
    trend = 0.85 + 0.1 * updates / 2000
    noisy = trend + 0.02 * generator.standard_normal(2000)
    assert curves.curve_scores(updates, noisy)["roughness"] == pytest.approx(0.02, rel=0.1)
    assert curves.curve_scores(updates, trend)["roughness"] < 1e-9
    rising = curves.curve_scores(updates, np.where(updates < 1000, 0.1, 0.9))
    assert rising["roughness"] == 0 and rising["updates_to_95"] == 1000


def test_a_network_that_learns_nothing_reaches_its_best_at_once():
    found = curves.curve_scores(np.array([10.0, 20.0, 30.0, 40.0]), np.zeros(4))
    assert found == {"roughness": 0.0, "updates_to_95": 10.0, "last_validation_dice": 0.0}


def history(*dice):
    return pd.DataFrame({"update": np.arange(1, len(dice) + 1) * 10, "loss": 0.1, "validation_dice": dice})


def rows(**experiments):
    runs = [
        ({"experiment": name, "train_dataset": "cells", "fold": 0, "seed": seed}, history(*dice))
        for name, all_dice in experiments.items()
        for seed, dice in enumerate(all_dice)
    ]
    return curves.curve_rows(runs)


FAST, SLOW = (0.8, 0.8, 0.8, 0.8), (0.1, 0.2, 0.8, 0.7, 0.8, 0.7)


def test_curves_are_rows_of_a_long_table():
    table = rows(one=[FAST], two=[(0.5, float("nan"))], none=[(float("nan"),)])
    assert list(table.columns) == LONG and set(table["experiment"]) == {"one", "two"}
    assert table[table["experiment"] == "two"]["metric"].tolist() == ["updates_to_95", "last_validation_dice"]
    found = curves.curve_table(rows(one=[FAST, FAST], two=[SLOW])).set_index(["experiment", "metric"])
    assert found.loc[("one", "updates_to_95"), "mean"] == 10 and found.loc[("two", "updates_to_95"), "mean"] == 30
    assert found.loc[("one", "roughness"), "resampled"] == "seeds" and found.loc[("one", "roughness"), "runs"] == 2
    assert isnan(found.loc[("two", "roughness"), "low"]), "one run has no interval"
    assert curves.curve_table(rows()).empty


def test_a_difference_of_curves_is_paired_by_seed():
    table = rows(one=[FAST, FAST, FAST], two=[SLOW, SLOW, (0.1, 0.8, 0.8, 0.8)])
    table = table[table["metric"] == "updates_to_95"]
    sides = [table[table["experiment"] == name] for name in ("two", "one")]
    (found,) = curves.curve_difference(*sides).to_dict("records")
    assert found["mean"] == pytest.approx((20 + 20 + 10) / 3) and found["runs"] == 3
    assert found["low"] < found["mean"] < found["high"] and found["high"] > 1, "no bound of a score"
    assert curves.curve_difference(sides[0], sides[1].assign(seed=9)).empty


def test_an_interval_is_students_over_the_seeds_of_a_fold():
    values = {0: [1.0, 2.0, 4.0], 1: [11.0, 12.0, 13.0]}  # the folds differ, which is no noise
    place = {"experiment": "a", "train_dataset": "cells", "test_dataset": "cells", "image": "curve", "metric": "m"}
    runs = [place | {"fold": f, "seed": s, "value": v} for f, found in values.items() for s, v in enumerate(found)]
    (row,) = curves.curve_table(pd.DataFrame(runs)).to_dict("records")
    spread = [value - np.mean(found) for found in values.values() for value in found]
    error = (sum(each**2 for each in spread) / 4 / 6) ** 0.5
    for low, high, level in (("low", "high", 0.95), ("low90", "high90", 0.90)):
        assert (row[low], row[high]) == pytest.approx(student.interval(level, 4, np.mean([*values.values()]), error))


def test_intervals_of_curves_hold_the_truth_as_often_as_they_say():
    generator, held = np.random.default_rng(0), 0
    place = {"experiment": "a", "train_dataset": "cells", "test_dataset": "cells", "image": "curve", "metric": "m"}
    for _ in range(400):
        runs = [place | {"fold": f, "seed": s, "value": generator.normal(5 * f, 1)} for f in (0, 1) for s in (0, 1)]
        (row,) = curves.curve_table(pd.DataFrame(runs)).to_dict("records")
        held += row["low"] <= 2.5 <= row["high"]
    assert 0.92 < held / 400 < 0.98
