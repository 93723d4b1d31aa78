"""Run a program and measure its processor time and memory with those of its children; stop it at a limit.

Linux tells of every process of a session while it runs (proc(5)). Elsewhere the processor time is limited for each
process by the system (RLIMIT_CPU), and both figures are those of getrusage at the end.
Only the standard library is imported, because this runs in the environment of the tool.
"""

import contextlib
import math
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PROCESSES = Path("/proc")
POLL_S = (0.05, 0.5)  # first and longest pause between two looks
PROCESSOR, WALL = "processor", "wall"
LAST_LINES = 30  # of what a program printed


@dataclass(frozen=True)
class Limits:
    """Seconds after which a program is stopped; None: never."""

    processor_seconds: float | None = None
    wall_seconds: float | None = None


@dataclass(frozen=True)
class Measured:
    """How a program ended and what it used. exceeded: the limit that stopped it, or ""; code: as in subprocess."""

    code: int
    exceeded: str
    processor_seconds: float
    wall_seconds: float
    peak_memory_bytes: int


def run_measured(
    words: Sequence[str], *, variables: Mapping[str, str], folder: Path, log: Path, limits: Limits
) -> Measured:
    """Run a program in a folder until it ends or exceeds a limit; its output goes to `log`.

    No process that it started is left behind. OSError if it cannot be started.
    """
    start, used, peak, exceeded = time.monotonic(), 0.0, 0, ""
    with log.open("wb") as stream:
        process = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=dict(variables),
            start_new_session=True,
            preexec_fn=lambda: _limit_each(limits.processor_seconds),
        )
        try:
            pause = POLL_S[0]
            while True:
                ended, status, usage = os.wait4(process.pid, os.WNOHANG)
                if ended:
                    process.returncode = os.waitstatus_to_exitcode(status)
                    break
                seconds, memory = _of_session(process.pid)
                used, peak = max(used, seconds), max(peak, memory)
                exceeded = exceeded or _exceeded(limits, used, time.monotonic() - start)
                if exceeded:
                    _kill(process.pid)
                time.sleep(pause)
                pause = min(pause * 1.5, POLL_S[1])
        finally:
            _kill(process.pid)
    if process.returncode == -signal.SIGXCPU:
        exceeded = exceeded or PROCESSOR
    used = max(used, usage.ru_utime + usage.ru_stime)
    exceeded = exceeded or _exceeded(limits, used, 0.0)
    # ru_maxrss survives exec, and so would be our own peak for a small program: only where /proc told nothing.
    peak = peak or usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return Measured(process.returncode, exceeded, used, time.monotonic() - start, peak)


def _limit_each(seconds: float | None) -> None:
    if seconds is not None:
        most = math.ceil(seconds) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (most, most + 5))


def _exceeded(limits: Limits, processor_s: float, wall_s: float) -> str:
    if limits.processor_seconds is not None and processor_s > limits.processor_seconds:
        return PROCESSOR
    return WALL if limits.wall_seconds is not None and wall_s > limits.wall_seconds else ""


def _of_session(session: int) -> tuple[float, int]:
    """Return processor seconds and bytes of memory of all processes of a session, with those that they waited for."""
    ticks = os.sysconf("SC_CLK_TCK")
    found = [*_members(session)]
    return sum(each[0] for each in found) / ticks, sum(_memory(process, pages) for _, pages, process in found)


def _memory(process: int, pages: int) -> int:
    """Return the bytes of a process, of which pages that several processes share count in parts (PSS), if it is told.

    pages: its resident pages, which count shared ones in full.
    """
    try:
        text = (PROCESSES / f"{process}/smaps_rollup").read_text(encoding="utf-8")
        return 1024 * int(text.partition("\nPss:")[2].split()[0])
    except (OSError, IndexError, ValueError):
        return pages * os.sysconf("SC_PAGE_SIZE")


def _members(session: int) -> Iterator[tuple[int, int, int]]:
    """Yield processor ticks, resident pages and id of each process of a session; nothing without /proc."""
    for place in PROCESSES.glob("[0-9]*/stat"):
        try:
            text = place.read_text(encoding="utf-8", errors="replace")
        except OSError:  # it has ended
            continue
        fields = text.rpartition(")")[2].split()  # from the third field of proc(5) on
        if int(fields[3]) == session:
            yield sum(map(int, fields[11:15])), max(int(fields[21]), 0), int(place.parent.name)


def _kill(session: int) -> None:
    """End every process of a session that is left."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(session, signal.SIGKILL)
    for *_, process in [*_members(session)]:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(process, signal.SIGKILL)


def lines_of(folder: Path) -> Iterator[str]:
    """Yield the last lines of what a tool printed in training and prediction."""
    for path in sorted(folder.glob("*.txt")):
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        yield from (f"{path.stem}: {line}" for line in lines[-LAST_LINES:])
