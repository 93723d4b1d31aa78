"""The size of objects, and images, labels and planes brought to another size."""

import numpy as np
import pytest

from unetlib.imaging.object_size import (
    FACTORS,
    object_diameter,
    resized_image,
    resized_labels,
    resized_planes,
    shape_at,
    size_factor,
)
from unetlib.imaging.resampling import resample


def squares(*sides: int) -> np.ndarray:
    """Squares of these sides, one beside the other, with gaps in their ids."""
    labels = np.zeros((max(sides) + 2, sum(sides) + 2 * len(sides)), np.uint16)
    column = 1
    for number, side in enumerate(sides, start=1):
        labels[1 : 1 + side, column : column + side] = 3 * number
        column += side + 2
    return labels


def test_the_diameter_is_that_of_the_median_disc() -> None:
    assert object_diameter(squares(4, 10, 50)) == pytest.approx(2 * 10 / np.pi**0.5)
    assert object_diameter(np.zeros((4, 4), np.uint16)) is None


def test_objects_get_the_size_that_is_wanted() -> None:
    labels = squares(9, 10, 12)
    diameter = object_diameter(labels)
    for wanted in (5.0, 24.0):
        shape = shape_at(labels.shape, size_factor(wanted, diameter))
        assert object_diameter(resized_labels(labels, shape)) == pytest.approx(wanted, abs=0.75)  # whole pixels
    assert [size_factor(1000, 1), size_factor(1, 1000)] == [FACTORS[1], FACTORS[0]]
    assert shape_at((1, 4), 1 / 8) == (1, 1), "there is always a pixel"


def test_labels_take_the_pixel_that_their_centre_lies_in() -> None:
    """Against a loop; nothing that is not a label appears."""
    labels = np.random.default_rng(0).integers(0, 9, (7, 11)).astype(np.uint16)
    for shape in ((7, 11), (3, 4), (20, 13)):
        found = resized_labels(labels, shape)
        for row, column in np.ndindex(shape):
            place = int((row + 0.5) * 7 / shape[0]), int((column + 0.5) * 11 / shape[1])
            assert found[row, column] == labels[place]
    assert resized_labels(labels > 4, (3, 4)).dtype == bool


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_images_keep_their_dtype_and_planes_are_resampled_one_by_one(dtype: type) -> None:
    image = (np.random.default_rng(1).random((12, 9)) * 200).astype(dtype)
    expected = np.empty((6, 15))
    resample(image, expected)
    found = resized_image(image, (6, 15))
    np.testing.assert_allclose(found, expected, atol=1e-4 if dtype == np.float32 else 0.5)
    assert found.dtype == dtype and resized_image(image, (12, 9)) is image
    planes = np.stack([image, image[::-1]]).astype(np.float32)
    both = resized_planes(planes, (6, 15))
    for plane, one in zip(planes, both, strict=True):
        np.testing.assert_array_equal(one, resized_planes(plane, (6, 15)))
    np.testing.assert_allclose(both[0], expected, atol=0.5)
