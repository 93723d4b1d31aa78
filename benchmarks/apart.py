"""A contender in a process of its own, called again and again: its memory is managed as its users have it.

Ours tells the allocator to keep what is freed; in one process the others would have that too.
"""

import multiprocessing
from collections.abc import Callable
from types import TracebackType
from typing import Any

Build = Callable[..., Callable[[], object]]


class Apart:
    """Calls what `build(*arguments)` returns, in a new process; a call costs 0.1 ms more than the work.

    build: a function of a module. `missing` is the message of an ImportError of it, empty where there was none. A
    context manager: the process ends with it.
    """

    def __init__(self, build: Build, *arguments: object, threads: int) -> None:
        spawned = multiprocessing.get_context("spawn")
        self._here, there = spawned.Pipe()
        self._process = spawned.Process(target=_serve, args=(there, build, arguments, threads), daemon=True)
        self._process.start()
        there.close()
        self.missing = self._answer()

    def __enter__(self) -> "Apart":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.terminate()
        self._process.join()

    def __call__(self) -> None:
        """One call of the work; RuntimeError with what it raised."""
        self._here.send(None)
        self._answer()

    def _answer(self) -> str:
        try:
            kind, answer = self._here.recv()
        except EOFError:
            raise RuntimeError("the process of a contender ended") from None
        if kind == "failed":
            raise RuntimeError(answer)
        return str(answer)


def _serve(there: Any, build: Build, arguments: tuple[object, ...], threads: int) -> None:
    from benchmarks.clock import set_threads

    set_threads(threads)
    try:
        work = build(*arguments)
    except ImportError as error:
        there.send(("missing", str(error)))
        return
    there.send(("ready", ""))
    while True:
        there.recv()
        try:
            work()
            there.send(("done", ""))
        except Exception as error:
            there.send(("failed", f"{type(error).__name__}: {error}"))
