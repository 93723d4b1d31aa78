"""Copies of a frame under the options of augmentation: what is drawn, and what it changes."""

import numpy as np
import pytest
import torch
from builders.label_images import two_cells
from builders.variants import PLAIN, STILL, augmentation

from unetlib.imaging.distance_targets import distance_targets, stored
from unetlib.training.augmentation import affine_matrices, elastic_field
from unetlib.training.settings import CacheSettings
from unetlib.training.variants import frame_generator, make_variants, warp


def warped(settings, seed=0):
    generator = frame_generator(seed, "a")
    found = warp(*two_cells(), None, settings, generator=generator)
    return found, generator.get_state()


def test_without_options_no_more_random_numbers_are_drawn_than_always():
    """Field, affine map, four grey numbers and the grain: so a cache keeps its bytes."""
    settings, (image, _) = augmentation(), two_cells()
    generator = frame_generator(0, "a")
    height, width = image.shape
    elastic_field(generator, 1, height, width, grid=settings.elastic_grid, sigma_px=settings.elastic_sigma_px)
    affine_matrices(generator, 1, rotation_deg=1, scale=1, shift_px=1)
    torch.rand((1, 4), generator=generator)
    torch.randn((1, 1, height, width), generator=generator)
    assert torch.equal(warped(settings)[1], generator.get_state())


def test_without_the_field_a_copy_is_the_affine_one():
    affine = augmentation(elastic_sigma_px=0.0)
    for option, twin in ((0.0, affine), (1.0, augmentation())):
        (image, labels, _), _ = warped(augmentation(elastic_probability=option))
        (expected, expected_labels, _), _ = warped(twin)
        assert np.array_equal(image, expected) and np.array_equal(labels, expected_labels)


def test_a_share_of_the_copies_is_elastic():
    image, labels = two_cells()
    still = augmentation(**{**STILL, **PLAIN, "elastic_sigma_px": 4, "copies": 100}, elastic_probability=0.3)
    copies = make_variants("a", image, labels, None, CacheSettings(augmentation=still), seed=0).image[1:]
    moved = sum(not np.array_equal(copy, image) for copy in copies)
    assert 15 <= moved <= 45


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_an_inverted_copy_is_the_other_way_round_within_the_images_range(dtype):
    image, labels = two_cells()
    image = (image.astype(np.float64) * 3 + 17).astype(dtype)
    still = augmentation(**STILL, **PLAIN, invert_probability=1.0)
    found, found_labels, _ = warp(image, labels, None, still, generator=frame_generator(0, "a"))
    low, high = int(image.min()), int(image.max())
    expected = low + high - image.astype(float)
    np.testing.assert_allclose(found.astype(float), expected, atol=0.01 if dtype == np.float32 else 1)
    assert found.dtype == dtype and np.array_equal(found_labels, labels)
    assert abs(float(found.min()) - low) <= 1 and abs(float(found.max()) - high) <= 1


def test_a_share_of_the_copies_is_inverted_and_the_frame_itself_is_not():
    image, labels = two_cells()
    still = augmentation(**{**STILL, **PLAIN, "copies": 100}, invert_probability=0.3)
    found = make_variants("a", image, labels, None, CacheSettings(augmentation=still), seed=0).image
    plain = [np.array_equal(copy, image) for copy in found]
    assert plain[0] and 15 <= plain.count(False) <= 45


def test_distances_are_those_of_the_warped_cells_and_change_nothing_else():
    image, labels = two_cells()
    settings = CacheSettings(augmentation=augmentation(copies=2))
    plain = make_variants("a", image, labels, None, settings, seed=0)
    found = make_variants("a", image, labels, None, settings.model_copy(update={"distances": True}), seed=0)
    for name in ("image", "mask", "weight"):
        assert np.array_equal(getattr(plain, name), getattr(found, name))
    generator = frame_generator(0, "a")
    shown = [labels, *(warp(image, labels, None, settings.augmentation, generator=generator)[1] for _ in range(2))]
    expected = [stored(distance_targets(each)) for each in shown]
    assert plain.distances is None and np.array_equal(found.distances, expected)
    assert not np.array_equal(expected[0], expected[1]), "the cells were warped"
