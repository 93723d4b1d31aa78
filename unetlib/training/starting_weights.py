"""The weights that a training starts from: random ones, or those of a network that was trained before."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from unetlib.io.files import sha256_of
from unetlib.models.registry import find_network
from unetlib.networks.blocks import initialise
from unetlib.networks.build import build
from unetlib.networks.trained_network import read_model
from unetlib.training.loop import TrainingError
from unetlib.training.settings import RunSettings

if TYPE_CHECKING:
    from unetlib.networks.blocks import SegmentationNet

MUST_AGREE = ("model", "target", "normalisation")  # without them, weights mean something else


def started(settings: RunSettings, seed: int) -> "SegmentationNet":
    """Return the network of these settings, on the CPU, with the weights that its training starts from.

    Random ones by the seed; with start_from, those of a shipped network or a model.pt. Raises TrainingError where that
    network is another one (architecture, target, normalisation), ModelNameError or ModelFileError where there is none.
    """
    network = build(settings.model, classes=settings.target.outputs)
    initialise(network, torch.Generator().manual_seed(seed))
    if settings.start_from is None:
        return network
    record, weights = read_model(find_network(settings.start_from).path)
    _check_agrees(settings, record.settings)
    network.load_state_dict(weights)
    return network


def starting_file(settings: RunSettings) -> Path | None:
    """Return the file of the weights that a training starts from; None for random ones."""
    return None if settings.start_from is None else find_network(settings.start_from).path


def starting_checksum(settings: RunSettings) -> str | None:
    """Return the sha256 of the weights that a training starts from; None for random ones."""
    path = starting_file(settings)
    return None if path is None else sha256_of(path)


def _check_agrees(settings: RunSettings, recorded: Mapping[str, object]) -> None:
    theirs = RunSettings.read({name: recorded[name] for name in MUST_AGREE if name in recorded})
    for section in MUST_AGREE:
        ours_of, theirs_of = (_flat(each.identity().get(section), section) for each in (settings, theirs))
        for key in sorted(set(ours_of) | set(theirs_of)):
            if ours_of.get(key) != theirs_of.get(key) and "dropout" not in key:
                raise TrainingError(
                    f"start_from {settings.start_from}: that network has {key} {theirs_of.get(key)},"
                    f" this training {ours_of.get(key)}; state {key}: {theirs_of.get(key)}"
                )


def _flat(value: object, name: str) -> dict[str, object]:
    if not isinstance(value, Mapping):
        return {name: value}
    return {key: found for part in value for key, found in _flat(value[part], f"{name}.{part}").items()}
