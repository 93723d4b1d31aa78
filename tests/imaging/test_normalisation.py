"""Normalisation: each method by its formula, and what a network sees of a part is what it sees of the whole."""

from typing import get_args

import numpy as np
import pytest

from unetlib.imaging.normalisation import NormalisedPlane, largest_grey, normalise, statistics
from unetlib.imaging.planes import PlaneError
from unetlib.imaging.settings import Normalisation


def test_zscore_has_mean_0_and_deviation_1():
    image = np.random.default_rng(0).integers(0, 65535, (50, 60)).astype(np.uint16)
    flat = normalise(image, "zscore")
    assert flat.mean() == pytest.approx(0, abs=1e-4) and flat.std() == pytest.approx(1, abs=1e-4)


def test_normalisation_is_blind_to_gain_and_offset():
    image = np.random.default_rng(1).random((40, 40)).astype(np.float32)
    for method in ("zscore", "percentile", "stretch_2_98"):
        assert np.allclose(normalise(image, method), normalise(image * 7 + 100, method), atol=1e-4)


def test_constant_image_becomes_zeros():
    for method in ("zscore", "percentile", "stretch_2_98"):
        assert not normalise(np.full((4, 4), 9, np.uint8), method).any()


def naive(image, method):
    """Each method as its document states it, in 64 bits."""
    grey = image.astype(np.float64)
    if method == "zscore":
        return (grey - grey.mean()) / grey.std()
    if method == "percentile":
        low, high = np.percentile(grey, (1, 99.8))
        return (grey - low) / (high - low)
    if method == "stretch_2_98":  # henrion2025: the darkest and the brightest 2 % clipped, the rest to 0 … 1
        low, high = np.percentile(grey, (2, 98))
        return (np.minimum(np.maximum(grey, low), high) - low) / (high - low)
    if method == "unit_range":  # levitsky2024: PIL's 8 bits to 0 … 1, then less 0.5, by 0.5
        white = {"uint8": 255, "uint16": 65535, "float32": 255}[image.dtype.name]
        return (grey / white - 0.5) / 0.5
    return grey


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("method", get_args(Normalisation))
def test_every_method_is_its_formula(method, dtype):
    image = np.random.default_rng(2).gamma(2, 30, (50, 60)).clip(0, 250).astype(dtype)
    whole = normalise(image, method)
    assert whole.dtype == np.float32
    np.testing.assert_allclose(whole, naive(image, method), atol=1e-4)
    part = NormalisedPlane(image, statistics(image, method))[slice(3, 20), slice(7, 9)]
    np.testing.assert_array_equal(part, whole[3:20, 7:9])


def test_a_stretch_cuts_off_two_percent_on_either_side():
    found = normalise(np.random.default_rng(3).random((100, 100)).astype(np.float32), "stretch_2_98")
    assert (found == 0).mean() == pytest.approx(0.02, abs=2e-4) == (found == 1).mean()
    assert found.min() == 0 and found.max() == 1


def test_unit_range_does_not_look_at_the_image():
    dark, bright = np.full((3, 3), 10, np.uint8), np.full((3, 3), 10, np.uint8)
    bright[0] = 255
    assert normalise(dark, "unit_range")[1, 1] == normalise(bright, "unit_range")[1, 1]
    assert normalise(bright, "unit_range").max() == 1 and normalise(dark * 0, "unit_range").max() == -1


@pytest.mark.parametrize(
    ("values", "dtype", "white"),
    [
        ([0, 3], np.uint8, 255),
        ([0, 3], np.uint16, 65535),
        ([-3, 3], np.int16, 32767),
        ([0, 1], bool, 1),
        ([0, 0.2], np.float32, 1),
        ([-5, 1.5], np.float32, 255),  # the luma of 8-bit colours
        ([0, 256], np.float64, 65535),
    ],
)
def test_white_is_the_largest_value_of_the_pixel_type(values, dtype, white):
    for strip_px in (1, 1000):
        assert largest_grey(np.array([values, values[::-1]], dtype), strip_px=strip_px) == white


def test_a_fraction_beyond_16_bits_has_no_white():
    with pytest.raises(PlaneError, match=r"a fractional grey value is 70000, .*store the image as integers"):
        normalise(np.full((2, 2), 7e4, np.float32), "unit_range")
