"""A contender that runs in its own process, with the allocator settings that its users have.

Our programs tell the allocator to keep freed memory; in a shared process the other contenders would benefit from it.
"""

import multiprocessing
from collections.abc import Callable
from types import TracebackType
from typing import Any

Build = Callable[..., Callable[[], object]]


class SubprocessContender:
    """A callable that runs `build(*arguments)` in a new process and calls the result there; a call adds 0.1 ms.

    build: a module-level function. `missing` is the message if it raised an ImportError, otherwise empty. Leaving the
    context manager ends the process.
    """

    def __init__(self, build: Build, *arguments: object, threads: int) -> None:
        spawned = multiprocessing.get_context("spawn")
        self._here, there = spawned.Pipe()
        self._process = spawned.Process(target=_serve, args=(there, build, arguments, threads), daemon=True)
        self._process.start()
        there.close()
        self.missing = self._answer()

    def __enter__(self) -> "SubprocessContender":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.terminate()
        self._process.join()

    def __call__(self) -> None:
        """Call the work once; RuntimeError with the message of any exception in it."""
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
    from benchmarks.timing import set_threads

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
