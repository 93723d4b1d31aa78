"""Images and labels that no later stage could use are refused, each with one line that says what to do."""

import numpy as np
import pytest

from unetlib.datasets.checks import DatasetError, check_frame_id, check_image, check_instances, check_same_size
from unetlib.imaging.normalisation import normalise

RAMP = np.arange(12).reshape(3, 4)


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        (np.uint8, np.uint8),
        (np.uint16, np.uint16),
        (np.float32, np.float32),
        (np.int64, np.uint16),
        (np.float64, np.float32),
        (">u2", np.uint16),
        (">f4", np.float32),
    ],
)
def test_an_image_keeps_its_values_in_a_dtype_we_store(given, stored):
    image = check_image(RAMP.astype(given), "a.tif")
    assert image.dtype == np.dtype(stored) and image.dtype.isnative
    np.testing.assert_array_equal(image, RAMP)


def test_negative_and_large_integers_become_float32():
    assert check_image(RAMP - 5, "a.tif").dtype == np.float32
    assert check_image(RAMP * 100_000, "a.tif").dtype == np.float32
    assert check_image(RAMP > 5, "a.tif").dtype == np.uint8


NAN = RAMP.astype(np.float32)
NAN[1, 2] = np.nan


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (NAN, r"a\.tif: image has NaN or infinite values \(1, the first at row 1, column 2\)"),
        (RAMP / np.where(RAMP == 0, np.inf, 1) * np.where(RAMP == 11, np.inf, 1), r"row 2, column 3"),
        (np.full((3, 4), 7), r"a\.tif: image is constant \(every pixel is 7\); remove the frame"),
        (np.zeros((2, 3, 4)), r"a\.tif: expected one 2-D grey image, found shape 2×3×4"),
        (np.zeros((0, 4)), "found shape 0×4"),
        (RAMP.astype(complex), "complex128 values"),
        (RAMP * 1e300, "beyond float32"),
    ],
)
def test_bad_images(array, message):
    with pytest.raises(DatasetError, match=message):
        check_image(array, "a.tif")


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (RAMP.astype(float), r"a\.tif: label holds float64 values; save instance ids as whole numbers"),
        (RAMP - 3, r"a\.tif: label has the negative id -3"),
        (RAMP + 65530, r"a\.tif: label has id 65541, above 65535; renumber"),
        (np.zeros((3, 4, 3), int), r"a\.tif: label has shape 3×4×3"),
    ],
)
def test_bad_labels(array, message):
    with pytest.raises(DatasetError, match=message):
        check_instances(array, "a.tif")


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int16, np.uint32, np.int64])
def test_whole_number_labels_become_uint16(dtype):
    labels = check_instances((RAMP % 2).astype(dtype), "a.tif")
    assert labels.dtype == np.uint16
    np.testing.assert_array_equal(labels, RAMP % 2)


def test_sizes_must_agree():
    check_same_size(RAMP, RAMP + 1, "a", "label")
    with pytest.raises(
        DatasetError, match=r"^01/t017\.tif: image is 512×512 but its label is 512×510; remove the frame"
    ):
        check_same_size(np.zeros((512, 512)), np.zeros((512, 510)), "01/t017.tif", "label")


@pytest.mark.parametrize("frame", ["", "../x", "a/b", "a b", ".hidden", "ä", "x\n"])
def test_unsafe_frame_ids(frame):
    with pytest.raises(DatasetError, match="not a safe file name"):
        check_frame_id(frame, "here")


@pytest.mark.parametrize("frame", ["01-t000", "a.b_C", "0"])
def test_safe_frame_ids(frame):
    check_frame_id(frame, "here")


@pytest.mark.parametrize("method", ["zscore", "percentile"])
@pytest.mark.parametrize(
    ("dtype", "pedestal"),
    [
        *(("int32", 2_000_000_000), ("int32", -2_000_000_000), ("uint32", 4_000_000_000)),
        *(("int64", 2**62), ("int64", -(2**62)), ("uint64", 2**63), ("float64", 1e12), ("float64", -1e15)),
    ],
)
def test_a_large_pedestal_changes_nothing_in_a_network_s_input(dtype, pedestal, method):
    grey = np.random.default_rng(0).integers(0, 4000, (30, 40))
    stored = check_image(grey.astype(dtype) + np.dtype(dtype).type(pedestal), "a")
    assert stored.dtype == np.float32
    naive = normalise(grey.astype(np.float64), method)
    np.testing.assert_allclose(normalise(stored, method), naive, atol=1e-5)


def test_values_that_float32_holds_well_enough_stay_as_they_are():
    grey = np.random.default_rng(1).integers(0, 4000, (30, 40))
    for image in (grey.astype(np.int32) + 70_000, grey.astype(np.int32) - 5, grey / 7 + 100, grey * 1e-9):
        np.testing.assert_array_equal(check_image(image, "a"), image.astype(np.float32))
    two = np.where(grey % 2, 16_777_217.0, 16_777_216.0)  # 2²⁴ and the next: one value in float32
    assert len(np.unique(check_image(two, "a"))) == 2


def test_the_whole_range_of_64_bits_does_not_overflow():
    ends = np.array([[np.iinfo(np.int64).min, np.iinfo(np.int64).max]])
    assert check_image(ends, "a").tolist() == ends.astype(np.float32).tolist()
