"""Output of the command line: plain lines on any terminal, without those of libraries, and failures at the end."""

import codecs
import logging
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TextIO

from unetlib.io.wording import named, one_line

NAMED = 5  # how many files that share a note are named
_PLAIN = {"µ": "u", "μ": "u", "×": "x", "–": "-", "−": "-", "…": "...", "·": "-", "²": "2", "≥": ">=", "≤": "<="}
FAILURES = (ValueError, OSError, ImportError, RuntimeError, MemoryError)
OTHER_LIBRARIES = ("tifffile", "PIL", "onnxruntime", "bioimageio", "matplotlib")


def say(text: str) -> None:
    """Print a line on stderr, whatever names it holds; a closed stderr does not stop the work."""
    bars = sys.modules.get("tqdm")  # above a progress bar, if one is shown
    with bars.tqdm.external_write_mode(file=sys.stderr) if bars else nullcontext():
        try:
            print(one_line(text), file=sys.stderr, flush=True)
        except BrokenPipeError:
            _to_nowhere(sys.stderr)


def show(text: str) -> None:
    """Print a line on standard output; OSError if it is closed."""
    print(text, file=_standard_output())


def write_to_stdout(path: Path) -> None:
    """Write the bytes of a file to standard output, regardless of the terminal's encoding."""
    output = _standard_output()
    output.flush()
    with path.open("rb") as stream:
        while part := stream.read(2**20):
            output.buffer.write(part)
    output.flush()


def _standard_output() -> TextIO:
    if sys.stdout is None:  # the shell's >&-
        raise OSError("standard output is closed, so nothing can be shown; redirect it to a file, or leave it open")
    return sys.stdout


def line_of(error: BaseException) -> str:
    """Return an error as one line: where, what, and what to do; for errors of PyTorch and NumPy, their first line.

    Our own errors are a line that may hold the name of a file with a line break, which `say` shows as \\n.
    """
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"{error.filename}: {error.strerror}"
    ours = type(error).__module__.partition(".")[0] == "unetlib"
    first = str(error) if ours else (str(error).splitlines() or [type(error).__name__])[0]
    if isinstance(error, RuntimeError | MemoryError):  # out of memory, a broken driver
        return f"{type(error).__name__}: {first}; a smaller image or --device cpu may work"
    return first


def failed(error: BaseException) -> int:
    """Print an error in one line, with its traceback if UNETLIB_DEBUG is set, and return exit code 1."""
    _show_traceback()
    say(f"error: {line_of(error)}")
    return 1


def _show_traceback() -> None:
    """Show where an error was raised, if UNETLIB_DEBUG is set."""
    if os.environ.get("UNETLIB_DEBUG"):
        import traceback

        traceback.print_exc()


class Batch:
    """A batch of files: one that fails does not stop the others, and failures are listed at the end."""

    def __init__(self, total: int, noun: str) -> None:
        self.total, self.noun = total, noun
        self.errors: list[str] = []

    @contextmanager
    def member(self, path: Path) -> Iterator[None]:
        """Keep the error of one file, under its name, for the end."""
        try:
            yield
        except FAILURES as error:
            _show_traceback()
            line = line_of(error)
            self.errors.append(line if str(path) in line else f"{path}: {line}")
            if self.total > 1:
                say(f"{path}: failed; the reason stands at the end")

    def close(self, otherwise: str) -> int:
        """Print the failures and `otherwise`, what became of the rest; return the exit code."""
        for line in self.errors:
            say(f"error: {line}")
        if self.errors and self.total > 1:
            say(f"error: {len(self.errors)} of {self.total} {self.noun} failed; {otherwise}")
        return 1 if self.errors else 0


class Notes:
    """Notes on how files were read: printed at once for the first file, and once at the end for all others."""

    def __init__(self) -> None:
        self._files: dict[str, list[str]] = {}

    def say(self, notes: Sequence[str]) -> None:
        """Print notes, each of which begins with its file and a colon."""
        for note in notes:
            file, _, text = note.partition(": ")
            if text not in self._files:
                say(f"note: {note}")
            self._files.setdefault(text, []).append(file)

    def close(self) -> None:
        """Print to which other files the notes also apply."""
        for text, (_, *others) in self._files.items():
            if others:
                say(f"note: {named(others, NAMED)}: {text}")


@contextmanager
def plain_terminal() -> Iterator[None]:
    """Print any character on any terminal, end quietly if a pipe's reader is gone, silence other libraries."""
    codecs.register_error("unetlib.plain", _replaced)
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError):  # missing, or replaced by somebody else's
            stream.reconfigure(errors="unetlib.plain")  # type: ignore[union-attr]
    loggers = [logging.getLogger(name) for name in OTHER_LIBRARIES]
    levels = [logger.level for logger in loggers]
    with warnings.catch_warnings():
        if not os.environ.get("UNETLIB_DEBUG"):
            warnings.simplefilter("ignore")
            for logger in loggers:
                logger.setLevel(logging.CRITICAL + 1)
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)
            for stream in (sys.stdout, sys.stderr):
                try:
                    if stream is not None:
                        stream.flush()
                except BrokenPipeError:
                    _to_nowhere(stream)


def _replaced(error: UnicodeError) -> tuple[str, int]:
    """Replace characters that a terminal lacks: u for µ, x for ×, else an escape such as \\xe9."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    return "".join(_PLAIN.get(each) or ascii(each)[1:-1] for each in text), error.end


def _to_nowhere(stream: TextIO) -> None:
    """Discard everything still to be written, also at the end of the process."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
