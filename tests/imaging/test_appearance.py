"""What an image looks like: its numbers are those of the whole image, however it is read."""

import numpy as np
import pytest
from builders.images import InParts

from unetlib.imaging.appearance import foreground_share, full_scale, grey_skew, median_diameter_px


def naive_skew(image):
    values = image.astype(np.float64)
    return float((values.mean() - np.median(values)) / values.std()) if values.std() else 0.0


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.float64])
def test_skew_is_that_of_the_whole_image(seed, dtype):
    rng = np.random.default_rng(seed)
    image = (rng.gamma(2, 20, rng.integers(5, 60, 2)) + rng.integers(0, 90)).astype(dtype)
    parts = InParts(image)
    assert grey_skew(parts, strip_px=100) == pytest.approx(naive_skew(image), abs=1e-5)
    assert parts.largest <= max(100, image.shape[1])


def test_the_sign_of_the_skew_tells_bright_objects_from_dark_ones():
    image = np.full((40, 40), 20.0)
    image[10:16, 10:16] = 200
    assert grey_skew(image) > 0.1 and grey_skew(255 - image) < -0.1
    assert grey_skew(np.full((5, 5), 7, np.uint8)) == 0.0


def test_values_far_from_zero_keep_their_digits():
    image = 1e9 + np.random.default_rng(0).gamma(2, 20, (30, 30))
    assert grey_skew(image) == pytest.approx(naive_skew(image), abs=1e-4)


def test_foreground_and_diameter():
    labels = np.zeros((10, 20), np.uint16)
    labels[:, :5], labels[2, 10], labels[4:6, 10:12] = 3, 9, 7
    assert foreground_share(labels, strip_px=20) == (50 + 1 + 4) / 200
    assert median_diameter_px(labels) == pytest.approx(2 * np.sqrt(4 / np.pi))
    assert foreground_share(labels * 0) == 0 and median_diameter_px(labels * 0) is None


@pytest.mark.parametrize(
    ("dtype", "largest", "scale"),
    [(np.uint8, 9, 255), (np.uint16, 9, 65535), (np.float32, 0.5, 1), (np.float32, 200, 255), (np.float32, 1e6, None)],
)
def test_white_is_told_by_the_pixel_type_where_it_can_be(dtype, largest, scale):
    assert full_scale(np.full((3, 3), largest, dtype)) == scale
