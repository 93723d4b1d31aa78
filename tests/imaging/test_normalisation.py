import numpy as np
import pytest

from unetlib.imaging.normalisation import normalise
from unetlib.io.images import to_grey


def test_equal_channels_keep_their_values():
    grey = np.arange(12, dtype=np.uint8).reshape(3, 4)
    assert np.array_equal(to_grey(np.stack([grey, grey, grey, np.full_like(grey, 255)], -1)), grey)


def test_luma_matches_the_published_weights():
    pixel = np.array([[[200, 100, 50]]], np.uint8)
    assert to_grey(pixel)[0, 0] == round(0.299 * 200 + 0.587 * 100 + 0.114 * 50)


def test_float_colour_stays_float():
    pixel = np.array([[[0.2, 0.4, 0.6]]], np.float32)
    assert to_grey(pixel)[0, 0] == pytest.approx(0.299 * 0.2 + 0.587 * 0.4 + 0.114 * 0.6)


def test_zscore_has_mean_0_and_deviation_1():
    image = np.random.default_rng(0).integers(0, 65535, (50, 60)).astype(np.uint16)
    flat = normalise(image, "zscore")
    assert flat.mean() == pytest.approx(0, abs=1e-4) and flat.std() == pytest.approx(1, abs=1e-4)


def test_normalisation_is_blind_to_gain_and_offset():
    image = np.random.default_rng(1).random((40, 40)).astype(np.float32)
    for method in ("zscore", "percentile"):
        assert np.allclose(normalise(image, method), normalise(image * 7 + 100, method), atol=1e-4)


def test_constant_image_becomes_zeros():
    assert not normalise(np.full((4, 4), 9, np.uint8), "zscore").any()
