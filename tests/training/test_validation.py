import numpy as np
import pytest
import torch
from builders.images import half_bright
from builders.networks import BrightnessNetwork

from unetlib.datasets.dataset import Dataset, Sample, write_dataset
from unetlib.evaluation.image_metrics import pixel_scores
from unetlib.imaging.binning import bin_image, bin_labels, bin_mask
from unetlib.imaging.normalisation import normalise
from unetlib.networks.predict import Tiling
from unetlib.training import validation
from unetlib.training.losses import LOSSES, loss_of, weighted_ce
from unetlib.training.objective import ValidationScores
from unetlib.training.settings import LossSettings, RunSettings
from unetlib.training.variants import training_targets

HOW = {"threshold": 0.5, "tiling": Tiling(36), "loss": weighted_ce}


def image(mask, known=None, targets=None):
    grey = np.where(half_bright()[1], 1.0, -1.0).astype(np.float32)
    known = np.ones(mask.shape, bool) if known is None else known
    return validation.ValidationImage(grey, mask, known, targets=targets)


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
    assert validation.Validation([[image(mask)]], **HOW)(BrightnessNetwork()).dice == 1
    assert validation.Validation([[image(wrong)]], **HOW)(BrightnessNetwork()).dice < 1
    assert validation.Validation([[image(wrong, known)]], **HOW)(BrightnessNetwork()).dice == 1


def test_datasets_weigh_the_same_however_many_images_they_have():
    _, mask = half_bright()
    good, bad = image(mask), image(~mask)
    assert validation.Validation([[good, good, good], [bad]], **HOW)(BrightnessNetwork()) == ValidationScores(0.5)


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
    both, alone = validation.load(Dataset(tmp_path / "d"), ["both", "silver"], RunSettings())
    assert np.array_equal(both.mask, mask) and alone.mask.all()
    assert both.image.mean() == pytest.approx(0, abs=1e-5) and both.known.all() and both.targets is None


@pytest.mark.parametrize("seed", range(3))
def test_iou_is_the_metrics_iou(seed):
    random = np.random.default_rng(seed)
    truth, predicted = random.random((2, 9, 11)) < 0.4
    assert validation.iou(truth, predicted) == pytest.approx(pixel_scores(truth, predicted)["iou"], abs=1e-12)
    assert validation.iou(truth & False, predicted & False) == 1 and validation.iou(truth, ~truth) == 0


@pytest.mark.parametrize("name", LOSSES)
def test_the_loss_of_a_probability_is_that_of_the_networks_logits(name):
    random = torch.Generator().manual_seed(0)
    logits = 3 * torch.randn((1, 2, 12, 10), generator=random)
    mask = (torch.rand((12, 10), generator=random) < 0.3).numpy().astype(np.uint8)
    weight = (torch.rand((12, 10), generator=random) * 3).numpy()
    weight[:2] = 0
    loss = loss_of(LossSettings(name=name))
    expected = loss(logits, torch.from_numpy(mask)[None].long(), torch.from_numpy(weight)[None])
    probability = (logits[:, 1] - logits[:, 0]).sigmoid()[0].numpy()
    assert validation.Targets(mask, weight).loss_of(probability, loss) == pytest.approx(float(expected), rel=1e-4)


def test_the_loss_of_what_is_certainly_wrong_is_finite():
    sure = validation.Targets(np.ones((2, 2), np.uint8), np.ones((2, 2), np.float32))
    assert sure.loss_of(np.zeros((2, 2), np.float32), weighted_ce) == pytest.approx(-np.log(1e-7), rel=1e-3)
    assert sure.loss_of(np.ones((2, 2), np.float32), weighted_ce) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("binning", [1, 2])
def test_selection_by_the_loss_needs_targets_as_the_training_has_them(tmp_path, binning):
    """Labels and unknown pixels are binned, then weighted; the mean is that of the images."""
    grey, mask = half_bright(40, 60)
    labels = np.where(mask, 1, 0).astype(np.uint16)
    labels[5:9, 40:50] = 2
    ignore = np.zeros(mask.shape, np.uint8)
    ignore[30:] = 1
    facts = {"sequence": "1", "group": "g", "modality": "m", "image": grey, "labels": labels}
    write_dataset(
        tmp_path / "d", [Sample("a", time=0, **facts), Sample("b", time=1, ignore=ignore, **facts)], binning=binning
    )
    settings = RunSettings.read({"training": {"select_by": "loss"}})
    images = validation.load(Dataset(tmp_path / "d"), ["a", "b"], settings)
    found = validation.Validation([images], **HOW)(BrightnessNetwork())
    losses = []
    for unknown in (np.zeros(mask.shape, bool), ignore > 0):
        seen = bin_labels(labels, binning), bin_mask(unknown, binning)
        target, weight = training_targets(*seen, settings.cache.scaled(1 / binning))
        batch = torch.from_numpy(normalise(bin_image(grey, binning)))[None, None]
        logits = BrightnessNetwork()(batch)
        logits[:, 1].clamp_(-16.1, 16.1)
        losses.append(weighted_ce(logits, torch.from_numpy(target)[None].long(), torch.from_numpy(weight)[None]))
    assert found.loss == pytest.approx(float(sum(losses)) / 2, rel=0.01) and found.loss > 0.1
