"""Files and folders that are whole or absent: a temporary sibling is written, flushed and renamed."""

import csv
import errno
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path, PurePath
from typing import Any

_FULL = {errno.ENOSPC, errno.EDQUOT}


class FileError(ValueError):
    """A file of ours that was edited or damaged: which, why, and what to do."""


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Yields a temporary sibling of `path` (same suffix): renamed on success, removed on any exception.

    Missing parent folders are made. A full disk is raised as one OSError line naming `path`; a block that
    wrote nothing is a FileNotFoundError. Until the block has ended, whatever stood at `path` stands.
    """
    path = Path(path)
    with _temporary_sibling(path) as temporary:
        yield temporary
        if not temporary.is_file():
            raise FileNotFoundError(errno.ENOENT, "nothing was written for this file", str(path))
        move_into_place(temporary, path)


@contextmanager
def atomic_folder(path: str | Path) -> Iterator[Path]:
    """Yields an empty temporary sibling folder that replaces `path` on success and vanishes on any exception.

    An existing folder at `path` stands until the new one is complete; errors as for `atomic_path`.
    """
    path = Path(path)
    if path.exists() and not path.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "a file stands where a folder belongs; remove it", str(path))
    with _temporary_sibling(path) as temporary:
        temporary.mkdir()
        yield temporary
        for member in sorted(temporary.rglob("*")):
            if member.is_file() and not member.is_symlink():
                _flush(member)
        _replace_folder(temporary, path)
        _flush_folder(path.parent)


def move_into_place(temporary: str | Path, path: str | Path) -> None:
    """Renames the complete file `temporary` to `path` on the same file system, its bytes on the disk first."""
    _flush(Path(temporary))
    Path(temporary).replace(path)
    _flush_folder(Path(path).parent)


@contextmanager
def full_disk_named(path: str | Path) -> Iterator[None]:
    """Turns a full disk (or quota) inside the block into one OSError line that names `path`."""
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        line = "no space left on the device; free some and run again"
        raise OSError(error.errno, line, str(path)) from error


def write_json(path: str | Path, obj: Any) -> None:
    """Writes `obj` to `path` atomically as indented JSON in the order given, ending in a newline.

    NumPy scalars and arrays become numbers and lists, paths become strings; NaN and infinity, which JSON
    does not know, are a ValueError.
    """
    try:
        text = json.dumps(obj, indent=2, ensure_ascii=False, allow_nan=False, default=_plain)
    except ValueError as error:
        raise ValueError(f"{path}: cannot be written as JSON ({error}); replace the value by null") from error
    with atomic_path(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8", newline="\n")


def read_json(path: str | Path) -> dict[str, Any]:
    """Returns the JSON object in the file; FileError, naming it, for anything else."""
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise FileError(f"{path}: not readable as JSON ({error}); remove it and run again") from error
    if not isinstance(found, dict):
        raise FileError(f"{path}: holds no JSON object but a {type(found).__name__}; remove it and run again")
    return found


def read_csv(path: str | Path, columns: Sequence[str]) -> list[dict[str, str]]:
    """Returns the rows of a CSV file, one cell per column; FileError when it lacks one of `columns` or is no table."""
    rows: list[dict[str, str]] = []
    try:
        with Path(path).open(encoding="utf-8", newline="") as stream:
            reader = csv.DictReader(stream, strict=True)
            header = reader.fieldnames or ()
            if lacks := [column for column in columns if column not in header]:
                raise FileError(f"{path}: lacks the column {', '.join(lacks)}; remove it and run again")
            for row in reader:
                if None in row or None in row.values():
                    line = f"{path}, line {reader.line_num}"
                    raise FileError(f"{line}: expected {len(header)} cells; remove the file and run again")
                rows.append(row)
    except (csv.Error, UnicodeDecodeError) as error:
        raise FileError(f"{path}: not readable as CSV ({error}); remove it and run again") from error
    return rows


def write_csv(path: str | Path, rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Writes `rows` to `path` atomically as CSV: a header, LF line ends, floats by repr.

    None is an empty cell, NaN is `nan`, a bool is 0 or 1. A row with other columns is a ValueError.
    """
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(columns)
        for number, row in enumerate(rows, start=1):
            if row.keys() != set(columns):
                wrong = sorted(map(str, row.keys() ^ set(columns)))
                raise ValueError(
                    f"{path}: row {number} lacks or adds {', '.join(wrong)}; expected {', '.join(columns)}"
                )
            writer.writerow([_cell(row[column]) for column in columns])


def sha256_of(path: str | Path) -> str:
    """Returns the SHA-256 of the file's bytes as 64 lower-case hex digits."""
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextmanager
def _temporary_sibling(path: Path) -> Iterator[Path]:
    """Yields an unused name beside `path`; on an exception removes what is there and names a full disk."""
    temporary = path.with_name(f".tmp-{secrets.token_hex(4)}-{path.name}")
    try:
        with full_disk_named(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            yield temporary
    except BaseException:
        if temporary.is_dir():
            shutil.rmtree(temporary, ignore_errors=True)
        else:
            temporary.unlink(missing_ok=True)
        raise


def _replace_folder(new: Path, path: Path) -> None:
    """Renames `new` to `path`; a folder already there is moved aside first and returns on a failure."""
    if not path.exists():
        new.rename(path)
        return
    aside = path.with_name(f"{new.name}.old")
    path.rename(aside)
    try:
        new.rename(path)
    except BaseException:
        aside.rename(path)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def _flush(path: Path) -> None:
    with path.open("rb") as stream:
        os.fsync(stream.fileno())


def _flush_folder(folder: Path) -> None:
    """Makes a rename in `folder` survive a power cut, where the file system can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _plain(value: Any) -> Any:
    if isinstance(value, PurePath):
        return value.as_posix()
    if hasattr(value, "tolist"):  # NumPy scalars and arrays, without importing NumPy
        return value.tolist()
    raise TypeError(f"{type(value).__name__} has no JSON form; convert it first")


def _cell(value: Any) -> Any:
    if hasattr(value, "tolist"):
        value = value.tolist()
    if value is None:
        return ""
    if isinstance(value, bool):
        return int(value)
    return repr(value) if isinstance(value, float) else value


def short_hash(value: Any) -> str:
    """Return 8 hex digits that name a JSON value."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:8]
