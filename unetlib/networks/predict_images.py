"""Predict the images of datasets with a study's networks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unetlib.datasets.dataset import Dataset
from unetlib.imaging.binning import bin_image, upsample
from unetlib.imaging.normalisation import normalise
from unetlib.networks.predict import Tiling, predict_image
from unetlib.networks.settings import ComputeSettings, InferenceSettings
from unetlib.networks.trained_network import TrainedNetwork


@dataclass(frozen=True)
class BinnedImage:
    """An image as networks see it: binned, with its binning and its full size."""

    image: NDArray[Any]
    binning: int
    shape: tuple[int, ...]


def read_binned(dataset: Dataset, frame: str) -> BinnedImage:
    """Return an image of a dataset as networks see it."""
    image, factor = dataset.image(frame), dataset.frame(frame).binning
    return BinnedImage(bin_image(image, factor), factor, image.shape)


def predict_images(
    network: TrainedNetwork,
    images: Mapping[str, BinnedImage],
    inference: InferenceSettings,
    compute: ComputeSettings,
) -> dict[str, NDArray[np.float32]]:
    """Return the foreground probability of every image by name, at full size."""
    tiling = Tiling(compute.predict_tile_px, compute.predict_batch, network.device, network.precision)
    found = {}
    for name, each in images.items():
        image = normalise(each.image, network.prediction.normalisation)
        probability = predict_image(network.model, image, inference, tiling, side_px=network.tile_px)
        found[name] = upsample(probability, each.binning, each.shape)
    return found
