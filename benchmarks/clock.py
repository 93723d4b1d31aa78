"""The one clock of all comparisons: interleaved repeats, medians and quartiles; the one place that sets threads.

Contenders take turns, in the other order every second round, so that a machine that slows down slows all of them.
"""

import gc
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS",
)


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
    """Give every library `count` threads: by environment for those still to be imported, and torch and OpenCV now."""
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, str(count)))
    import torch

    torch.set_num_threads(count)
    try:
        import cv2
    except ImportError:
        return
    cv2.setNumThreads(count)


def interleaved(
    contenders: Mapping[str, Callable[[], object]],
    *,
    repeats: int,
    synchronise: Callable[[], object] = lambda: None,
) -> dict[str, Times]:
    """Return the times of each contender over `repeats` rounds after one untimed round.

    synchronise is called before the clock is read: a GPU works on after a call has returned.
    """
    names = list(contenders)
    for name in names:
        contenders[name]()
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(repeats):
        for name in names if turn % 2 == 0 else reversed(names):
            gc.collect()
            synchronise()
            started = time.perf_counter()
            contenders[name]()
            synchronise()
            seconds[name].append(time.perf_counter() - started)
    return {name: Times(tuple(values)) for name, values in seconds.items()}
