"""watershed: what is cut and what is not, against a naive reading of the definition."""

import numpy as np
import pytest
from builders.label_images import discs
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from unetlib.imaging.instances import instances_from_probability
from unetlib.imaging.settings import InstanceSettings
from unetlib.imaging.watershed import cells_of, split_touching

WITHIN = (False, False, False, False)


def instances(probability: np.ndarray, **settings: float) -> np.ndarray:
    return instances_from_probability(probability, InstanceSettings(**settings))


def pair(distance: int, radii: tuple[int, int] = (20, 20)) -> np.ndarray:
    """Two discs whose centres lie this far apart, in the middle of 80×140 px."""
    rows, columns = np.mgrid[:80, :140]
    circle = [(rows - 40) ** 2 + (columns - 40 - at) ** 2 <= r**2 for at, r in zip((0, distance), radii, strict=True)]
    return circle[0] | circle[1]


def maxima(mask: np.ndarray, depth: float) -> int:
    """How many maxima of the distance to the edge are higher by more than `depth` than the saddle to a higher one.

    Pixels are taken from the highest down; where two hills meet, the lower one ends, its height above the saddle.
    """
    distance = ndimage.distance_transform_edt(np.pad(mask, 1))
    top: dict[tuple[int, int], float] = {}
    hill: dict[tuple[int, int], tuple[int, int]] = {}
    kept = 0

    def find(pixel: tuple[int, int]) -> tuple[int, int]:
        while hill[pixel] != pixel:
            pixel = hill[pixel]
        return pixel

    for row, column in sorted(map(tuple, np.argwhere(distance > 0).tolist()), key=lambda p: -distance[p]):
        here = (row, column)
        hill[here], top[here] = here, distance[here]
        for near in ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)):
            if near in hill and find(near) != find(here):
                low, high = sorted((find(near), find(here)), key=top.__getitem__)
                kept += top[low] - distance[here] > depth
                hill[low] = high
    return kept + 1


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), depth=st.sampled_from([0.5, 1.0, 1.5, 2.0, 3.0]), radius=st.integers(4, 9))
def test_as_many_cells_as_there_are_deep_maxima(seed: int, depth: float, radius: int) -> None:
    truth = np.pad(discs(np.random.default_rng(seed), (48, 56), 14, radius), 2)
    labels, count = ndimage.label(truth)
    cut = labels.copy()
    cut_count = split_touching(cut, depth)
    expected = 0
    for label in range(1, count + 1):
        here = labels == label
        parts = np.unique(cut[here])
        assert parts[0] == label and (parts[1:] > count).all(), "the first cell keeps the id"
        assert len(parts) == maxima(here, depth)
        expected += len(parts)
        for part in parts:
            assert ndimage.label(cut == part)[1] == 1, "a cell hangs together"
    assert cut_count == expected == cut.max() and ((cut > 0) == (labels > 0)).all()


def test_a_neck_deeper_than_the_depth_is_cut_and_no_other() -> None:
    mask = pair(34)  # the neck is half as wide as a cell: 10 px deep
    for depth, cells in ((2, 2), (8, 2), (12, 1)):
        found = instances(mask.astype(np.float32), watershed_depth_px=depth)
        assert found.max() == cells and found.dtype == np.uint16
    left, right = (instances(mask.astype(np.float32), watershed_depth_px=8) == n for n in (1, 2))
    assert abs(int(left.sum()) - int(right.sum())) <= 2 * 21, "cut at the neck: no more than a column to and fro"
    assert np.argwhere(left)[:, 1].mean() < np.argwhere(right)[:, 1].mean()
    assert instances(pair(10).astype(np.float32), watershed_depth_px=2).max() == 1, "one convex cell"


def test_a_small_cell_on_a_large_one_is_told_apart_and_then_measured() -> None:
    mask = pair(26, (20, 8)).astype(np.float32)
    assert instances(mask, watershed_depth_px=1.5).max() == 2
    assert instances(mask, watershed_depth_px=1.5, min_area_px=300).max() == 1, "dropped after"


def test_the_edge_of_the_image_is_no_edge_of_a_cell() -> None:
    """Halves of a disc and of a pair of discs: one cell, and two, as the whole would be."""
    mask = pair(34)
    for half in (mask[40:], mask[:41], mask[40:, 30:90], mask[:, 40:], mask[:, :75], mask[:, 40:75]):
        labels = half.astype(np.int32)
        assert split_touching(labels, 8) == 2
    whole = np.ones((30, 40), np.int32)
    assert split_touching(whole, 1) == 1 and (whole == 1).all(), "no edge anywhere"
    row = np.ones((1, 9), np.int32)
    assert split_touching(row, 0.5) == 1


def test_a_saddle_exactly_that_deep_is_no_cut() -> None:
    """Two squares of 19 px, whose middles are 10 px from the edge, and a neck of 9 px, whose middle is 5."""
    labels = np.zeros((25, 60), np.int32)
    labels[3:22, 3:22], labels[3:22, 35:54], labels[8:17, 20:37] = 1, 1, 1
    for depth, cells in ((5, 1), (4.99, 2)):
        assert split_touching(labels.copy(), depth) == cells


def test_a_hole_is_an_edge_too() -> None:
    rows, columns = np.mgrid[:40, :110]
    ellipse = ((rows - 20) / 15) ** 2 + ((columns - 55) / 50) ** 2 < 1
    whole, holed = ellipse.astype(np.int32), ellipse.astype(np.int32)
    holed[20, 55] = 0
    assert (split_touching(whole, 3), split_touching(holed, 3)) == (1, 2)


def test_ids_that_are_missing_and_cells_that_touch_are_left_as_they_are() -> None:
    labels = np.zeros((80, 140), np.int32)
    labels[pair(34)] = 7
    labels[:, 135:] = 3
    assert split_touching(labels, 8) == 8 and set(np.unique(labels)) == {0, 3, 7, 8}
    empty = np.zeros((5, 6), np.int32)
    assert split_touching(empty, 1) == 0 and not empty.any()
    assert split_touching(np.zeros((0, 6), np.int32), 1) == 0


@pytest.mark.parametrize("depth", [1, 5])
def test_an_instance_is_cut_the_same_wherever_it_lies(depth: float) -> None:
    mask = pair(34)
    alone, count = cells_of(mask, depth, cut=WITHIN)
    shifted = np.zeros((200, 300), np.int32)
    shifted[100:180, 130:270][mask] = 1
    assert split_touching(shifted, depth) == count
    np.testing.assert_array_equal(shifted[100:180, 130:270], alone)
