"""Instances of a probability: components against scikit-image, strips against the whole plane."""

import numpy as np
import pytest
from builders.label_images import discs
from hypothesis import given
from hypothesis import settings as given_case
from hypothesis import strategies as st
from scipy import ndimage
from skimage.measure import label as skimage_label

from unetlib.imaging.instances import instances_from_probability, label_plane
from unetlib.imaging.labels import separate_touching
from unetlib.imaging.settings import InstanceSettings
from unetlib.imaging.watershed import split_touching


def instances(probability: np.ndarray, **settings: float) -> np.ndarray:
    return instances_from_probability(probability, InstanceSettings(**settings))


@pytest.mark.parametrize("seed", range(6))
def test_components_equal_scikit_image(seed: int) -> None:
    probability = np.random.default_rng(seed).random((37, 51)).astype(np.float32)
    labels = instances(probability, threshold=0.6)
    expected = skimage_label(probability >= 0.6, connectivity=1)
    assert labels.dtype == np.uint16 and labels.max() == expected.max() > 10
    pairs = np.unique(np.stack([labels.ravel(), expected.ravel()], axis=1), axis=0)
    assert len(pairs) == expected.max() + 1, "one to one"


def test_the_gap_brings_every_instance_back() -> None:
    truth = separate_touching(discs(np.random.default_rng(0), (120, 120), 30, 9))
    labels = instances((truth > 0).astype(np.float32))
    for label in range(1, labels.max() + 1):
        assert len(np.unique(truth[labels == label])) == 1


def test_threshold_is_included() -> None:
    probability = np.array([[0.5, 0.0, 0.49]], np.float32)
    assert instances(probability).tolist() == [[1, 0, 0]]
    assert instances(probability, threshold=0.4).tolist() == [[1, 0, 2]]


def test_small_components_are_dropped_and_the_rest_renumbered() -> None:
    probability = np.array([[1, 0, 1, 1, 0, 1, 1, 1]], np.float32)
    assert instances(probability, min_area_px=0).tolist() == [[1, 0, 2, 2, 0, 3, 3, 3]]
    assert instances(probability, min_area_px=2).tolist() == [[0, 0, 1, 1, 0, 2, 2, 2]]
    assert instances(probability, min_area_px=3).tolist() == [[0, 0, 0, 0, 0, 1, 1, 1]]
    assert not instances(probability, min_area_px=9).any()


def test_diagonal_neighbours_are_two_instances() -> None:
    assert instances(np.eye(2, dtype=np.float32)).tolist() == [[1, 0], [0, 2]]


def test_more_than_65535_components_do_not_wrap() -> None:
    probability = np.zeros((514, 514), np.float32)
    probability[::2, ::2] = 1
    labels = instances(probability)
    assert labels.dtype == np.int32 and labels.max() == 257 * 257


def test_nothing_is_no_instance() -> None:
    assert not instances(np.zeros((3, 4))).any()
    assert instances(np.zeros((0, 4))).shape == (0, 4)


@given_case(max_examples=60, deadline=None)
@given(
    height=st.integers(1, 24),
    width=st.integers(1, 24),
    rows=st.integers(1, 6),
    min_area_px=st.integers(0, 5),
    depth=st.sampled_from([0.0, 0.2, 0.5, 1.0]),
    share=st.floats(0.2, 0.8),
    seed=st.integers(0, 10**6),
)
def test_instances_of_strips_are_those_of_the_whole(
    height: int, width: int, rows: int, min_area_px: int, depth: float, share: float, seed: int
) -> None:
    probability = np.random.default_rng(seed).random((height, width)).astype(np.float32)
    settings = InstanceSettings(threshold=share, min_area_px=min_area_px, watershed_depth_px=depth)
    out = np.zeros((height, width), np.uint32)
    count = label_plane(probability, out, settings, strip_px=rows * width)
    whole = naive(probability, settings)
    np.testing.assert_array_equal(out, whole)
    np.testing.assert_array_equal(instances_from_probability(probability, settings), whole)
    assert count == whole.max(initial=0)


def naive(probability: np.ndarray, settings: InstanceSettings) -> np.ndarray:
    """The same of the whole plane, by SciPy's labels and one pass per instance."""
    labels, _ = ndimage.label(probability >= settings.threshold)
    labels = dropped(labels, settings.min_area_px)
    if settings.watershed_depth_px > 0:
        split_touching(labels, settings.watershed_depth_px)
        labels = dropped(labels, settings.min_area_px)
    return labels


def dropped(labels: np.ndarray, min_area_px: int) -> np.ndarray:
    kept = np.zeros_like(labels)
    for label in range(1, labels.max(initial=0) + 1):
        if (labels == label).sum() >= min_area_px:
            kept[labels == label] = kept.max() + 1
    return kept


def test_a_comb_is_one_cell() -> None:
    """Teeth that meet only in the last row, far from the strips that begin them."""
    comb = np.zeros((40, 21), np.float32)
    comb[:, ::2], comb[-1] = 1, 1
    out = np.zeros(comb.shape, np.uint32)
    assert label_plane(comb, out, InstanceSettings(), strip_px=42) == 1
    np.testing.assert_array_equal(out, comb)
