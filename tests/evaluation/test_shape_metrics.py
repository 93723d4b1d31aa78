"""Shape metrics against one cell at a time by scikit-image, and on shapes whose value is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from skimage.measure import label, perimeter

from unetlib.evaluation.shape_metrics import METRICS, perimeters, shape_scores, with_hole

IMAGES = arrays(np.uint16, array_shapes(min_dims=2, max_dims=2, max_side=12), elements=st.integers(0, 3))


def holed(labels: np.ndarray, cell: int) -> bool:
    """One cell at a time: is there background that touches it alone and not the border?"""
    parts = label(np.pad(labels, 1) == 0, connectivity=1)
    padded = np.pad(labels, 1)
    for part in range(1, parts.max() + 1):
        inside = parts == part
        grown = inside.copy()
        for axis, step in ((0, 1), (0, -1), (1, 1), (1, -1)):
            grown |= np.roll(inside, step, axis)
        if not inside[0, 0] and set(np.unique(padded[grown & ~inside])) == {cell}:
            return True
    return False


@given(IMAGES)
def test_perimeters_are_those_of_scikit_image(labels):
    found = perimeters(labels)
    wanted = [perimeter(np.pad(labels == cell, 1), neighborhood=4) for cell in range(1, int(labels.max()) + 1)]
    assert found == pytest.approx(wanted)


@given(IMAGES)
def test_cells_with_a_hole_are_those_found_one_by_one(labels):
    assert with_hole(labels).tolist() == [cell for cell in range(1, int(labels.max()) + 1) if holed(labels, cell)]


@given(IMAGES)
def test_scores_lie_between_0_and_1(labels):
    scores = shape_scores(labels, labels / 3)
    assert set(scores) == set(METRICS)
    assert all(0 <= value <= 1 for name, value in scores.items() if labels.any() or name == "certainty")
    assert np.isnan(scores["holed"]) == np.isnan(scores["roundness"]) == (not labels.any())


def disc(radius: int) -> np.ndarray:
    y, x = np.mgrid[-radius - 2 : radius + 3, -radius - 2 : radius + 3]
    return (x**2 + y**2 <= radius**2).astype(np.uint16)


def test_a_disc_is_round_and_a_line_is_not():
    assert shape_scores(disc(20))["roundness"] > 0.9
    line = np.zeros((5, 60), np.uint16)
    line[2, 2:58] = 1
    assert shape_scores(line)["roundness"] < 0.3


def test_a_gap_between_two_cells_is_no_hole_of_either():
    ring = disc(10)
    ring[12, 12] = 0
    assert shape_scores(ring)["holed"] == 1
    ring[:, 12:] *= 2
    assert shape_scores(ring)["holed"] == 0


def test_certainty_is_0_at_one_half_and_1_at_the_ends():
    empty = np.zeros((4, 4), np.uint16)
    assert shape_scores(empty, np.full((4, 4), 0.5))["certainty"] == 0
    assert shape_scores(empty, np.eye(4))["certainty"] == 1
    assert "certainty" not in shape_scores(empty)
