"""baselines: Otsu against a search of every threshold, polarity by construction."""

import numpy as np
import pytest

from unetlib.evaluation.baselines import TRIVIAL, trivial_masks


def two_modes(seed: int, dtype: type, share: float) -> np.ndarray:
    random = np.random.default_rng(seed)
    bright = random.random((60, 70)) < share
    image = random.normal(np.where(bright, 170, 60), 15).clip(0, 255)
    return (image * (200 if dtype == np.uint16 else 1)).astype(dtype)


def spread_within(image: np.ndarray, threshold: int) -> float:
    """The squared deviations from the means of both sides of a threshold, which Otsu's makes smallest."""
    sides = image[image > threshold].astype(float), image[image <= threshold].astype(float)
    return sum(float(((side - side.mean()) ** 2).sum()) for side in sides)


@pytest.mark.parametrize("share", [0.1, 0.3, 0.6, 0.9])
def test_otsu_is_the_best_of_all_thresholds(share: float) -> None:
    image = two_modes(3, np.uint8, share)
    best = min(np.unique(image)[:-1], key=lambda threshold: spread_within(image, threshold))
    bright = image > best
    np.testing.assert_array_equal(trivial_masks(image)["otsu"], bright if share < 0.5 else ~bright)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("share", [0.1, 0.9])
def test_the_rarer_side_is_foreground(share: float, dtype: type) -> None:
    image = two_modes(0, dtype, share)
    mask = trivial_masks(image)["otsu"]
    assert 0.05 < mask.mean() < 0.2
    assert (image[mask].min() > image[~mask].max()) == (share < 0.5)


def test_names_and_constant_masks() -> None:
    masks = trivial_masks(two_modes(1, np.uint8, 0.2))
    assert tuple(masks) == TRIVIAL == ("all-foreground", "all-background", "otsu")
    assert masks["all-foreground"].all() and not masks["all-background"].any()
    assert all(mask.dtype == bool and mask.shape == (60, 70) for mask in masks.values())


def test_a_constant_image_has_no_foreground() -> None:
    for image in (np.full((3, 3), 7, np.uint8), np.full((3, 3), 0.5, np.float32)):
        assert not trivial_masks(image)["otsu"].any()
