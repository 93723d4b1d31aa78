import numpy as np
import pytest
from builders.images import half_bright
from builders.networks import BrightnessNetwork

from unetlib.datasets.dataset import Dataset, Sample, write_dataset
from unetlib.evaluation.image_metrics import pixel_scores
from unetlib.networks.predict import Tiling
from unetlib.training import validation

HOW = {"threshold": 0.5, "tiling": Tiling(36)}


def image(mask, known=None):
    grey = np.where(half_bright()[1], 1.0, -1.0).astype(np.float32)
    return validation.ValidationImage(grey, mask, np.ones(mask.shape, bool) if known is None else known)


@pytest.mark.parametrize("seed", range(5))
def test_dice_is_the_metrics_dice(seed):
    random = np.random.default_rng(seed)
    truth, predicted = random.random((2, 9, 11)) < 0.4
    assert validation.dice(truth, predicted) == pytest.approx(pixel_scores(truth, predicted)["dice"], abs=1e-12)


def test_dice_of_nothing_and_nothing_is_1():
    nothing = np.zeros((4, 4), bool)
    assert validation.dice(nothing, nothing) == 1 and validation.dice(nothing, ~nothing) == 0


def test_a_perfect_network_gets_1_and_unknown_pixels_do_not_count():
    _, mask = half_bright()
    wrong = mask.copy()
    wrong[:5] = ~wrong[:5]
    known = np.ones(mask.shape, bool)
    known[:5] = False
    assert validation.Validation([[image(mask)]], **HOW)(BrightnessNetwork()) == 1
    assert validation.Validation([[image(wrong)]], **HOW)(BrightnessNetwork()) < 1
    assert validation.Validation([[image(wrong, known)]], **HOW)(BrightnessNetwork()) == 1


def test_datasets_weigh_the_same_however_many_images_they_have():
    _, mask = half_bright()
    good, bad = image(mask), image(~mask)
    assert validation.Validation([[good, good, good], [bad]], **HOW)(BrightnessNetwork()) == 0.5


def test_a_dataset_without_validation_frames_is_refused():
    with pytest.raises(ValueError, match="no validation frame"):
        validation.Validation([[]], **HOW)


def test_gold_is_taken_before_silver(tmp_path):
    grey, mask = half_bright()
    gold, silver = mask.astype(np.uint16), np.ones(mask.shape, np.uint16)
    facts = {"sequence": "1", "group": "g", "modality": "m", "image": grey}
    write_dataset(
        tmp_path / "d",
        [
            Sample("both", time=0, labels=gold, silver=silver, **facts),
            Sample("silver", time=1, silver=silver, **facts),
        ],
    )
    both, alone = validation.load(Dataset(tmp_path / "d"), ["both", "silver"], "zscore")
    assert np.array_equal(both.mask, mask) and alone.mask.all()
    assert both.image.mean() == pytest.approx(0, abs=1e-5) and both.known.all()
