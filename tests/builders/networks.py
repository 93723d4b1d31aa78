"""Small networks for the tests: with random weights, also in a file, and one whose answer is known."""

import torch
from builders.images import SETTINGS

from unetlib.networks.blocks import initialise
from unetlib.networks.build import build
from unetlib.networks.run_record import RunRecord
from unetlib.networks.settings import ModelSettings
from unetlib.networks.trained_network import save_model
from unetlib.networks.unet import UNet


def small_network(*, in_channels=1, classes=2, **settings):
    """A network of 2 filters and depth 3 with the same random weights every time; settings replace its settings."""
    chosen = ModelSettings(**{"base_filters": 2, "depth": 3, **settings})
    model = build(chosen, in_channels=in_channels, classes=classes)
    initialise(model, torch.Generator().manual_seed(0))
    return model


class BrightnessNetwork(UNet):
    """A network whose foreground is where the normalised image is above 0."""

    def __init__(self):
        super().__init__(ModelSettings(base_filters=1, depth=1, padding="same"))

    def forward(self, images):
        return torch.cat((torch.zeros_like(images), images * 100), 1)


def model_file(path, **model):
    """A model.pt with random weights of any architecture."""
    chosen = {"base_filters": 3, "depth": 3, **model}
    network = build(ModelSettings(**chosen))
    initialise(network, torch.Generator().manual_seed(5))
    data = [{"dataset": "phase", "sha256": "ab" * 32, "source": "a.zip", "options": {"pixel_size_um": 0.65}}]
    settings = {**SETTINGS, "model": chosen}
    record = RunRecord(settings=settings, data=data, experiment="reference", best_update=7)
    save_model(path, network.state_dict(), record)
    return path, network.eval()
