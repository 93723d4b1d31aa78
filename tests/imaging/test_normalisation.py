import numpy as np
import pytest

from unetlib.imaging.normalisation import normalise


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
