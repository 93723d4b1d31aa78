"""Facts of a run: settings, versions of packages, peak memory; written as facts.json."""

import platform
import resource
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from unetlib.io.files import write_json
from unetlib.networks.run_record import ALONE, RunFacts

PACKAGES = ("unetlib", "torch", "numpy", "scipy", "scikit-image", "tifffile", "snakemake")


def write_facts(path: Path, facts: RunFacts) -> None:
    """Write the facts of a run to `path` as JSON, with the versions and the peak memory of this process.

    The IoU is omitted if the validation did not compute it.
    """
    ours = {"versions": versions(), "peak_memory_bytes": peak_memory_bytes()}
    absent = {*ALONE} | ({"best_validation_iou"} if facts.best_validation_iou is None else set())
    write_json(path, facts.model_copy(update=ours).model_dump(mode="json", exclude=absent))


def versions() -> dict[str, str]:
    """Return the versions of Python and of the installed packages that results depend on, and the platform."""
    found = {"python": platform.python_version(), "platform": platform.platform()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def peak_memory_bytes() -> int:
    """Return the largest resident size of this process so far, in bytes."""
    status = Path("/proc/self/status")
    if status.is_file():  # ru_maxrss survives exec: a small job would report its parent's peak
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def peak_device_memory_bytes(device: str) -> int:
    """Return the largest memory that tensors took on a CUDA device so far, in bytes; 0 for the CPU."""
    if not device.startswith("cuda"):
        return 0
    import torch

    return int(torch.cuda.max_memory_allocated(device))
