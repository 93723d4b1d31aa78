"""Statistics strip by strip are those of the whole plane; what is not finite is named with its place."""

from typing import get_args

import numpy as np
import pytest

from unetlib.imaging.normalisation import normalise, statistics
from unetlib.imaging.planes import PlaneError, check_finite, strips
from unetlib.imaging.settings import Normalisation

PER_IMAGE = ["zscore", "percentile", "stretch_2_98"]


def picture(dtype, shape=(61, 47)):
    rng = np.random.default_rng(5)
    values = rng.normal(300, 150, shape) - (100 if np.dtype(dtype).kind != "u" else -400)
    return np.clip(values, 0, 255).astype(dtype) if dtype == np.uint8 else values.astype(dtype)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.float32, np.float64])
@pytest.mark.parametrize("method", get_args(Normalisation))
def test_statistics_of_strips_are_those_of_the_whole(dtype, method):
    image = picture(dtype)
    whole = statistics(image, method)
    assert statistics(image, method, strip_px=100) == whole, "small enough to be one piece"
    for strip_px in (1, 47, 500):
        assert statistics(image, method, whole_px=0, strip_px=strip_px) == pytest.approx(whole, rel=1e-6)


@pytest.mark.parametrize("dtype", [np.int32, np.uint32, np.int64, np.float64])
@pytest.mark.parametrize("method", PER_IMAGE)
def test_a_large_pedestal_changes_nothing(dtype, method):
    image, pedestal = picture(np.uint16).astype(dtype), dtype(2_000_000_000)
    offset, scale, _ = statistics(image, method)
    for limits in ({}, {"whole_px": 0, "strip_px": 100}):
        raised = statistics(image + pedestal, method, **limits)
        assert raised == (
            pytest.approx(offset + float(pedestal), rel=1e-12),
            pytest.approx(scale, rel=1e-6),
            method == "stretch_2_98",
        )
    np.testing.assert_allclose(normalise(image + pedestal, method), normalise(image, method), atol=1e-5)


@pytest.mark.parametrize("method", PER_IMAGE)
def test_a_constant_plane_has_scale_1(method):
    assert statistics(np.full((30, 40), 7, np.uint8), method, whole_px=0, strip_px=100)[:2] == (7.0, 1.0)


def test_strips_cover_every_row_once():
    for height, width, strip_px in ((1, 1, 1), (7, 3, 6), (100, 10, 5), (5, 4, 10**9)):
        rows = [row for part in strips((height, width), strip_px) for row in range(height)[part]]
        assert rows == list(range(height))


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e39])
def test_what_is_not_finite_is_named_with_its_place(bad):
    image = picture(np.float64)
    check_finite(image, "movie.tif", strip_px=100)
    image[40, 3] = bad
    with pytest.raises(PlaneError, match=r"movie\.tif, page 2: 1 pixel with NaN, .* row 40, column 3"):
        check_finite(image, "movie.tif, page 2", strip_px=100)
