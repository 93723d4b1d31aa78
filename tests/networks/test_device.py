"""Freed memory is kept, so that the next array of its size costs no new pages."""

import subprocess
import sys

import pytest
import torch

from unetlib.networks.device import deterministic_convolutions

PROGRAM = """
import resource, sys
import numpy as np
from unetlib.networks.device import keep_freed_memory
if sys.argv[1] == "kept":
    print(keep_freed_memory())
np.ones(25_000_000)  # 200 MB
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(3):
    np.ones(25_000_000)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(how: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", PROGRAM, how], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_the_next_array_finds_its_pages() -> None:
    said, kept = faults("kept")
    if said == "False":
        pytest.skip("another C library than glibc")
    (as_ever,) = faults("as ever")
    assert int(kept) < int(as_ever) / 10


def test_convolutions_are_deterministic_within_the_context_alone() -> None:
    before = torch.backends.cudnn.deterministic
    with pytest.raises(KeyError), deterministic_convolutions():
        assert torch.backends.cudnn.deterministic
        raise KeyError
    assert torch.backends.cudnn.deterministic == before
