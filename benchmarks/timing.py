"""Time contenders in interleaved repeats, with medians and quartiles, and set the number of threads.

Contenders take turns, and every second round runs in reverse order, so that a slowdown of the machine affects all.
"""

import gc
import os
import time
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS",
)


Name = TypeVar("Name", bound=Hashable)


@dataclass(frozen=True)
class Times:
    """Wall seconds of each repeat."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """Median, s."""
        return float(np.median(self.seconds))

    @property
    def quartiles(self) -> tuple[float, float]:
        """First and third quartile, s."""
        low, high = np.percentile(self.seconds, (25, 75))
        return float(low), float(high)


def set_threads(count: int) -> None:
    """Limit every library to `count` threads: torch and OpenCV directly, others by environment before their import."""
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, str(count)))
    import torch

    torch.set_num_threads(count)
    try:
        import cv2
    except ImportError:
        return
    cv2.setNumThreads(count)


def interleaved(
    contenders: Mapping[Name, Callable[[], object]],
    *,
    repeats: int,
    synchronise: Callable[[], object] = lambda: None,
) -> dict[Name, Times]:
    """Return the times of each contender in `repeats` rounds after one untimed round.

    synchronise: called before each reading of the clock, because a GPU may still be working when a call returns.
    """
    names = list(contenders)
    for name in names:
        contenders[name]()
    seconds: dict[Name, list[float]] = {name: [] for name in names}
    for turn in range(repeats):
        for name in names if turn % 2 == 0 else reversed(names):
            gc.collect()
            synchronise()
            started = time.perf_counter()
            contenders[name]()
            synchronise()
            seconds[name].append(time.perf_counter() - started)
    return {name: Times(tuple(values)) for name, values in seconds.items()}
