"""A mask file of the DSB2018 layout is one object, or refused with remedies that work; a label image is read as one."""

import numpy as np
import pytest
from builders.archives import Box, texture
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from unetlib.datasets.checks import DatasetError
from unetlib.datasets.dsb import merge_masks, read_dsb
from unetlib.imaging.labels import relabel

IMAGE = texture(60, 70, seed=1)
BOXES = [(3, 4, 9, 8), (5, 30, 10, 9), (30, 8, 8, 12), (40, 45, 12, 10), (20, 58, 9, 8)]


def cells(*numbers: int) -> np.ndarray:
    """The label image of some of the boxes, numbered 1…"""
    labels = np.zeros(IMAGE.shape, np.uint8)
    for number, n in enumerate(numbers, 1):
        top, left, height, width = BOXES[n]
        labels[top : top + height, left : left + width] = number
    return labels


def merged(*files: np.ndarray, masks: bool = False) -> np.ndarray:
    members = Box({f"a/masks/{n}.tif": file for n, file in enumerate(files)})
    labels, _ = merge_masks(members, members.names(), IMAGE, masks=masks)
    return labels


FORMS = {
    "0 and 255": lambda mask: mask.astype(np.uint8) * 255,
    "0 and 1": lambda mask: mask.astype(np.uint8),
    "16 bit": lambda mask: mask.astype(np.uint16) * 65535,
    "float": lambda mask: mask.astype(np.float32),
    "soft edges": lambda mask: np.rint(ndimage.gaussian_filter(mask * 255.0, 0.8)).astype(np.uint8),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("count", [2, 3, 5])
def test_a_file_of_many_nuclei_is_refused_and_both_remedies_work(form, count):
    truth = cells(*range(count))
    with pytest.raises(DatasetError, match=rf"0\.tif: is in {count} pieces far apart, not one object; save one"):
        merged(FORMS[form](truth > 0))
    by_file = merged(*(FORMS[form](truth == number) for number in range(1, count + 1)))
    np.testing.assert_array_equal(by_file, truth)
    np.testing.assert_array_equal(relabel(merged(FORMS[form](truth > 0), masks=True)) > 0, truth > 0)
    assert len(np.unique(merged(FORMS[form](truth > 0), masks=True))) == count + 1


def test_the_option_of_the_remedy_is_one_of_the_reader():
    members = {"a/images/a.png": IMAGE, "a/masks/all.png": FORMS["0 and 255"](cells(0, 1, 2) > 0)}
    (sample,) = read_dsb(Box(members), masks=True)
    assert sample.labels.max() == 3


def test_a_label_image_that_is_alone_gives_its_ids():
    truth = cells(2, 0, 4, 1)
    np.testing.assert_array_equal(merged(truth), truth)
    np.testing.assert_array_equal(merged(truth.astype(np.uint16) * 300), truth.astype(np.uint16) * 300)


def test_a_label_image_among_other_files_is_refused():
    with pytest.raises(DatasetError, match=r"1\.tif: holds 2 ids, not one object; .*or remove the files beside it"):
        merged(cells(0) * 255, cells(1, 2))
    np.testing.assert_array_equal(merged(cells(0) * 255, cells(1, 2), masks=True), cells(0, 1, 2))


def test_a_slip_in_one_of_many_files_is_kept_as_it_is():
    two = (cells(1, 2) > 0) * np.uint8(255)
    assert merged(cells(0), two, cells(3)).max() == 3
    with pytest.raises(DatasetError, match="2 pieces"):
        merged(two)
    with pytest.raises(DatasetError, match="2 pieces"):
        merged(two, (cells(3, 4) > 0) * np.uint8(255))
    with pytest.raises(DatasetError, match=r"3\.tif: is in 3 pieces"):
        merged(*(cells(n) for n in (0, 1)), cells(2), (cells(0, 3, 4) > 0) * np.uint8(255))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 6))
def test_one_nucleus_of_any_shape_is_one_object(seed, smoothness):
    """Connected blobs of any shape, also with loose pixels at their edge."""
    random = np.random.default_rng(seed)
    field = ndimage.gaussian_filter(random.normal(size=IMAGE.shape), smoothness)
    pieces, count = ndimage.label(field > np.quantile(field, 0.8), np.ones((3, 3)))
    largest = pieces == 1 + np.argmax(ndimage.sum_labels(pieces > 0, pieces, range(1, count + 1)))
    np.testing.assert_array_equal(merged(FORMS["0 and 255"](largest)) > 0, largest)
