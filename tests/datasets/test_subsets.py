"""Subsets that are evenly spaced, and nested where sizes double."""

from hypothesis import given, settings
from hypothesis import strategies as st

from unetlib.datasets.subsets import evenly_spaced, nested


def test_evenly_spaced():
    assert evenly_spaced(range(10), 3) == [1, 5, 8]
    assert evenly_spaced("ab", 5) == ["a", "b"] and evenly_spaced([], 1) == []


@settings(deadline=None)
@given(st.integers(0, 200), st.integers(0, 8))
def test_a_power_of_two_lies_in_the_next(count, power):
    items = list(range(count))
    small, large = (nested(items, 2**p) for p in (power, power + 1))
    assert set(small) <= set(large) <= set(nested(items, None)) == set(items)
    assert len(small) == min(count, 2**power) and small == sorted(small)


@settings(deadline=None)
@given(st.integers(1, 200), st.integers(1, 200))
def test_other_numbers_are_evenly_spaced_and_all_are_when_nothing_is_cut(count, most):
    chosen = nested(range(count), most)
    assert len(chosen) == min(count, most)
    if most & (most - 1) or most >= count:
        assert chosen == evenly_spaced(range(count), most)


@settings(deadline=None)
@given(st.integers(2, 300), st.integers(0, 7))
def test_a_nested_subset_is_spread_over_the_whole_sequence(count, power):
    """No stretch without a chosen item is longer than twice what even spacing would leave, and a step for rounding."""
    most = 2**power
    chosen = nested(range(count), most)
    gaps = [b - a for a, b in zip([-1, *chosen], [*chosen, count], strict=True)]
    assert max(gaps) <= 2 * count / len(chosen) + 2
