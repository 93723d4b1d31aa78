"""Images and networks as users have them, small: written to files for the tests of the command line."""

import numpy as np
import tifffile

SETTINGS = {
    "model": {"base_filters": 4, "depth": 3},
    "normalisation": "zscore",
    "threshold": 0.5,
    "training": {"precision": "float32"},
}


def spots(*shape, dtype=np.uint8, seed=0):
    """Bright discs of 3 to 6 px on a noisy ground, the last two axes a picture."""
    rng = np.random.default_rng(seed)
    result = rng.normal(40, 6, shape)
    rows, columns = np.mgrid[: shape[-2], : shape[-1]]
    for picture in result.reshape(-1, *shape[-2:]):
        for row, column, radius in zip(*rng.uniform(0, shape[-2:], (12, 2)).T, rng.uniform(3, 6, 12), strict=True):
            picture[np.hypot(rows - row, columns - column) < radius] += 90
    return result.astype(dtype)


def half_bright(height=20, width=30):
    """An image whose left half is bright, and its mask."""
    mask = np.zeros((height, width), bool)
    mask[:, : width // 2] = True
    return np.where(mask, 200, 20).astype(np.uint8), mask


def brightness_network(**arguments):
    """A network without training that finds what is brighter than the mean: one kernel passes the image through."""
    import torch

    from unetlib.networks.blocks import initialise
    from unetlib.networks.settings import ModelSettings
    from unetlib.networks.unet import UNet

    settings = ModelSettings(**{**SETTINGS["model"], **arguments})
    model = UNet(settings)
    initialise(model, torch.Generator().manual_seed(3))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(0.05)
        for convolution in (model.down[0][0], model.down[0][2]):
            convolution.weight[0, 0, 1, 1] = 1
        merge, skipped = model.merge[-1], settings.base_filters
        merge[0].weight[0, skipped, 1, 1] = 1
        merge[2].weight[0, 0, 1, 1] = 1
        model.head.weight[1, 0, 0, 0], model.head.bias[1] = 1, -0.5
    return model


def save(path, **settings):
    """A model.pt of the network above; settings replace those above."""
    from unetlib.networks.run_record import RunRecord
    from unetlib.networks.trained_network import save_model

    save_model(path, brightness_network().state_dict(), RunRecord(settings={**SETTINGS, **settings}))
    return path


def write_stack(path, stack, axes, **metadata):
    """An ImageJ stack of 0.65 µm per pixel."""
    tifffile.imwrite(
        path, stack, imagej=True, resolution=(1 / 0.65, 1 / 0.65), metadata={"axes": axes, "unit": "um", **metadata}
    )
    return path


def moving_discs(frames=6, seed=0):
    """Discs on a jittered grid that drift their own way; ids shuffled per frame; and the true number of each."""
    rng = np.random.default_rng(seed)
    starts = np.stack(np.mgrid[20:120:25, 20:120:25], -1).reshape(-1, 2) + rng.uniform(-2, 2, (16, 2))
    velocity = rng.uniform(-1.5, 1.5, (16, 2))
    rows, columns = np.mgrid[:130, :130]
    labels, numbers = np.zeros((frames, 130, 130), np.uint16), []
    for time in range(frames):
        order = rng.permutation(16)
        for new, cell in enumerate(order, start=1):
            row, column = starts[cell] + time * velocity[cell]
            labels[time][np.hypot(rows - row, columns - column) < 6] = new
        numbers.append(dict(zip(range(1, 17), order, strict=True)))
    return labels, numbers


class InParts:
    """A plane that is read in parts only, and how many pixels that were at most."""

    def __init__(self, array):
        self.array, self.shape, self.largest = array, array.shape, 0

    def __getitem__(self, part):
        found = self.array[part]
        self.largest = max(self.largest, found.size)
        return found
