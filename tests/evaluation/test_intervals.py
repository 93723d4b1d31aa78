"""The ends of an interval and its p-values say the same."""

import numpy as np
import pytest
from scipy import stats

from unetlib.evaluation.intervals import EQUIVALENCE_LEVEL, Interval, Part, total

PARTS = (Part(0.0004, 2), Part(0.0001, 8))


@pytest.mark.parametrize("mean", [0.0, 0.03, 0.07, -0.2])
def test_p_is_below_one_minus_the_level_exactly_where_the_interval_leaves_out_the_value(mean: float) -> None:
    found = Interval(mean, PARTS, "seeds × images")
    for level in (0.5, 0.9, 0.95, 0.999):
        low, high = found.at(level)
        for value in (-0.1, 0.0, 0.05):
            assert (found.p_of(value) < 1 - level) == (not low <= value <= high)
    assert found.p_of(found.high) == pytest.approx(0.05)
    assert found.p == found.p_of(0.0)


def test_one_part_is_students_t() -> None:
    found = Interval(0.05, (Part(0.0004, 3),), "images")
    assert found.p == pytest.approx(2 * stats.t.sf(2.5, 3), rel=1e-6)
    assert Interval(0.05, (Part(0.0, 3),), "images").p == pytest.approx(0, abs=1e-8)
    assert Interval(0.0, (Part(0.0, 3),), "images").p == 1


@pytest.mark.parametrize("mean", [0.0, 0.01, 0.03, -0.05])
def test_both_one_sided_tests_reject_where_the_90_percent_interval_lies_within(mean: float) -> None:
    found = Interval(mean, (Part(0.00004, 6),), "seeds")
    low, high = found.at(EQUIVALENCE_LEVEL)
    for margin in (0.005, 0.02, 0.04):
        below, above = found.p_within(margin)
        assert (max(below, above) < 0.05) == (-margin < low and high < margin)
        expected = [stats.t.sf((mean + margin) / 0.00004**0.5, 6), stats.t.cdf((mean - margin) / 0.00004**0.5, 6)]
        assert [below, above] == pytest.approx(expected, rel=1e-6, abs=1e-9)


def test_two_parts_are_students_t_for_their_sum_but_never_less_than_for_one() -> None:
    found = Interval(0.0, (Part(0.0004, 6), Part(0.0001, 8)), "seeds × images")
    df = 0.0005**2 / (0.0004**2 / 6 + 0.0001**2 / 8)
    assert found.high == pytest.approx(stats.t.ppf(0.975, df) * 0.0005**0.5)
    assert found.high < np.hypot(*(stats.t.ppf(0.975, df) * v**0.5 for v, df in found.parts)), "narrower than Howe's"
    unsure = Interval(0.0, (Part(0.0004, 1), Part(0.0001, 60)), "seeds × images")
    assert unsure.high == pytest.approx(stats.t.ppf(0.975, 1) * 0.02)


def test_estimates_of_one_prior_err_together() -> None:
    alike = [Part(0.02, 6), Part(0.02, 6)]
    assert total(alike) == pytest.approx((0.04, 12)) and total(alike, together=True) == pytest.approx((0.04, 6))
    assert total([Part(0.0, 3), Part(0.0, 2)]) == (0.0, 2)


def test_nothing_is_known_without_a_part() -> None:
    found = Interval(0.5, (), "")
    assert np.isnan([*found.at(0.9), found.p, found.p_of(0.5)]).all()
