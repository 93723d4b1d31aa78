"""Peak memory of a call, by sampling anonymous pages; mapped files do not count, as the system can drop their pages."""

import threading
from collections.abc import Callable
from pathlib import Path

EVERY_S = 0.02


def anonymous_mib() -> float:
    """Return the anonymous resident memory of this process in MiB (Linux)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) / 1024
    raise OSError("/proc/self/status has no RssAnon; measure memory on Linux")


def peak_mib(call: Callable[[], object]) -> float:
    """Return the largest anonymous memory of this process during the call in MiB, libraries included.

    Memory that is held for less than EVERY_S seconds can be missed. Memory that an earlier call left allocated counts
    too, so measure in a fresh process.
    """
    peaks, over = [anonymous_mib()], threading.Event()

    def sample() -> None:
        while not over.wait(EVERY_S):
            peaks.append(anonymous_mib())

    thread = threading.Thread(target=sample, daemon=True)
    thread.start()
    try:
        call()
    finally:
        over.set()
        thread.join()
    return max([*peaks, anonymous_mib()])
