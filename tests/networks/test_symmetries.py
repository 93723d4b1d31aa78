"""The eight symmetries of the square: tensors, arrays and planes read in parts are turned alike, and back again."""

import numpy as np
import pytest
import torch

from unetlib.networks.symmetries import TurnedPlane, dihedral, inverse_dihedral

PLANE = np.arange(150 * 131, dtype=np.int32).reshape(150, 131)


def naive(array, turn):
    """Pixel by pixel: quarter turns against the clock, then a mirror image."""
    for _ in range(turn % 4):
        height, width = array.shape
        turned = np.empty((width, height), array.dtype)
        for row in range(height):
            for column in range(width):
                turned[width - 1 - column, row] = array[row, column]
        array = turned
    return np.stack([row[::-1] for row in array]) if turn >= 4 else array


@pytest.mark.parametrize("turn", range(8))
def test_tensors_and_arrays_are_turned_pixel_by_pixel(turn):
    array = np.arange(12).reshape(3, 4)
    expected = naive(array, turn)
    np.testing.assert_array_equal(dihedral(array, turn), expected)
    np.testing.assert_array_equal(dihedral(torch.from_numpy(array), turn).numpy(), expected)


@pytest.mark.parametrize("turn", range(8))
def test_a_turn_is_undone(turn):
    array = np.arange(24.0).reshape(2, 3, 4)  # the axes before the last two are left alone
    np.testing.assert_array_equal(inverse_dihedral(dihedral(array, turn), turn), array)
    tensor = torch.from_numpy(array)
    assert torch.equal(inverse_dihedral(dihedral(tensor, turn), turn), tensor)


def test_the_eight_are_distinct_and_no_more():
    tile = np.arange(9).reshape(3, 3)
    assert len({dihedral(tile, turn).tobytes() for turn in range(8)}) == 8
    for function in (dihedral, inverse_dihedral):
        with pytest.raises(ValueError, match="0 to 7"):
            function(tile, 8)


@pytest.mark.parametrize("turn", range(8))
def test_an_array_is_turned_in_place(turn):
    array = PLANE.copy()
    dihedral(array, turn)[0, 0] = -1
    assert (array == -1).sum() == 1, "a view"


@pytest.mark.parametrize("turn", range(8))
def test_turned_plane_is_the_turned_array(turn):
    turned = dihedral(PLANE, turn)
    lazily = TurnedPlane(PLANE, turn)
    assert lazily.shape == turned.shape
    for rows, columns in ((slice(0, 5), slice(3, 9)), (slice(100, 131), slice(120, 130)), (slice(7, 8), slice(0, 130))):
        np.testing.assert_array_equal(lazily[rows, columns], turned[rows, columns])
