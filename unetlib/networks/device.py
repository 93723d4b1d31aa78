"""The machine that a network runs on: its arithmetic, threads and memory."""

import ctypes
import platform
import re
from collections.abc import Iterator
from contextlib import contextmanager

from unetlib.networks.settings import Precision

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # glibc's malloc.h
_LARGEST = 2**30  # bytes; larger arrays are mapped and given back as ever


class DeviceError(ValueError):
    """A device does not exist."""


def choose_device(wanted: str) -> str:
    """Return the torch device for "auto" (a GPU if there is one), "cpu", "cuda" or "cuda:1".

    Raises DeviceError if it does not exist.
    """
    import torch

    device = ("cuda" if torch.cuda.is_available() else "cpu") if wanted == "auto" else wanted
    if not re.fullmatch(r"cpu|cuda(:\d+)?", device):
        raise DeviceError(f"device is {device!r}; set auto, cpu, cuda or cuda:<number>")
    number = int(device.partition(":")[2] or 0)
    if device != "cpu" and number >= torch.cuda.device_count():
        raise DeviceError(f"device {device} is not there: PyTorch sees {torch.cuda.device_count()} GPUs; set cpu")
    return device


def uses_bfloat16(precision: Precision, device: str) -> bool:
    """Return whether a network's passes run in bfloat16 on this device ("cpu", "cuda", "cuda:1").

    precision "auto" takes bfloat16 only where the processor or GPU has instructions for it: elsewhere it is emulated,
    and a training step of the demo takes 12 times as long as in float32 (AMD EPYC with AVX2 alone, torch 2.15).
    """
    import torch

    if precision != "auto":
        return precision == "bfloat16"
    if torch.device(device).type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if platform.machine().lower() in ("x86_64", "amd64"):
        return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def use_threads(count: int) -> None:
    """Set the number of threads of one torch operation, at the start of a process; only programs call it."""
    import torch

    torch.set_num_threads(count)


@contextmanager
def deterministic_convolutions() -> Iterator[None]:
    """Make equal inputs give equal bytes on one GPU within this context; on a CPU they always do."""
    import torch

    before = torch.backends.cudnn.deterministic
    torch.backends.cudnn.deterministic = True
    try:
        yield
    finally:
        torch.backends.cudnn.deterministic = before


def keep_freed_memory() -> bool:
    """Let this process reuse freed arrays of up to 1 GiB; return False without glibc.

    By default glibc returns arrays above 32 MiB, and free memory above twice that, to the system at once, so that every
    pass of a network pays for new pages: 0.43 instead of 0.26 s for an image of 1024² (16 filters, bf16, 2 threads).
    Peak memory grows by less than a tenth. Only programs call it, at the start of their process.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # another C library; TypeError: Windows
        return False
    return bool(mallopt(_MMAP_THRESHOLD, _LARGEST)) and bool(mallopt(_TRIM_THRESHOLD, 2**31 - 1))
