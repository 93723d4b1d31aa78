"""A plane at another size, strip by strip, is what loops over pixels make of it."""

import numpy as np
import pytest
from builders.images import InParts
from builders.resampled import resampled_by_hand
from hypothesis import given, settings
from hypothesis import strategies as st

from unetlib.imaging.resampling import resample

SIDES = st.integers(1, 40)


def at_size(plane, shape, **options):
    out = np.full(shape, np.nan)
    resample(plane, out, **options)
    return out


@settings(max_examples=60, deadline=None)
@given(st.tuples(SIDES, SIDES), st.tuples(SIDES, SIDES), st.integers(1, 300), st.integers(0, 9))
def test_any_size_from_any_size_is_the_twin(shape, new, strip_px, seed):
    plane = np.random.default_rng(seed).normal(size=shape)
    found = at_size(plane, new, strip_px=strip_px)
    np.testing.assert_allclose(found, resampled_by_hand(plane, new), atol=1e-12, equal_nan=False)
    np.testing.assert_array_equal(found, at_size(plane, new), "strips change nothing")
    assert plane.min() - 1e-12 <= found.min() and found.max() <= plane.max() + 1e-12


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float32, np.float64])
def test_the_same_size_is_the_same_plane(dtype):
    plane = (np.random.default_rng(1).normal(size=(17, 23)) * 50 + 100).astype(dtype)
    np.testing.assert_array_equal(at_size(plane, plane.shape), plane)


def test_a_plane_of_four_times_the_pixels_and_back():
    """Each pixel becomes 2 × 2, linear between the centres; coming back averages a triangle of 4 × 4."""
    plane = np.array([[0.0, 8.0]])
    np.testing.assert_array_equal(at_size(plane, (2, 4)), [[0, 2, 6, 8]] * 2)
    np.testing.assert_allclose(at_size(np.array([[0.0, 0, 8, 8]]), (1, 2)), [[8 / 7, 48 / 7]], equal_nan=False)


@pytest.mark.parametrize("new", [(40, 30), (400, 300), (1600, 1200)])
def test_parts_that_are_read_do_not_grow_with_the_plane(new):
    plane = InParts(np.random.default_rng(2).integers(0, 255, (800, 600)).astype(np.uint8))
    found = at_size(plane, new, strip_px=30_000)
    one_row = 600 * (2 * max(800 / new[0], 1) + 2)
    assert plane.largest <= 30_000 + one_row < plane.array.size / 8
    np.testing.assert_array_equal(found, at_size(plane.array, new))


def test_a_large_pedestal_is_kept_to_the_last_digit():
    plane = np.random.default_rng(3).integers(0, 4000, (30, 20))
    raised = at_size(plane + 2_000_000_000, (45, 11)) - 2_000_000_000
    np.testing.assert_allclose(raised, at_size(plane, (45, 11)), atol=1e-5, equal_nan=False)
