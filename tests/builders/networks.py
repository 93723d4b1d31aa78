"""Small networks for the tests: one with random weights, one whose answer is known."""

import torch

from unetlib.networks.blocks import initialise
from unetlib.networks.unet import UNet


def small_network(**arguments):
    """A U-Net of 2 filters and depth 3 with the same random weights every time; arguments replace its settings."""
    model = UNet(**{"base_filters": 2, "depth": 3, **arguments})
    initialise(model, torch.Generator().manual_seed(0))
    return model


class BrightnessNetwork(UNet):
    """A network whose foreground is where the normalised image is above 0."""

    def __init__(self):
        super().__init__(base_filters=1, depth=1, padding="same")

    def forward(self, images):
        return torch.cat((torch.zeros_like(images), images * 100), 1)
