"""Write files and folders that are complete or absent: a temporary sibling is written, flushed and renamed."""

import csv
import errno
import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePath
from typing import Any, TypeAlias

from unetlib.io.outputs import OutputError, destination, earlier_files, is_stream, real_folder, write_stream
from unetlib.io.replacement import (
    fill_folder,
    flush,
    full_disk_named,
    move_into_place,
    replace_together,
    temporary_sibling,
)

Row: TypeAlias = dict[str, str | int | float | bool | None]  # a row of a CSV file, by column


class FileError(ValueError):
    """A file written by unetlib that was edited or damaged: which, why, and what to do."""


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Yield a temporary file (same suffix) that replaces `path` on success and is removed on any exception.

    Missing parent folders are created, links are followed, a device or a pipe is written to (`outputs`). An existing
    file at `path` is kept until the block has ended. A full disk raises one OSError naming `path`, a block that wrote
    nothing a FileNotFoundError, and something at `path` that cannot be replaced an OutputError.
    """
    path = Path(path)
    real = destination(path)
    if is_stream(path):
        with tempfile.TemporaryDirectory() as folder, full_disk_named(path):
            temporary = Path(folder, f"output{path.suffix}")
            yield temporary
            _check_written(temporary, path)
            write_stream(path, temporary)
        return
    with temporary_sibling(real) as temporary:
        yield temporary
        _check_written(temporary, path)
        if real.exists():
            shutil.copymode(real, temporary)
        move_into_place(temporary, real)


@contextmanager
def atomic_paths(paths: Sequence[Path]) -> Iterator[list[Path]]:
    """Yield a temporary file for each path, as `atomic_path` does: all of them appear, or none."""
    reals = [destination(path) for path in paths]
    for path in paths:
        if is_stream(path):
            raise OutputError(f"{path}: is a device or a pipe, which takes no image; choose another name")
    with ExitStack() as stack:
        temporary = [stack.enter_context(temporary_sibling(real)) for real in reals]
        yield temporary
        for new, path in zip(temporary, paths, strict=True):
            _check_written(new, path)
            flush(new)
        replace_together(list(zip(temporary, reals, strict=True)))


@contextmanager
def atomic_folder(path: str | Path, names: str | None = None, noun: str = "part of a result") -> Iterator[Path]:
    """Yield an empty temporary folder whose files are moved to `path` on success; it is removed on any exception.

    An existing folder is kept (links are followed). Its files match the pattern `names`, so that they belong to an
    earlier result, which `noun` names in errors: they are removed once the new ones are complete. Hidden files are
    kept. Raises OutputError for a folder that contains anything else (`outputs.earlier_files`).
    """
    path = Path(path)
    real = real_folder(path)
    earlier_files(path, names, noun)
    with temporary_sibling(real, real if real.is_dir() else None) as temporary:
        temporary.mkdir()
        yield temporary
        for member in sorted(temporary.rglob("*")):
            if member.is_file() and not member.is_symlink():
                flush(member)
        if real.is_dir():
            fill_folder(real, temporary, earlier_files(path, names, noun))
        else:
            temporary.rename(real)


def _check_written(temporary: Path, path: Path) -> None:
    if not temporary.is_file():
        raise FileNotFoundError(errno.ENOENT, "nothing was written for this file", str(path))


def write_json(path: str | Path, obj: Any) -> None:
    """Write `obj` to `path` atomically as indented JSON, with keys in the order given and a final newline.

    NumPy scalars and arrays become numbers and lists, paths become strings. ValueError for NaN and infinity, which
    JSON does not have.
    """
    try:
        text = json.dumps(obj, indent=2, ensure_ascii=False, allow_nan=False, default=_plain)
    except ValueError as error:
        raise ValueError(f"{path}: cannot be written as JSON ({error}); replace the value by null") from error
    with atomic_path(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8", newline="\n")


def read_json(path: str | Path) -> dict[str, Any]:
    """Return the JSON object in the file; FileError naming the file for anything else."""
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise FileError(f"{path}: not readable as JSON ({error}); remove it and run again") from error
    if not isinstance(found, dict):
        raise FileError(f"{path}: holds no JSON object but a {type(found).__name__}; remove it and run again")
    return found


def read_csv(path: str | Path, columns: Sequence[str]) -> list[dict[str, str]]:
    """Return the rows of a CSV file, one cell per column; FileError if it lacks one of `columns` or is not a table."""
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


def write_csv(path: str | Path, rows: Iterable[Mapping[str, object]], columns: Sequence[str]) -> None:
    """Write `rows` to `path` atomically as CSV: a header, LF line ends, floats by repr.

    None becomes an empty cell, NaN `nan`, a bool 0 or 1. ValueError for a row with other columns.
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
    """Return the SHA-256 of the file's bytes as 64 lower-case hex digits."""
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


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
    """Return 8 hex digits that identify a JSON value."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:8]
