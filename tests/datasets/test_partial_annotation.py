"""What partial gold truth leaves open, drawn as pictures.

g gold object   m marker   s silver segment   . background   in the results: # unknown
"""

import numpy as np
from scipy import ndimage

from unetlib.datasets.partial_annotation import undrawn, unknown_region


def disc(row: float, column: float, radius: float, shape: tuple[int, int] = (60, 80)) -> np.ndarray:
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    return (rows - row) ** 2 + (columns - column) ** 2 <= radius**2


CENTRES = [(15, 15), (15, 45), (45, 30), (45, 65)]  # (row, column) of four cells of radius 9, markers of radius 2
CELLS = sum((n + 1) * disc(*centre, 9).astype(np.uint16) for n, centre in enumerate(CENTRES))
MARKERS = sum((n + 11) * disc(*centre, 2).astype(np.uint16) for n, centre in enumerate(CENTRES))


def gold(*drawn: int) -> np.ndarray:
    return np.where(np.isin(CELLS, drawn), CELLS, 0)


def test_complete_gold_leaves_nothing_open():
    assert not unknown_region(CELLS, MARKERS).any() and not unknown_region(CELLS, MARKERS, CELLS).any()
    assert undrawn(CELLS, MARKERS) == []


def test_a_marker_that_only_grazes_its_object_is_drawn():
    shifted = np.roll(CELLS, 11, axis=1)  # one column of each marker is left on its cell
    assert undrawn(shifted, MARKERS) == [] and undrawn(np.roll(CELLS, 12, axis=1), MARKERS) == [11, 12, 13, 14]


def test_with_silver_the_segment_and_a_small_margin_are_open():
    unknown = unknown_region(gold(1, 2), MARKERS, CELLS)
    for cell in (3, 4):
        assert unknown[cell == CELLS].all()
    np.testing.assert_array_equal(unknown, ndimage.distance_transform_edt(~np.isin(CELLS, (3, 4))) <= 3)


def test_without_silver_a_cell_around_the_marker_is_open():
    unknown = unknown_region(gold(1, 2), MARKERS)
    assert unknown[np.isin(CELLS, (3, 4))].all() and not unknown[np.isin(CELLS, (1, 2))].any()
    radius = 0.5 * np.hypot(19, 19) + 2
    assert not unknown[~(disc(45, 30, radius) | disc(45, 65, radius))].any()


def test_a_drawn_cell_and_its_surroundings_stay_judged():
    touching = disc(15, 33, 9) & (CELLS != 1)  # an undrawn cell squeezed between the drawn ones
    markers = MARKERS + np.uint16(20) * disc(15, 30, 2)
    unknown = unknown_region(gold(1, 2, 3, 4), markers)
    assert unknown[touching & (CELLS == 0)].mean() > 0.95
    assert not unknown[CELLS > 0].any() and not unknown[:, :15].any() and not unknown[:, 46:].any()


def test_silver_that_misses_the_marker_falls_back_to_the_radius():
    silver = np.where(CELLS == 4, 0, CELLS)
    with_silver, without = unknown_region(gold(1, 2), MARKERS, silver), unknown_region(gold(1, 2), MARKERS)
    right = np.s_[:, 50:]
    np.testing.assert_array_equal(with_silver[right], without[right])
    assert with_silver[:, :50].sum() < without[:, :50].sum()


def test_unknown_is_decided_pixel_by_pixel_as_the_definition_says():
    rng = np.random.default_rng(0)
    for _ in range(5):
        keep = rng.choice(4, 2, replace=False) + 1
        truth, radius = gold(*keep), 0.5 * np.hypot(19, 19)
        blind = [np.argwhere(n + 11 == MARKERS) for n in range(4) if n + 1 not in keep]
        drawn = [np.argwhere(n + 10 == MARKERS) for n in keep]
        got = unknown_region(truth, MARKERS)
        for row, column in rng.integers(0, [60, 80], (200, 2)):
            near, far = (min(np.hypot(*(m - (row, column)).T).min() for m in markers) for markers in (blind, drawn))
            assert got[row, column] == (truth[row, column] == 0 and near <= radius and near < far)


def test_nothing_drawn_at_all_leaves_the_markers_open():
    np.testing.assert_array_equal(unknown_region(CELLS * 0, MARKERS), MARKERS > 0)
