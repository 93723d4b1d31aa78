"""Optimistic validation: noisy, yet the same for the same network, and the Dice where there is no noise."""

import numpy as np
import pytest
import torch
from builders.images import half_bright
from builders.networks import BrightnessNetwork
from builders.variants import PLAIN, STILL, augmentation

from unetlib.datasets.dataset import Dataset, Sample, write_dataset
from unetlib.networks.blocks import initialise
from unetlib.networks.predict import Tiling
from unetlib.training.losses import weighted_ce
from unetlib.training.objective import ValidationScores
from unetlib.training.settings import BatchSettings, RunSettings, TrainingSettings
from unetlib.training.validation import AugmentedTileValidation


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    grey, mask = half_bright(40, 60)
    folder = tmp_path_factory.mktemp("noisy") / "d"
    facts = {"sequence": "1", "group": "g", "modality": "m", "image": grey}
    samples = [
        Sample("right", time=0, labels=mask.astype(np.uint16), **facts),
        Sample("wrong", time=1, labels=(~mask).astype(np.uint16), **facts),
    ]
    write_dataset(folder, samples)
    return Dataset(folder)


def settings(tile_px=99, **changes):
    still = augmentation(**{**STILL, **PLAIN, **changes})
    return RunSettings(augmentation=still, batch=BatchSettings(tile_px=tile_px))


def validation(dataset, frames, **changes):
    return AugmentedTileValidation([(dataset, frames)], settings(**changes), tiling=Tiling(36), loss=weighted_ce)


def test_without_noise_and_with_a_tile_of_the_whole_image_it_is_the_dice(dataset):
    assert validation(dataset, ["right"])(BrightnessNetwork()) == ValidationScores(1, 1)
    assert validation(dataset, ["wrong"])(BrightnessNetwork()) == ValidationScores(0, 0)
    assert validation(dataset, ["right", "wrong"])(BrightnessNetwork()) == ValidationScores(0.5, 0.5)


def test_it_is_drawn_by_the_weights_alone(dataset):
    noisy = validation(dataset, ["right"], noise=2.0, shift_px=9, tile_px=20)
    network, other = BrightnessNetwork(), BrightnessNetwork()
    initialise(network, torch.Generator().manual_seed(1))
    other.load_state_dict(network.state_dict())
    torch.manual_seed(5)
    first = noisy(network)
    assert 0 < first.iou < first.dice < 1 and first.iou == pytest.approx(first.dice / (2 - first.dice))
    assert noisy(other) == first == noisy(network)
    with torch.no_grad():
        next(other.parameters()).add_(1e-3)
    assert noisy(other) != first, "another evaluation sees other noise: Brightness does not use its weights"


def test_datasets_weigh_the_same(dataset):
    frames = [(dataset, ["right", "right"]), (dataset, ["wrong"])]
    both = AugmentedTileValidation(frames, settings(), tiling=Tiling(36), loss=weighted_ce)
    assert both(BrightnessNetwork()) == ValidationScores(0.5, 0.5)


def test_the_loss_is_there_where_the_training_selects_by_it(dataset):
    chosen = settings().model_copy(update={"training": TrainingSettings(select_by="loss")})
    how = {"tiling": Tiling(36), "loss": weighted_ce}
    right, wrong = (
        AugmentedTileValidation([(dataset, [name])], chosen, **how)(BrightnessNetwork()) for name in ("right", "wrong")
    )
    assert right.loss == pytest.approx(0, abs=1e-4) and wrong.loss > 10
    assert AugmentedTileValidation([(dataset, ["right"])], settings(), **how)(BrightnessNetwork()).loss is None
