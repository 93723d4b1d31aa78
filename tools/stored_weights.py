"""Store weights in 16 bits, half the trained size, and check that they give the same masks."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from unetlib.datasets.dataset import Dataset
from unetlib.imaging.instances import instances_from_probability
from unetlib.models.card import WeightsRecord
from unetlib.networks.predict_images import predict_images, read_binned
from unetlib.networks.settings import ComputeSettings, PredictionSettings
from unetlib.networks.trained_network import (
    ModelFileError,
    TrainedNetwork,
    load_network,
    read_model,
    save_model,
    study_prediction,
)


def store_halved(model: Path, output: Path) -> None:
    """Write a model.pt whose kernels are float16; biases and norms, which are few numbers, stay float32.

    Raises ModelFileError if a weight exceeds float16. Loading converts all of them to float32.
    """
    record, weights = read_model(model)
    halved = {
        name: part.half() if part.is_floating_point() and part.ndim > 1 else part for name, part in weights.items()
    }
    if not all(bool(torch.isfinite(part).all()) for part in halved.values()):
        raise ModelFileError(f"{model}: a weight is beyond 16-bit floats; ship another run")
    save_model(output, halved, record)


def compare_masks(model: Path, stored: Path, dataset: Dataset, frames: Sequence[str]) -> WeightsRecord:
    """Return the agreement of the masks of stored and of trained weights on these frames, predicted as in the study."""
    settings = study_prediction(model)
    assert settings is not None
    networks = [load_network(path, "cpu") for path in (stored, model)]
    dice, overlap, total = [], 0, 0
    for frame in frames:
        ours, theirs = (_mask(network, dataset, frame, settings) for network in networks)
        both, areas = int((ours & theirs).sum()), int(ours.sum() + theirs.sum())
        dice.append(2 * both / areas if areas else 1.0)
        overlap, total = overlap + both, total + areas
    return WeightsRecord(
        format="float16",
        parameters=sum(part.numel() for part in networks[0].model.state_dict().values()),
        agreement=round(2 * overlap / total if total else 1.0, 6),
        lowest_agreement=round(min(dice), 6),
        images=len(frames),
    )


def _mask(network: TrainedNetwork, dataset: Dataset, frame: str, settings: PredictionSettings) -> NDArray[np.bool_]:
    found = predict_images(network, {frame: read_binned(dataset, frame)}, settings.inference, ComputeSettings())
    return instances_from_probability(found[frame], settings.instances) > 0
