"""Masks, class maps, soft edges and pictures are told from instances by their structure; real cells are not refused."""

import numpy as np
import pytest
from builders.archives import texture
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from unetlib.imaging.instance_check import foreground, instance_fault, instances_of_mask


def cells(count, side=120, radius=7, seed=0):
    """Discs that do not touch, each with its own id."""
    rng = np.random.default_rng(seed)
    labels, rows, columns = np.zeros((side, side), np.uint16), *np.mgrid[:side, :side]
    for number in range(1, count + 1):
        for _ in range(1000):
            row, column = rng.uniform(radius, side - radius, 2)
            if not labels[np.hypot(rows - row, columns - column) < radius + 3].any():
                labels[np.hypot(rows - row, columns - column) <= radius] = number
                break
    return labels


def confluent(count, side=120, seed=0):
    """Cells that fill the image but for a corner, each the region that is nearest to its centre."""
    centres = np.random.default_rng(seed).uniform(0, side, (count, 2))
    rows, columns = np.mgrid[:side, :side]
    distance = np.hypot(rows[..., None] - centres[:, 0], columns[..., None] - centres[:, 1])
    labels = (distance.argmin(axis=-1) + 1).astype(np.uint16)
    labels[:20, :20] = 0
    return labels


def ring_and_inside(labels):
    """Two classes: 1 inside the cells, 2 along their borders."""
    inside = ndimage.binary_erosion(labels > 0, iterations=2)
    return np.where(inside, 1, np.where(labels > 0, 2, 0)).astype(np.uint8)


FORMS = {  # what people save a mask of many cells as
    "0 and 1": lambda labels: (labels > 0).astype(np.uint8),
    "0 and 128": lambda labels: (labels > 0).astype(np.uint8) * 128,
    "0 and 255": lambda labels: (labels > 0).astype(np.uint8) * 255,
    "0 and 255 in 16 bit": lambda labels: (labels > 0).astype(np.uint16) * 255,
    "0 and 65535": lambda labels: (labels > 0).astype(np.uint16) * 65535,
    "soft edges": lambda labels: np.rint(ndimage.gaussian_filter((labels > 0) * 255.0, 0.8)).astype(np.uint8),
    "inside and border": ring_and_inside,
    "background as a class": lambda labels: np.where(labels > 0, 2, 1).astype(np.uint8),
    "two kinds of cells": lambda labels: np.where(labels > 0, labels % 2 + 1, 0).astype(np.uint16),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("count", [6, 12, 25])
def test_masks_and_classes_of_many_cells_have_a_fault(form, count):
    for seed in range(5):
        assert instance_fault(cells(count, seed=seed)) == ""
        assert instance_fault(FORMS[form](cells(count, seed=seed)))


def test_a_picture_has_a_fault():
    assert instance_fault(texture(60, 70)) and instance_fault(ndimage.gaussian_filter(texture(60, 70), 3))


def test_a_mask_of_cells_that_fill_the_image_has_a_fault():
    labels = confluent(30)
    assert instance_fault(labels) == ""
    assert instance_fault((labels > 0).astype(np.uint8)).startswith("id 1 reaches 4 edges and covers 97%")


def test_one_cell_with_a_border_of_its_own_has_a_fault():
    assert instance_fault(ring_and_inside(cells(1))) == "id 1 lies within id 2"


def test_a_background_with_an_id_has_a_fault_however_many_cells_there_are():
    labels = cells(30) + 1
    assert instance_fault(labels.astype(np.uint16)) == "no pixel is 0, and id 1 reaches all four edges"


def rectangle(*boxes):
    labels = np.zeros((60, 80), np.uint16)
    for top, left, height, width in boxes:
        labels[top : top + height, left : left + width] = 1
    return labels


REAL = {
    "no cell": rectangle(),
    "one pixel": rectangle((3, 4, 1, 1)),
    "one cell": rectangle((10, 10, 20, 20)),
    "one cell in two pieces": rectangle((10, 10, 20, 20), (10, 33, 20, 18)),
    "one long cell broken in four": rectangle((10, 5, 6, 12), (10, 20, 6, 12), (10, 35, 6, 12), (10, 50, 6, 12)),
    "one cell and dust": rectangle((10, 10, 20, 20), (50, 70, 2, 2), (55, 5, 1, 1), (2, 60, 3, 1)),
    "one cell across the image": rectangle((20, 0, 20, 80)),
    "one cell is the whole image": rectangle((0, 0, 60, 80)),
    "two cells": rectangle((10, 10, 20, 20)) + 2 * rectangle((35, 50, 20, 20)),
    "two cells fill the image": rectangle((0, 0, 60, 80)) + rectangle((0, 40, 60, 40)),
}


@pytest.mark.parametrize("kind", REAL)
def test_real_cells_have_no_fault(kind):
    assert instance_fault(REAL[kind].astype(np.uint16)) == ""
    assert instance_fault(REAL[kind].astype(np.int64) * 7) == ""


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 40), st.integers(0, 10**6), st.integers(0, 2))
def test_cells_in_any_number_have_no_fault_even_where_some_are_broken(count, seed, breaks):
    labels = cells(count, seed=seed)
    rng = np.random.default_rng(seed)
    for number in rng.integers(1, count + 1, breaks):  # a line through a cell
        rows = np.flatnonzero((labels == number).any(axis=1))
        if len(rows):
            line = labels[rows[len(rows) // 2]]
            line[line == number] = 0
    ids = rng.permutation(60000)[: count + 1].astype(np.uint16) + 1
    assert instance_fault(np.where(labels > 0, ids[labels], 0).astype(np.uint16)) == ""
    assert instance_fault(confluent(max(count, 4), seed=seed)) == ""


def test_a_slip_of_the_hand_among_many_cells_is_no_fault():
    labels = cells(25)
    labels[labels == 25] = 24  # one number typed twice
    assert instance_fault(labels) == ""


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.uint16, np.float32, np.int64])
def test_a_mask_is_what_is_not_0(dtype):
    mask = cells(6) > 0
    np.testing.assert_array_equal(foreground(mask.astype(dtype)), mask)
    labels = instances_of_mask(mask.astype(dtype))
    assert labels.max() == 6 and instance_fault(labels.astype(np.uint16)) == ""
    np.testing.assert_array_equal(labels > 0, mask)


def test_classes_are_all_foreground_and_soft_edges_are_cut_in_the_middle():
    labels = cells(9)
    np.testing.assert_array_equal(foreground(ring_and_inside(labels)), labels > 0)
    np.testing.assert_array_equal(foreground(labels), labels > 0)
    soft = ndimage.gaussian_filter((labels > 0) * 1.0, 0.8)
    for values in (np.rint(soft * 255).astype(np.uint8), (soft / soft.max()).astype(np.float32)):
        assert np.count_nonzero(foreground(values) != (labels > 0)) < 0.05 * np.count_nonzero(labels)
