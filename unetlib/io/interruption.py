"""Turn SIGTERM and SIGHUP into exceptions, as Ctrl-C is, so that temporary files are removed."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_DEFAULTS = (signal.SIG_DFL, signal.default_int_handler)
_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")  # Windows has no SIGHUP


class Stopped(SystemExit):
    """A signal that asked the program to end; its exit code is the shell's, 128 plus the signal's number."""

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)
        self.signal = signal.Signals(number).name


@contextmanager
def signals_raise() -> Iterator[None]:
    """Let SIGINT raise KeyboardInterrupt, SIGTERM and SIGHUP raise Stopped; further signals are then ignored.

    A signal that is ignored (nohup) or has another handler is left alone. Does nothing outside the main thread.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = [signal.Signals[name] for name in _NAMES if name in signal.Signals.__members__]
    before = {number: signal.getsignal(number) for number in numbers}
    ours = [number for number in numbers if before[number] in _DEFAULTS]

    def stop(number: int, frame: FrameType | None) -> None:
        for each in ours:
            signal.signal(each, signal.SIG_IGN)  # the removal of temporary files must not be interrupted
        raise KeyboardInterrupt if number == signal.SIGINT else Stopped(number)

    try:
        for number in ours:
            signal.signal(number, stop)
        yield
    finally:
        for number in ours:
            signal.signal(number, before[number])
