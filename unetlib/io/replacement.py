"""Replace files: write under a temporary name, flush, then move all new files into place or none."""

import errno
import os
import secrets
import shutil
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

_NO_ROOM = {
    errno.ENOSPC: "no space left on the device; free some and run again",
    errno.EDQUOT: "no space left on the device; free some and run again",
    errno.EFBIG: "larger than files may be on this device (4 GB on FAT, or ulimit -f); choose another folder",
}
_NOT_ALLOWED = {errno.EACCES, errno.EPERM, errno.EROFS}


def temporary_name(path: Path) -> Path:
    """Return an unused hidden name beside `path` with its suffix; short, because `path` may already have 255 bytes."""
    return path.with_name(f".tmp-{secrets.token_hex(4)}-{path.stem[:20]}{path.suffix[:20]}")


@contextmanager
def full_disk_named(path: str | Path) -> Iterator[None]:
    """Turn a full disk (or quota, or too large a file) within the block into a one-line OSError that names `path`."""
    try:
        yield
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        raise OSError(error.errno, _NO_ROOM[error.errno], str(path)) from error


@contextmanager
def temporary_sibling(path: Path, place: Path | None = None) -> Iterator[Path]:
    """Yield an unused name beside `path`, or in the folder `place`, and remove what is left there afterwards."""
    temporary = temporary_name(place / path.name if place else path)
    try:
        with full_disk_named(path), _refusal_named(path, temporary):
            temporary.parent.mkdir(parents=True, exist_ok=True)
            yield temporary
    finally:
        _remove(temporary)


@contextmanager
def _refusal_named(path: Path, temporary: Path) -> Iterator[None]:
    """Turn a refusal to create the temporary file within the block into a one-line OSError that names `path`."""
    try:
        yield
    except OSError as error:
        if error.errno not in _NOT_ALLOWED or str(error.filename) != str(temporary):
            raise
        line = f"{os.strerror(error.errno).lower()} in {temporary.parent}; choose another folder"
        raise OSError(error.errno, line, str(path)) from error


def move_into_place(temporary: str | Path, path: str | Path) -> None:
    """Flush the complete file `temporary` to disk and rename it to `path` on the same file system."""
    flush(Path(temporary))
    Path(temporary).replace(path)
    _flush_folder(Path(path).parent)


def replace_together(moves: Sequence[tuple[Path, Path]], gone: Sequence[Path] = ()) -> None:
    """Rename each complete file (new, target) and remove the files `gone`; a failure restores the state before."""
    # Every file that is about to be replaced or removed is kept under a second name until all has succeeded.
    before = {path: temporary_name(path) for path in [*(target for _, target in moves), *gone] if os.path.lexists(path)}
    try:
        for path, kept in before.items():
            _keep(path, kept)
        for new, target in moves:
            new.replace(target)
        for path in gone:
            path.unlink(missing_ok=True)
    except BaseException:
        for new, target in moves:
            if target not in before and not os.path.lexists(new):
                target.unlink(missing_ok=True)
        for path, kept in before.items():
            if os.path.lexists(kept):
                kept.replace(path)
        _remove_all(before.values())  # a rename onto a hard link of the same file does nothing
        raise
    _remove_all(before.values())
    for folder in {target.parent for _, target in moves}:
        _flush_folder(folder)


def _remove_all(paths: Collection[Path]) -> None:
    """Remove files that may be gone already; an interruption is raised again once all are removed."""
    try:
        for path in paths:
            path.unlink(missing_ok=True)
    except BaseException:
        for path in paths:
            path.unlink(missing_ok=True)
        raise


def fill_folder(folder: Path, staging: Path, gone: Iterable[Path]) -> None:
    """Move the files of `staging` to the existing `folder`, tables last, and remove its files `gone`: all or none."""
    moves = []
    for new in sorted((path for path in staging.rglob("*") if path.is_file()), key=_tables_last):
        moves.append((new, folder / new.relative_to(staging)))
    made = [place for place in {target.parent for _, target in moves} if not place.exists()]
    for place in made:
        place.mkdir(parents=True, exist_ok=True)
    targets = {target for _, target in moves}
    old = [path for path in gone if path not in targets]
    try:
        replace_together(moves, old)
    finally:
        for place in {*made, *(path.parent for path in old)} - {folder}:
            with suppress(OSError):  # the folder is not empty
                place.rmdir()


def flush(path: Path) -> None:
    """Flush a file to disk."""
    with path.open("rb") as stream:
        os.fsync(stream.fileno())


def _keep(path: Path, kept: Path) -> None:
    """Give a file a second name, so that it never disappears; rename it if the file system has no hard links."""
    try:
        os.link(path, kept, follow_symlinks=False)
    except OSError:
        path.rename(kept)


def _tables_last(path: Path) -> tuple[bool, str]:
    """Sort tables after other files: they tell that a folder is complete."""
    return path.suffix in (".csv", ".txt", ".json"), path.as_posix()


def _remove(temporary: Path) -> None:
    with suppress(PermissionError):  # where nothing could be created, the error of that is the one to see
        if temporary.is_dir() and not temporary.is_symlink():
            shutil.rmtree(temporary, ignore_errors=True)
        else:
            temporary.unlink(missing_ok=True)


def _flush_folder(folder: Path) -> None:
    """Make a rename in `folder` survive a power failure, if the file system supports it."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
