"""Distance targets against a loop over pixels, and what they are where cells touch or reach the edge of the image."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from unetlib.imaging.distance_targets import distance_targets, restored, stored


def naive(labels: np.ndarray) -> np.ndarray:
    """The definitions, pixel by pixel: the nearest pixel that is not of the instance, the nearest of another one."""
    places = list(np.ndindex(labels.shape))
    result = np.zeros((2, *labels.shape))
    depth = np.zeros(labels.shape)

    def nearest(place: tuple[int, ...], wanted: list[tuple[int, ...]]) -> float:
        return min((np.hypot(place[0] - row, place[1] - column) for row, column in wanted), default=np.inf)

    for label in np.unique(labels[labels > 0]):
        own = [place for place in places if labels[place] == label]
        not_own = [place for place in places if labels[place] != label]
        others = [place for place in not_own if labels[place] > 0]
        for place in own:
            depth[place] = nearest(place, not_own) if not_own else 1
        largest = max(depth[place] for place in own)
        for place in own:
            result[0][place] = depth[place] / largest
            result[1][place] = min(max(1 - (nearest(place, others) - 1) / largest, 0), 1) ** 3
    return result


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), kinds=st.integers(2, 5), height=st.integers(1, 12), width=st.integers(1, 14))
def test_the_distances_are_those_of_the_definition(seed: int, kinds: int, height: int, width: int) -> None:
    random = np.random.default_rng(seed)
    coarse = random.integers(0, kinds, (-(-height // 3), -(-width // 3)))
    labels = np.kron(coarse, np.ones((3, 3), int))[:height, :width].astype(np.uint16)
    np.testing.assert_allclose(distance_targets(labels), naive(labels), atol=1e-6)


def test_a_disc_alone_is_1_in_its_middle_and_has_no_neighbour() -> None:
    rows, columns = np.mgrid[:40, :40]
    cell, neighbour = distance_targets(((rows - 20) ** 2 + (columns - 20) ** 2 <= 81).astype(np.uint16))
    assert cell[20, 20] == 1 and 0 < cell[20, 11] < 0.2 and not cell[0].any() and not neighbour.any()


def test_the_neighbour_distance_is_1_where_cells_touch_and_ends_within_them() -> None:
    labels = np.zeros((30, 60), np.uint16)
    labels[5:25, 10:30], labels[5:25, 30:50] = 1, 2
    cell, neighbour = distance_targets(labels)
    assert (neighbour[5:25, 29:31] == 1).all() and neighbour[15, 15] == 0 and neighbour[15, 45] == 0
    assert (np.diff(neighbour[15, 15:30]) >= 0).all() and (cell[15, 29:31] < 0.2).all()


def test_the_edge_of_the_image_is_no_edge_of_a_cell() -> None:
    labels = np.zeros((20, 20), np.uint16)
    labels[0:10, 5:15] = 3
    cell, _ = distance_targets(labels)
    assert cell[0, 9] == 1 and cell[9, 9] == np.float32(0.2)
    assert (distance_targets(np.full((4, 5), 7))[0] == 1).all(), "nothing but one cell has no edge"


def test_stored_distances_are_right_to_a_510th() -> None:
    distances = np.random.default_rng(0).random((2, 9, 9)).astype(np.float32)
    assert np.abs(restored(stored(distances)) - distances).max() < 1 / 509
    assert restored(stored(np.array([0, 1], np.float32))).tolist() == [0, 1]
