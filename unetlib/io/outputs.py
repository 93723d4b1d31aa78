"""Decide where an output may be written, and which existing files or folders it may replace."""

import errno
import os
import re
import stat
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from unetlib.io.hidden_files import is_hidden

_PICTURES = (".tif", ".tiff", ".btf", ".tf8", ".png", ".jpg", ".jpeg", ".bmp", ".gif")
_READER_S = 5.0  # how long to wait for a reader of a named pipe


class OutputError(ValueError):
    """An output that may not be written to the given path: what is there, and what to do."""


def destination(path: Path) -> Path:
    """Return the file to write for `path`: a link is kept, the file that it points to is replaced.

    A device or a pipe is returned unchanged (`is_stream`). Raises OutputError for a folder, a disk, a socket, a
    write-protected file and a link that leads to itself.
    """
    if is_stream(path):
        return path
    try:
        real = path.resolve()
        mode = real.stat().st_mode
    except FileNotFoundError:
        return real
    except (RuntimeError, OSError) as error:  # a circular link is a RuntimeError before Python 3.13
        if isinstance(error, OSError) and error.errno != errno.ELOOP:
            raise
        raise OutputError(f"{path}: a link that leads to itself; remove it, or choose another name") from error
    if stat.S_ISDIR(mode):
        raise OutputError(f"{path}: is a folder; name a file in it, such as {path / 'result'}{path.suffix}")
    if not stat.S_ISREG(mode):
        raise OutputError(f"{path}: is {_kind(mode)}, no place for a result; choose another name")
    if not os.access(real, os.W_OK):
        raise OutputError(f"{path}: is write-protected; choose another name, or make it writable (chmod u+w)")
    return real


def is_stream(path: Path) -> bool:
    """Return whether a path is a device, a pipe or an open file of this process (/dev/stdout): not to be replaced."""
    try:
        mode = path.stat().st_mode
    except (OSError, RuntimeError):
        return False
    return stat.S_ISCHR(mode) or stat.S_ISFIFO(mode) or (stat.S_ISREG(mode) and _of_process(path))


def write_stream(path: Path, source: Path) -> None:
    """Write the bytes of the file `source` to a device or a pipe; OutputError if nobody reads the pipe."""
    until = time.monotonic() + _READER_S
    while True:
        try:  # without O_NONBLOCK, opening a pipe that nobody reads would block forever
            descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK)
            break
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            if time.monotonic() > until:
                raise OutputError(f"{path}: nobody reads this pipe; start its reader first") from error
            time.sleep(0.05)
    os.set_blocking(descriptor, True)
    try:
        with os.fdopen(descriptor, "wb", buffering=0) as sink, source.open("rb") as stream:
            while part := stream.read(2**16):
                while part:
                    part = part[sink.write(part) :]
    except BrokenPipeError as error:
        raise OutputError(f"{path}: the reader of this pipe went away before all was written") from error


def check_file(
    path: Path,
    *,
    inputs: Iterable[Path],
    overwrite: bool,
    ours: Callable[[Path], bool],
    noun: str,
    suffixes: tuple[str, ...] = (),
) -> None:
    """Raise OutputError unless a result (noun: its name in errors, as "a table of cells") may be written to `path`.

    An input is never replaced, whatever name it is given by. An existing file is replaced only if it is empty, or if
    `overwrite` is set and `ours` recognises it as such a result. suffixes: file types that the result must not have.
    """
    if path.suffix.lower() in suffixes:
        raise OutputError(f"{path}: {noun} is not a {path.suffix} file; choose another name")
    real = destination(path)
    check_not_input(path, inputs)
    if is_stream(path) or not real.exists() or not real.stat().st_size:
        return
    if not ours(real):
        raise OutputError(f"{path}: exists and is not {noun}; it stays as it is, choose another name")
    if not overwrite:
        raise OutputError(f"{path}: exists; choose another name, or --overwrite replaces it")


def check_table(path: Path, columns: Iterable[str], *, inputs: Iterable[Path], overwrite: bool) -> None:
    """Raise OutputError unless a table may be written to `path`; ours are recognised by the first column's name."""
    first = next(iter(columns)).encode()

    def ours(real: Path) -> bool:
        with real.open("rb") as stream:
            return stream.read(len(first) + 1) == first + b","

    check_file(path, inputs=inputs, overwrite=overwrite, ours=ours, noun="a table of unetlib", suffixes=_PICTURES)


def check_not_input(path: Path, inputs: Iterable[Path]) -> None:
    """Raise OutputError if `path` is one of the inputs, under any name."""
    for given in inputs:
        if same_file(path, given):
            raise OutputError(f"{path}: is an input ({given}) and would be replaced; choose another name")


def same_file(path: Path, other: Path) -> bool:
    """Return whether both paths are the same file, through symbolic or hard links; False if one does not exist."""
    try:
        return path.samefile(other)
    except (OSError, RuntimeError):
        return False


def real_folder(folder: Path) -> Path:
    """Return the folder with links resolved; OutputError if something else exists there."""
    try:
        real = folder.resolve()
    except RuntimeError as error:
        raise OutputError(f"{folder}: a link that leads to itself; remove it, or choose another name") from error
    if os.path.lexists(real) and not real.is_dir():
        raise OutputError(f"{folder}: is a file where a folder is needed; choose another name")
    return real


def earlier_files(folder: Path, names: str | None, noun: str) -> list[Path]:
    """Return the files of an earlier result in `folder`, which a new result may replace.

    names: a pattern of the relative paths of its files; None: the folder must be empty. Hidden and temporary files are
    ignored. Raises OutputError for anything else in the folder.
    """
    found = []
    for path in sorted(real_folder(folder).rglob("*")) if folder.exists() else []:
        name = path.relative_to(folder.resolve())
        if any(is_hidden(part) for part in name.parts):
            continue
        if names is None or path.is_symlink() or (path.is_file() and not re.fullmatch(names, name.as_posix())):
            raise OutputError(f"{folder}: holds {name}, which is not {noun}; choose another folder, or move it away")
        if path.is_file():
            found.append(path)
        elif not path.is_dir():
            raise OutputError(f"{folder}: holds {name}, which is not a file; choose another folder, or move it away")
    return found


def _of_process(path: Path) -> bool:
    """Return whether a path leads through /proc or /dev/fd to an open file, which must be appended to, not replaced."""
    for _ in range(40):
        path = Path(os.path.normpath(path.absolute()))
        if path.as_posix().startswith(("/proc/", "/dev/fd/")):
            return True
        if not path.is_symlink():
            return False
        path = path.parent / path.readlink()
    return False


def _kind(mode: int) -> str:
    return "a disk" if stat.S_ISBLK(mode) else "a socket" if stat.S_ISSOCK(mode) else "no regular file"
