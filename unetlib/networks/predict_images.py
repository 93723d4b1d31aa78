"""Predict the images of datasets with a study's networks."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unetlib.datasets.dataset import Dataset
from unetlib.imaging.binning import bin_image, upsample
from unetlib.imaging.normalisation import normalise
from unetlib.io.predictions import image_name, save_predictions
from unetlib.networks.object_scale import predict_at_object_size
from unetlib.networks.predict import Tiling, predict_image
from unetlib.networks.settings import ComputeSettings, InferenceSettings
from unetlib.networks.trained_network import TrainedNetwork, load_network


@dataclass(frozen=True)
class BinnedImage:
    """An image as most networks see it: binned, with its binning and its full size.

    full: the image itself, for networks that see objects at one size, whatever the image's.
    """

    image: NDArray[Any]
    binning: int
    shape: tuple[int, ...]
    full: NDArray[Any] | None = None


class BinnedImages:
    """Images of some datasets as networks see them; each is read once for any number of networks."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self._datasets = {folder.name: Dataset(folder) for folder in folders}
        self._read: dict[str, BinnedImage] = {}

    def of(self, frames: Mapping[str, Sequence[str]]) -> dict[str, BinnedImage]:
        """Return the images of these frames (dataset → frame ids) by `dataset/frame`."""
        found = {}
        for dataset, names in frames.items():
            for frame in names:
                name = image_name(dataset, frame)
                if name not in self._read:
                    self._read[name] = read_binned(self._datasets[dataset], frame)
                found[name] = self._read[name]
        return found


def read_binned(dataset: Dataset, frame: str) -> BinnedImage:
    """Return an image of a dataset as networks see it."""
    image, factor = dataset.image(frame), dataset.frame(frame).binning
    return BinnedImage(bin_image(image, factor), factor, image.shape, image)


def predict_images(
    network: TrainedNetwork,
    images: Mapping[str, BinnedImage],
    inference: InferenceSettings,
    compute: ComputeSettings,
) -> dict[str, NDArray[np.float32]]:
    """Return the network's prediction of every image by name, at full size; see `predict`."""
    tiling = Tiling(compute.predict_tile_px, compute.predict_batch, network.device, network.precision)

    def planes(image: NDArray[Any]) -> NDArray[np.float32]:
        normalised = normalise(image, network.prediction.normalisation)
        return predict_image(network.model, normalised, inference, tiling, side_px=network.tile_px)

    found = {}
    for name, each in images.items():
        if network.resample.object_diameter_px and each.full is not None:
            threshold = network.prediction.instances.threshold
            found[name] = predict_at_object_size(planes, each.full, network.resample, threshold)
        else:
            found[name] = upsample(planes(each.image), each.binning, each.shape)
    return found


def predict_to_file(
    model: Path, images: Mapping[str, BinnedImage], inference: InferenceSettings, compute: ComputeSettings, output: Path
) -> str:
    """Write the predictions of a model.pt for these images, by name, and return a line for the log."""
    started = time.perf_counter()
    network = load_network(model, compute.device)
    found = predict_images(network, images, inference, compute)
    seconds = time.perf_counter() - started
    save_predictions(output, found)
    return f"{output}: {len(images)} images in {seconds:.2f} s"
