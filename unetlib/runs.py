"""A trained network as one file that is usable alone, and the facts of the run that made it."""

import platform
import resource
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unetlib.archives import check_whole
from unetlib.files import atomic_path, write_json

if TYPE_CHECKING:
    from torch import Tensor

FORMAT = 1
PACKAGES = ("unetlib", "torch", "numpy", "scipy", "scikit-image", "tifffile", "snakemake")


class RunError(ValueError):
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
        raise RunError(f"{path}: no such model file; train one, or check the path")
    try:
        check_whole(path)
        # mapped: a tensor can then not grow beyond what is stored of it, whatever size it claims
        contents = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except Exception as error:  # torch raises half a dozen types for a damaged file
        first = (str(error).splitlines() or [type(error).__name__])[0].removeprefix(f"{path}: ")
        raise RunError(f"{path}: not a readable model file ({first}); train or copy it again") from error
    known = isinstance(contents, dict) and set(contents) == {"format", "settings", "state_dict"}
    if not known or type(contents["format"]) is not int or contents["format"] != FORMAT:
        raise RunError(f"{path}: not a model of this project (format {FORMAT}); give a model.pt of a run")
    settings, weights = contents["settings"], contents["state_dict"]
    tensors: list[Any] = list(weights.values()) if isinstance(weights, dict) else [None]
    if not isinstance(settings, dict) or not all(type(part) is torch.Tensor and part.is_cpu for part in tensors):
        raise RunError(f"{path}: its settings or weights are not what save_model writes; train or copy it again")
    if sum(part.numel() * part.element_size() for part in tensors) > path.stat().st_size:
        raise RunError(f"{path}: its weights claim more than the file holds; train or copy it again")
    return settings, {name: part.clone() for name, part in weights.items()}  # no longer mapped


def write_facts(path: str | Path, facts: Mapping[str, Any]) -> None:
    """Writes `facts` to `path` as JSON; `versions` and `peak_memory_bytes` of this process are added if absent."""
    ours = {"versions": versions(), "peak_memory_bytes": peak_memory_bytes()}
    write_json(path, {**facts, **{name: value for name, value in ours.items() if name not in facts}})


def line(facts: Mapping[str, Any]) -> str:
    """Returns what a training reports as one line for a log, floats with four digits.

    >>> line({"update": 50, "loss": 0.123456})
    'update 50 · loss 0.1235'
    """
    return " · ".join(
        f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}" for name, value in facts.items()
    )


def versions() -> dict[str, str]:
    """Returns the versions of Python and of the installed packages that results depend on, and the platform."""
    found = {"python": platform.python_version(), "platform": platform.platform()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def peak_memory_bytes() -> int:
    """Returns the largest resident size of this process so far, in bytes."""
    status = Path("/proc/self/status")
    if status.is_file():  # ru_maxrss survives exec: a small job would report its parent's peak
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def peak_device_memory_bytes(device: str) -> int:
    """Returns the largest memory that tensors took on a CUDA device so far, in bytes; 0 for the CPU."""
    if not device.startswith("cuda"):
        return 0
    import torch

    return int(torch.cuda.max_memory_allocated(device))


def _plain(value: Any, where: str) -> Any:
    """`value` in dicts, lists, strings, numbers, bools and None alone (what weights_only loading accepts)."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item, f"{where}.{key}") for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, f"{where}[{index}]") for index, item in enumerate(value)]
    if value is None or type(value) in (bool, int, float, str):
        return value
    raise RunError(f"{where} is a {type(value).__name__}; give dicts, lists, strings and numbers")
