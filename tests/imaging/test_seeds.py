"""Instances from seeds: cells that touch are told apart, against a plain watershed of the whole component."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from skimage.segmentation import watershed

from unetlib.imaging.distance_targets import distance_targets
from unetlib.imaging.instances import InstanceError, instances_from_probability, label_plane
from unetlib.imaging.seeds import smoothed, split_by_seeds
from unetlib.imaging.settings import InstanceSettings, SeedSettings


def planes_of(labels: np.ndarray) -> np.ndarray:
    """What a network would give that has learned its targets to the last pixel."""
    cell, neighbour = distance_targets(labels)
    return np.stack([(labels > 0).astype(np.float32), np.clip(cell - neighbour, 0, 1)])


def touching(distance: int, radius: int = 12) -> np.ndarray:
    """Two discs, 1 and 2, whose centres lie this far apart; a pixel is of the nearer one."""
    rows, columns = np.mgrid[:40, :90]
    to = [(rows - 20) ** 2 + (columns - 25 - at) ** 2 for at in (0, distance)]
    return np.where(np.minimum(*to) > radius**2, 0, np.where(to[0] <= to[1], 1, 2)).astype(np.uint16)


def seeded(**changes: float) -> InstanceSettings:
    return InstanceSettings(seeds=SeedSettings(**changes))


@pytest.mark.parametrize("distance", [10, 14, 20, 24])
def test_discs_that_touch_are_told_apart(distance: int) -> None:
    """Also where they overlap so far that there is no neck at which the mask could be cut."""
    labels = touching(distance)
    found = instances_from_probability(planes_of(labels), seeded())
    right = np.mean(found[labels > 0] == labels[labels > 0])
    assert found.max() == 2 and max(right, 1 - right) > 0.97, "the ids may be swapped"
    assert instances_from_probability(planes_of(labels), InstanceSettings()).max() == 1


def test_a_component_without_a_seed_stays_a_cell_and_small_parts_are_dropped() -> None:
    planes = planes_of(touching(20))
    planes[1] = 0
    assert instances_from_probability(planes, seeded()).max() == 1
    planes = planes_of(touching(20))
    area = int((planes[0] > 0).sum())
    settings = InstanceSettings(seeds=SeedSettings(), min_area_px=int(0.55 * area))
    assert instances_from_probability(planes, settings).max() == 0, "each half is below it"


def test_seeds_need_the_plane_that_has_them() -> None:
    with pytest.raises(InstanceError, match="no distance targets"):
        instances_from_probability(np.ones((4, 4), np.float32), seeded())


def maxima_that_stand_out(height: np.ndarray, own: np.ndarray, depth: float) -> tuple[np.ndarray, int]:
    """By definition: a maximum stands out if no higher pixel is reached from it without going more than depth down."""
    seeds = np.zeros(own.shape, bool)
    for value in np.unique(height[own]):
        hills = ndimage.label(own & (height >= value - depth))[0]
        for hill in np.unique(hills[own & (height == value)]):
            seeds |= (hills == hill) & (height[hills == hill].max() == value)
    labels, count = ndimage.label(seeds)
    return labels, int(count)


def naive(mask: np.ndarray, height: np.ndarray, *, depth: float, sigma: float) -> np.ndarray:
    """The same by the whole plane: one filter, and for each component the maxima by their definition, pair by pair."""
    smooth = ndimage.gaussian_filter(height, sigma, mode="nearest") if sigma else height
    components, count = ndimage.label(mask)
    result, largest = components.copy(), count
    for label in range(1, count + 1):
        own = components == label
        seeds, found = maxima_that_stand_out(smooth, own, depth)
        if found > 1:
            parts = watershed(-smooth, seeds, connectivity=1, mask=own)
            for part in range(2, found + 1):
                result[parts == part] = largest + part - 1
            largest += found - 1
    return result


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), sigma=st.sampled_from([0.0, 0.7, 2.0]), level=st.sampled_from([0.02, 0.1, 0.3]))
def test_boxes_give_what_the_whole_plane_gives(seed: int, sigma: float, level: float) -> None:
    random = np.random.default_rng(seed)
    height = ndimage.gaussian_filter(random.random((30, 40)).astype(np.float32), 1.5)
    height = (height - height.min()) / np.ptp(height)
    mask = height > 0.35
    labels = ndimage.label(mask)[0]
    split_by_seeds(labels, height, depth=level, smoothing_px=sigma)
    np.testing.assert_array_equal(labels, naive(mask, height, depth=level, sigma=sigma))


def test_a_smoothed_box_is_that_of_the_smoothed_plane() -> None:
    plane = np.random.default_rng(1).random((40, 30)).astype(np.float32)
    whole = ndimage.gaussian_filter(plane, 2.0, mode="nearest")
    for box in ((slice(0, 5), slice(3, 9)), (slice(20, 40), slice(0, 30)), (slice(12, 13), slice(29, 30))):
        np.testing.assert_array_equal(smoothed(plane, box, 2.0), whole[box])


def test_strips_give_the_same_labels() -> None:
    planes = planes_of(np.concatenate([touching(14), touching(24)]))
    whole = instances_from_probability(planes, seeded())
    out = np.empty(planes.shape[1:], np.int32)
    assert label_plane(planes, out, seeded(), strip_px=200) == whole.max() == 4
    np.testing.assert_array_equal(out, whole)
