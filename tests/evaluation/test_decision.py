"""When a difference is clear or equivalent, and the runs that would make it so, against a simulation."""

from math import isnan, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t as student

from unetlib.evaluation import decision
from unetlib.evaluation.decision import Design, Spread
from unetlib.evaluation.intervals import Interval, Part

SEEDS = "seeds × images"


@pytest.mark.parametrize(
    ("low", "high", "resampled", "clear", "equivalent"),
    [
        (0.01, 0.05, SEEDS, True, False),
        (0.01, 0.05, "seeds", True, False),
        (0.01, 0.05, "images", False, False),  # folds or images alone: no network was retrained
        (0.01, 0.05, "clusters", False, False),
        (0.01, 0.05, "", False, False),
        (-0.05, -0.01, SEEDS, True, False),
        (-0.01, 0.05, SEEDS, False, False),
        (0.0, 0.05, SEEDS, False, False),
        (-0.019, 0.019, SEEDS, False, True),
        (-0.019, 0.019, "images", False, False),
        (0.001, 0.019, SEEDS, True, True),  # there, but too small to matter
        (-0.02, 0.019, SEEDS, False, False),
        (nan, nan, SEEDS, False, False),
    ],
)
def test_clear_and_equivalent_need_retrained_networks(low, high, resampled, clear, equivalent):
    assert decision.is_clear(low, high, resampled) == clear
    assert decision.is_equivalent(low, high, resampled) == equivalent


def test_nothing_is_equivalent_without_a_margin():
    assert not decision.is_equivalent(-1e-9, 1e-9, SEEDS, nan)


@given(st.floats(-0.2, 0.2), st.floats(1e-6, 0.01), st.floats(1e-6, 0.01), st.integers(1, 9), st.integers(1, 40))
def test_in_a_family_of_one_the_interval_decides_as_p_does(mean, networks, images, few, many):
    found = Interval(mean, (Part(networks, few), Part(images, many)), SEEDS)
    for resampled in (SEEDS, "images"):
        assert decision.is_clear(found.low, found.high, resampled) == decision.decided(found.p, resampled)
        within = decision.decided(max(found.p_within(0.05)), resampled)
        assert decision.is_equivalent(*found.at(0.9), resampled, 0.05) == within
    assert not decision.decided(nan, SEEDS), "not tested"


def share_decided(size, between, design, margin=nan, repeats=4000):
    """How often a simulated study of this design finds the difference clear, or equivalent."""
    generator = np.random.default_rng(0)
    runs = size + between * generator.standard_normal((repeats, design.folds, design.seeds))
    mean, df = runs.mean((1, 2)), design.folds * (design.seeds - 1)
    error = np.sqrt(runs.var(2, ddof=1).mean(1) / (design.folds * design.seeds))
    clear = np.abs(mean) > student.ppf(0.975, df) * error
    same = np.abs(mean) + student.ppf(0.95, df) * error < margin
    return (clear | same).mean()


@pytest.mark.parametrize(
    ("size", "between", "margin"), [(0.05, 0.02, nan), (0.03, 0.03, nan), (0.0, 0.01, 0.02), (0.002, 0.005, 0.02)]
)
def test_the_proposed_design_decides_at_least_as_often_as_it_says(size, between, margin):
    design = decision.design_to_decide(size, Spread(between), 2, margin)
    assert design is not None
    assert share_decided(size, between, design, margin) > 0.78
    fewer = [Design(k, f) for f in (1, 2) for k in range(2, 21) if k * f < design.seeds * design.folds - 2]
    assert all(share_decided(size, between, each, margin) < 0.88 for each in fewer), "far fewer would not do"


def test_no_design_is_proposed_where_none_decides():
    assert decision.design_to_decide(0.001, Spread(0.1), 2) is None
    assert decision.design_to_decide(0.05, None, 2) is None
    assert decision.design_to_decide(0.05, Spread(0.001, 0.1**2), 1) is None, "images that seeds do not add"
    assert decision.design_to_decide(0.0, Spread(0.01), 2) is None and not isnan(decision.MARGIN)


def test_a_design_is_said_in_words():
    assert (str(Design(3, 2)), str(Design(2, 1))) == ("3 seeds × 2 folds", "2 seeds × 1 fold")
