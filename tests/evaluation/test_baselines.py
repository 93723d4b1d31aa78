"""baselines: Otsu against scikit-image, polarity by construction."""

import numpy as np
import pytest
from skimage.filters import threshold_otsu

from unetlib.evaluation.baselines import otsu_threshold, trivial_masks
from unetlib.study.runs import TRIVIAL


def two_modes(seed: int, dtype: type, share: float) -> np.ndarray:
    random = np.random.default_rng(seed)
    bright = random.random((60, 70)) < share
    image = random.normal(np.where(bright, 170, 60), 15).clip(0, 255)
    return (image * (200 if dtype == np.uint16 else 1)).astype(dtype)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("seed", range(4))
def test_otsu_splits_like_scikit_image(seed: int, dtype: type) -> None:
    image = two_modes(seed, dtype, [0.1, 0.3, 0.6, 0.9][seed])
    np.testing.assert_array_equal(image > otsu_threshold(image), image > threshold_otsu(image))


@pytest.mark.parametrize("share", [0.1, 0.9])
def test_the_rarer_side_is_foreground(share: float) -> None:
    image = two_modes(0, np.uint8, share)
    mask = trivial_masks(image)["otsu"]
    assert 0.05 < mask.mean() < 0.2
    assert (image[mask].min() > image[~mask].max()) == (share < 0.5)


def test_names_and_constant_masks() -> None:
    masks = trivial_masks(two_modes(1, np.uint8, 0.2))
    assert list(masks) == ["all-foreground", "all-background", "otsu"] == list(TRIVIAL)
    assert masks["all-foreground"].all() and not masks["all-background"].any()
    assert all(mask.dtype == bool and mask.shape == (60, 70) for mask in masks.values())


def test_constant_image_has_no_foreground() -> None:
    assert otsu_threshold(np.full((3, 3), 7, np.uint8)) == 7
    assert not trivial_masks(np.full((3, 3), 0.5, np.float32))["otsu"].any()
