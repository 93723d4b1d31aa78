"""Peak memory of a call: anonymous pages, sampled; mapped files are page cache, which the system takes back."""

import threading
from collections.abc import Callable
from pathlib import Path

EVERY_S = 0.02


def anonymous_mib() -> float:
    """Anonymous resident memory of this process, MiB (Linux)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) / 1024
    raise OSError("/proc/self/status has no RssAnon; measure memory on Linux")


def peak_mib(call: Callable[[], object]) -> float:
    """Return the largest anonymous memory of this process while the call ran, MiB, libraries included.

    What lives for less than EVERY_S seconds can be missed, and memory that the process already had from an earlier
    call is counted from the start: measure in a fresh process.
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
