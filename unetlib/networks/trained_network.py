"""A trained network as one file that is usable alone, and the facts of the run that made it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unetlib.io.archives import check_whole
from unetlib.io.files import atomic_path

if TYPE_CHECKING:
    from torch import Tensor

    from unetlib.networks.blocks import SegmentationNet

FORMAT = 1


class ModelFileError(ValueError):
    """A model file that cannot be written or read."""


def save_model(path: str | Path, state_dict: Mapping[str, "Tensor"], settings: Mapping[str, Any]) -> None:
    """Writes weights and settings to `path` atomically; equal contents give equal bytes.

    settings: plain values (what is needed to use the model alone: `model` = the arguments of UNet,
    normalisation, tile_px, threshold, training data). Raises RunError for anything else.
    """
    import torch

    weights = {  # a plain clone: contiguous() would keep odd strides of axes of length 1, and other bytes
        name: tensor.detach().cpu().clone(memory_format=torch.contiguous_format) for name, tensor in state_dict.items()
    }
    contents = {"format": FORMAT, "settings": _plain(settings, "settings"), "state_dict": weights}
    with atomic_path(path) as temporary, temporary.open("wb") as stream:
        torch.save(contents, stream)  # into a stream: a path would leave its name inside the file


def load_model(path: str | Path) -> tuple[dict[str, Any], dict[str, "Tensor"]]:
    """Returns (settings, state_dict on the CPU) of a file by save_model; nothing in the file is executed.

    Raises RunError for a missing, foreign or damaged file, and for tensors that claim more than the file holds.
    """
    import torch

    path = Path(path)
    if not path.is_file():
        raise ModelFileError(f"{path}: no such model file; train one, or check the path")
    try:
        check_whole(path)
        # mapped: a tensor can then not grow beyond what is stored of it, whatever size it claims
        contents = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except Exception as error:  # torch raises half a dozen types for a damaged file
        first = (str(error).splitlines() or [type(error).__name__])[0].removeprefix(f"{path}: ")
        raise ModelFileError(f"{path}: not a readable model file ({first}); train or copy it again") from error
    known = isinstance(contents, dict) and set(contents) == {"format", "settings", "state_dict"}
    if not known or type(contents["format"]) is not int or contents["format"] != FORMAT:
        raise ModelFileError(f"{path}: not a model of this project (format {FORMAT}); give a model.pt of a run")
    settings, weights = contents["settings"], contents["state_dict"]
    tensors: list[Any] = list(weights.values()) if isinstance(weights, dict) else [None]
    if not isinstance(settings, dict) or not all(type(part) is torch.Tensor and part.is_cpu for part in tensors):
        raise ModelFileError(f"{path}: its settings or weights are not what save_model writes; train or copy it again")
    if sum(part.numel() * part.element_size() for part in tensors) > path.stat().st_size:
        raise ModelFileError(f"{path}: its weights claim more than the file holds; train or copy it again")
    return settings, {name: part.clone() for name, part in weights.items()}  # no longer mapped


def line(facts: Mapping[str, Any]) -> str:
    """Returns what a training reports as one line for a log, floats with four digits.

    >>> line({"update": 50, "loss": 0.123456})
    'update 50 · loss 0.1235'
    """
    return " · ".join(
        f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}" for name, value in facts.items()
    )


def _plain(value: Any, where: str) -> Any:
    """`value` in dicts, lists, strings, numbers, bools and None alone (what weights_only loading accepts)."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item, f"{where}.{key}") for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, f"{where}[{index}]") for index, item in enumerate(value)]
    if value is None or type(value) in (bool, int, float, str):
        return value
    raise ModelFileError(f"{where} is a {type(value).__name__}; give dicts, lists, strings and numbers")


class NetworkError(ValueError):
    """Images, a network or a device that do not go together."""


@dataclass(frozen=True)
class TrainedNetwork:
    """A trained network on its device, and how its study used it."""

    model: "SegmentationNet"
    normalisation: str
    threshold: float
    precision: str
    device: str
    binning: int = 1  # pixels squared that were averaged into one before it saw them
    rotations: int = 1  # turned versions that its study averages over: 1, 4 or 8
    pixel_size_um: float | None = None  # of its training images, before binning; None: not known, or several


def load_network(path: Path, device: str) -> TrainedNetwork:
    """Return the network of a model.pt on a device: "auto" (CUDA where there is one), "cpu", "cuda" or "cuda:1".

    Raises RunError for a file that is no model, ApplyError for a device or settings that cannot be had here.
    """
    import torch

    from unetlib.networks.build import build

    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    if not re.fullmatch(r"cpu|cuda(:\d+)?", device):
        raise NetworkError(f"device is {device!r}; set auto, cpu, cuda or cuda:<number>")
    number = int(device.partition(":")[2] or 0)
    if device != "cpu" and number >= torch.cuda.device_count():
        raise NetworkError(f"device {device} is not there: PyTorch sees {torch.cuda.device_count()} GPUs; set cpu")
    how, weights = load_model(path)
    try:
        settings = how["settings"]
        inference = settings.get("inference", {})
        mode = inference.get("mode", "tile")
        if mode != "tile":
            raise NetworkError(
                f"{path}: was made for whole images resized to one tile (inference.mode {mode}): not here"
            )
        model = build(**settings["model"])
        model.load_state_dict(weights)
        chosen = settings["normalisation"], settings["threshold"], settings["training"]["precision"]
        if chosen[2] == "bfloat16":  # of its training; here it is only worth having where it is fast
            chosen = *chosen[:2], "auto"
        rotations = int(inference.get("rotations", 1))
    except (KeyError, TypeError, RuntimeError, AttributeError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise NetworkError(f"{path}: its settings do not make a network of this version ({reason})") from error
    return TrainedNetwork(model.to(device).eval(), *chosen, device, _binning(how), rotations, _pixel_size(how))


def _pixel_size(how: Mapping[str, Any]) -> float | None:
    """The pixel size in µm of what a network was trained on; None where it is not known or its datasets differ."""
    found = {(entry.get("options") or {}).get("pixel_size_um") for entry in how.get("data", [])}
    return found.pop() if len(found) == 1 else None


def _binning(how: Mapping[str, Any]) -> int:
    """The binning of what a network was trained on; 1 where its datasets differ."""
    found = {entry.get("binning") or 1 for entry in how.get("data", [])}
    return found.pop() if len(found) == 1 else 1
