"""labels: every function against a loop over pixels, on random discs."""

import doctest

import numpy as np
import pytest
from builders.label_images import discs
from scipy import ndimage

from unetlib.imaging import labels as module
from unetlib.imaging.labels import boxes, relabel, separate_touching

SEEDS = range(8)


def some_labels(seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    return discs(random, (int(random.integers(1, 40)), int(random.integers(1, 40))), 8, 7)


@pytest.mark.parametrize("seed", SEEDS)
def test_separate_touching_is_the_plugins_scan(seed: int) -> None:
    labels = some_labels(seed)
    expected = labels.copy()
    for row in range(labels.shape[0]):
        for column in range(labels.shape[1]):
            for above, left in ((-1, -1), (-1, 0), (-1, 1), (0, -1)):
                r, c = row + above, column + left
                if r < 0 or not 0 <= c < labels.shape[1] or labels[row, column] == 0:
                    continue
                if labels[r, c] not in (0, labels[row, column]):
                    expected[row, column] = 0
    np.testing.assert_array_equal(separate_touching(labels), expected)
    assert separate_touching(labels).dtype == labels.dtype


@pytest.mark.parametrize("seed", SEEDS)
def test_no_component_joins_two_instances_after_the_gap(seed: int) -> None:
    labels = discs(np.random.default_rng(seed), (60, 60), 30, 9)
    gapped = separate_touching(labels)
    components, count = ndimage.label(gapped, np.ones((3, 3)))
    joined = ndimage.label(labels, np.ones((3, 3)))[1]
    assert count > joined, "the instances touched before"
    for component in range(1, count + 1):
        assert len(np.unique(gapped[components == component])) == 1


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32, np.int64])
def test_relabel_keeps_order_and_shape(dtype: type) -> None:
    labels = some_labels(1).astype(dtype)
    renumbered = relabel(labels)
    assert renumbered.dtype == np.uint16
    for new, old in enumerate(np.unique(labels[labels > 0]), start=1):
        np.testing.assert_array_equal(renumbered == new, labels == old)
    np.testing.assert_array_equal(renumbered == 0, labels == 0)


def test_relabel_of_huge_ids_and_of_nothing() -> None:
    np.testing.assert_array_equal(relabel(np.array([[9_000_000_000, 0], [5, 5]])), [[2, 0], [1, 1]])
    np.testing.assert_array_equal(relabel(np.array([[9_000_000_000, 7]])), [[2, 1]])
    assert relabel(np.zeros((0, 3), np.uint16)).shape == (0, 3)
    many = np.arange(70_000).reshape(100, 700)
    assert relabel(many).dtype == np.int32 and (relabel(many) == many).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_boxes_hold_exactly_their_instance(seed: int) -> None:
    labels = some_labels(seed)
    ids, bounds = boxes(labels)
    np.testing.assert_array_equal(ids, np.unique(labels[labels > 0]))
    for label, box in zip(ids, bounds, strict=True):
        rows, columns = np.nonzero(labels == label)
        assert tuple(box) == (rows.min(), rows.max() + 1, columns.min(), columns.max() + 1)


def test_docstrings() -> None:
    result = doctest.testmod(module)
    assert result.failed == 0 and result.attempted > 0
