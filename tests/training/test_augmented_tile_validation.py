"""The flattering validation of an audit: noisy, yet the same for the same network, and true where there is no noise."""

import numpy as np
import pytest
import torch
from builders.images import half_bright
from builders.networks import BrightnessNetwork

from unetlib.datasets.dataset import Dataset, Sample, write_dataset
from unetlib.networks.blocks import initialise
from unetlib.training.validation import AugmentedTileValidation

STILL = {
    "elastic_grid": 3,
    "elastic_sigma_px": 0,
    "rotation_deg": 0,
    "scale": 0,
    "shift_px": 0,
    "interpolation": "bilinear",
}
STILL |= {"gamma": 0, "contrast": 0, "brightness": 0, "noise": 0, "policy": "full", "variants": 3}
HOW = {"normalisation": "zscore", "threshold": 0.5, "tile_px": 36, "batch": 1, "device": "cpu", "precision": "float32"}


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


def validation(dataset, frames, **changes):
    return AugmentedTileValidation([(dataset, frames)], **{"augmentation": STILL, "side_px": 99, **HOW, **changes})


def test_without_noise_and_with_a_tile_of_the_whole_image_it_is_the_dice(dataset):
    assert validation(dataset, ["right"])(BrightnessNetwork()) == 1
    assert validation(dataset, ["wrong"])(BrightnessNetwork()) == 0
    assert validation(dataset, ["right", "wrong"])(BrightnessNetwork()) == 0.5


def test_it_is_drawn_by_the_weights_alone(dataset):
    noisy = validation(dataset, ["right"], augmentation=STILL | {"noise": 2.0, "shift_px": 9}, side_px=20)
    network, other = BrightnessNetwork(), BrightnessNetwork()
    initialise(network, torch.Generator().manual_seed(1))
    other.load_state_dict(network.state_dict())
    torch.manual_seed(5)
    first = noisy(network)
    assert 0 < first < 1 and noisy(other) == first == noisy(network)
    with torch.no_grad():
        next(other.parameters()).add_(1e-3)
    assert noisy(other) != first, "another evaluation sees other noise: Brightness does not use its weights"


def test_datasets_weigh_the_same(dataset):
    both = AugmentedTileValidation(
        [(dataset, ["right", "right"]), (dataset, ["wrong"])], augmentation=STILL, side_px=99, **HOW
    )
    assert both(BrightnessNetwork()) == 0.5
