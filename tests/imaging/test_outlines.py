"""Pictures with outlined objects: what is drawn, in which size, and that a large image takes little memory."""

import numpy as np
import pytest
from builders.images import InParts

from unetlib.imaging import outlines
from unetlib.imaging.outlines import COLOURS, LARGEST_SIDE_PX, SMALLEST_SIDE_PX, outline_of, outlined, side_by_side


def naive_outline(labels):
    edge = np.zeros(labels.shape, bool)
    for row, column in np.argwhere(labels > 0):
        for down, across in ((0, 1), (1, 0), (0, -1), (-1, 0)):
            r, c = row + down, column + across
            if 0 <= r < labels.shape[0] and 0 <= c < labels.shape[1] and labels[r, c] != labels[row, column]:
                edge[row, column] = True
    return edge


@pytest.mark.parametrize("seed", range(5))
def test_an_outline_is_where_a_neighbour_differs(seed):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 4, rng.integers(1, 15, 2)).repeat(2, 0).repeat(3, 1)
    np.testing.assert_array_equal(outline_of(labels), naive_outline(labels))


def test_a_small_image_is_enlarged_and_shows_grey_outside_the_outlines():
    image, labels = np.zeros((100, 200), np.uint8), np.zeros((100, 200), np.uint16)
    image[:, 100:] = 50
    labels[10:40, 20:50], labels[10:40, 50:80] = 1, 2
    picture = outlined(image, labels)
    times = SMALLEST_SIDE_PX // 100
    assert picture.shape == (100 * times, 200 * times, 3) and picture.dtype == np.uint8
    edge = naive_outline(labels.repeat(times, 0).repeat(times, 1))
    grey = np.where(image > 0, 255, 0).repeat(times, 0).repeat(times, 1)
    assert (picture[~edge] == grey[~edge][:, None]).all()
    assert {tuple(colour) for colour in picture[edge]} == {tuple(COLOURS[1]), tuple(COLOURS[2])}


def test_a_large_image_is_shown_smaller_and_read_in_parts(monkeypatch):
    monkeypatch.setattr(outlines, "LARGEST_SIDE_PX", 64)
    monkeypatch.setattr(outlines, "SMALLEST_SIDE_PX", 16)
    image = InParts(np.random.default_rng(0).integers(0, 255, (260, 130)).astype(np.uint8))
    labels = np.zeros((260, 130), np.uint32)
    labels[50:150, 20:90] = 1
    picture = outlined(image, labels)
    assert picture.shape == (52, 26, 3)  # by 5, the next that is small enough
    np.testing.assert_array_equal((picture != picture[:, :, :1]).any(axis=2), naive_outline(labels[::5, ::5]))


def test_a_constant_image_without_objects_is_black():
    assert not outlined(np.full((30, 30), 9, np.uint16), np.zeros((30, 30), np.uint16)).any()


def test_pictures_stand_side_by_side():
    one, other = np.zeros((4, 5, 3), np.uint8), np.full((4, 5, 3), 9, np.uint8)
    both = side_by_side([one, other])
    np.testing.assert_array_equal(both[:, :5], one)
    np.testing.assert_array_equal(both[:, -5:], other)
    assert (both[:, 5:-5] == 255).all() and both.shape[1] > 10
    np.testing.assert_array_equal(side_by_side([other]), other)


def test_a_picture_is_never_larger_than_said():
    assert outlined(np.zeros((3, LARGEST_SIDE_PX), np.uint8), np.zeros((3, LARGEST_SIDE_PX), np.uint8)).shape[:2] == (
        3,
        LARGEST_SIDE_PX,
    )
