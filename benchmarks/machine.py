"""The machine of a run: hardware, versions, load, and the rates of a large matrix product and a large copy."""

import os
import platform
import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

from benchmarks.timing import interleaved

PEERS = ["monai", "albumentations", "torchio", "segmentation-models-pytorch", "py-ctcmetrics", "scikit-image"]
PACKAGES = ["torch", "numpy", "scipy", "opencv-python-headless", "snakemake", *PEERS]


def describe(threads: int) -> dict[str, Any]:
    """Return hardware, versions and the load, because other work on the machine invalidates every measurement."""
    found: dict[str, str | None] = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = None
    return {
        "processor": _processor(),
        "bf16": sorted(_flags() & {"avx512_bf16", "amx_bf16"}),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "threads": threads,
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "load_before": round(os.getloadavg()[0], 2),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "python": platform.python_version(),
        "versions": found,
    }


def ceilings(*, side: int = 4096, megabytes: int = 256, repeats: int = 7, device: str = "cpu") -> dict[str, float]:
    """Return the median bf16 FLOP/s of a large matrix product and bytes/s (read + written) of a large copy."""
    left, right = (torch.randn(side, side, device=device).bfloat16() for _ in range(2))
    source = torch.ones(megabytes * 2**18, device=device)
    target = torch.empty_like(source)
    work = {"product": lambda: left @ right, "copy": lambda: target.copy_(source)}
    wait = torch.cuda.synchronize if device != "cpu" else lambda: None
    times = interleaved(work, repeats=repeats, synchronise=wait)
    return {
        "bf16_flops_per_s": 2 * side**3 / times["product"].median,
        "copy_bytes_per_s": 2 * source.nbytes / times["copy"].median,
    }


def _cpuinfo() -> str:
    path = Path("/proc/cpuinfo")
    return path.read_text() if path.exists() else ""


def _processor() -> str:
    match = re.search(r"^model name\s*: (.*)$", _cpuinfo(), re.MULTILINE)
    return match[1] if match else platform.processor()


def _flags() -> set[str]:
    match = re.search(r"^flags\s*: (.*)$", _cpuinfo(), re.MULTILINE)
    return set(match[1].split()) if match else set()
