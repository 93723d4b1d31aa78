"""Statistics and instances strip by strip are those of the whole plane."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unetlib.imaging import normalisation
from unetlib.imaging.instances import instances_from_probability
from unetlib.networks.blockwise import StripError, blockwise_statistics, label_blockwise, strips


def picture(dtype, shape=(61, 47)):
    rng = np.random.default_rng(5)
    values = rng.normal(300, 150, shape) - (100 if np.dtype(dtype).kind != "u" else -400)
    return np.clip(values, 0, 255).astype(dtype) if dtype == np.uint8 else values.astype(dtype)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.float32, np.float64])
@pytest.mark.parametrize("method", normalisation.METHODS)
def test_statistics_of_strips_are_those_of_the_whole(dtype, method):
    image = picture(dtype)
    whole = normalisation.statistics(image, method)
    assert (
        blockwise_statistics(image, method, "a.tif", strip_px=100) == whole
    )  # small enough to be one piece: to the bit
    for strip_px in (1, 47, 500):
        found = blockwise_statistics(image, method, "a.tif", whole_px=0, strip_px=strip_px)
        assert found == pytest.approx(whole, rel=1e-6)


@pytest.mark.parametrize("dtype", [np.int32, np.uint32, np.int64, np.float64])
@pytest.mark.parametrize("method", ["zscore", "percentile"])
def test_a_large_pedestal_changes_nothing(dtype, method):
    image, pedestal = picture(np.uint16).astype(dtype), dtype(2_000_000_000)
    offset, scale = normalisation.statistics(image, method)
    for limits in ({}, {"whole_px": 0, "strip_px": 100}):
        raised = blockwise_statistics(image + pedestal, method, "a.tif", **limits)
        assert raised == (pytest.approx(offset + float(pedestal), rel=1e-12), pytest.approx(scale, rel=1e-6))
    on_top = normalisation.normalise(image + pedestal, method)
    np.testing.assert_allclose(on_top, normalisation.normalise(image, method), atol=1e-5)


@pytest.mark.parametrize("method", ["zscore", "percentile"])
def test_a_constant_plane_has_scale_1(method):
    assert blockwise_statistics(np.full((30, 40), 7, np.uint8), method, "a", whole_px=0, strip_px=100) == (7.0, 1.0)


@settings(max_examples=60, deadline=None)
@given(
    height=st.integers(1, 24),
    width=st.integers(1, 24),
    rows=st.integers(1, 6),
    min_area_px=st.integers(0, 5),
    depth=st.sampled_from([0.0, 0.2, 0.5, 1.0]),
    share=st.floats(0.2, 0.8),
    seed=st.integers(0, 10**6),
)
def test_instances_of_strips_are_those_of_the_whole(height, width, rows, min_area_px, depth, share, seed):
    probability = np.random.default_rng(seed).random((height, width)).astype(np.float32)
    out = np.zeros((height, width), np.uint32)
    how = {"threshold": share, "min_area_px": min_area_px, "watershed_depth_px": depth}
    count = label_blockwise(probability, out, **how, strip_px=rows * width)
    whole = instances_from_probability(probability, **how)
    np.testing.assert_array_equal(out, whole)
    assert count == whole.max(initial=0)


def test_a_comb_and_a_spiral_are_one_cell_each():
    """Teeth that meet only in the last row, and arms that meet only in the middle."""
    comb = np.zeros((40, 21), np.float32)
    comb[:, ::2], comb[-1] = 1, 1
    out = np.zeros(comb.shape, np.uint32)
    assert label_blockwise(comb, out, threshold=0.5, min_area_px=0, strip_px=42) == 1
    np.testing.assert_array_equal(out, comb)


def test_strips_cover_every_row_once():
    for height, width, strip_px in ((1, 1, 1), (7, 3, 6), (100, 10, 5), (5, 4, 10**9)):
        rows = [row for part in strips((height, width), strip_px) for row in range(height)[part]]
        assert rows == list(range(height))


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e39])
def test_what_is_not_finite_is_named_with_its_place(bad):
    image = picture(np.float64)
    image[40, 3] = bad
    with pytest.raises(StripError, match=r"movie\.tif, page 2: 1 pixels are NaN, .* row 40, column 3"):
        blockwise_statistics(image, "none", "movie.tif, page 2", strip_px=100)
