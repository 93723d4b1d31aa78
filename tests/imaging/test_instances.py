"""instances: components against scikit-image."""

import numpy as np
import pytest
from builders.label_images import discs
from skimage.measure import label as skimage_label

from unetlib.imaging.instances import InstanceError, instances_from_probability
from unetlib.imaging.labels import separate_touching


@pytest.mark.parametrize("connectivity", [4, 8])
@pytest.mark.parametrize("seed", range(6))
def test_components_equal_scikit_image(seed: int, connectivity: int) -> None:
    probability = np.random.default_rng(seed).random((37, 51)).astype(np.float32)
    labels = instances_from_probability(probability, threshold=0.6, connectivity=connectivity)
    expected = skimage_label(probability >= 0.6, connectivity=1 if connectivity == 4 else 2)
    assert labels.dtype == np.uint16 and labels.max() == expected.max() > 10
    pairs = np.unique(np.stack([labels.ravel(), expected.ravel()], axis=1), axis=0)
    assert len(pairs) == expected.max() + 1, "one to one"


def test_the_gap_brings_every_instance_back() -> None:
    truth = separate_touching(discs(np.random.default_rng(0), (120, 120), 30, 9))
    labels = instances_from_probability((truth > 0).astype(np.float32))
    for label in range(1, labels.max() + 1):
        assert len(np.unique(truth[labels == label])) == 1


def test_threshold_is_included() -> None:
    probability = np.array([[0.5, 0.0, 0.49]], np.float32)
    assert instances_from_probability(probability).tolist() == [[1, 0, 0]]
    assert instances_from_probability(probability, threshold=0.4).tolist() == [[1, 0, 2]]


def test_small_components_are_dropped_and_the_rest_renumbered() -> None:
    probability = np.array([[1, 0, 1, 1, 0, 1, 1, 1]], np.float32)
    assert instances_from_probability(probability, min_area_px=0).tolist() == [[1, 0, 2, 2, 0, 3, 3, 3]]
    assert instances_from_probability(probability, min_area_px=2).tolist() == [[0, 0, 1, 1, 0, 2, 2, 2]]
    assert instances_from_probability(probability, min_area_px=3).tolist() == [[0, 0, 0, 0, 0, 1, 1, 1]]
    assert not instances_from_probability(probability, min_area_px=9).any()


def test_diagonal_neighbours_join_with_eight_only() -> None:
    probability = np.eye(2, dtype=np.float32)
    assert instances_from_probability(probability).max() == 2
    assert instances_from_probability(probability, connectivity=8).max() == 1


def test_more_than_65535_components_do_not_wrap() -> None:
    probability = np.zeros((514, 514), np.float32)
    probability[::2, ::2] = 1
    labels = instances_from_probability(probability)
    assert labels.dtype == np.int32 and labels.max() == 257 * 257


def test_nothing_and_a_bad_connectivity() -> None:
    assert not instances_from_probability(np.zeros((3, 4))).any()
    with pytest.raises(InstanceError, match="connectivity is 6"):
        instances_from_probability(np.zeros((3, 4)), connectivity=6)
    with pytest.raises(InstanceError, match="connectivity is 8; a watershed"):
        instances_from_probability(np.zeros((3, 4)), connectivity=8, watershed_depth_px=2)
