"""New files in the place of old ones: written under a temporary name, flushed, and moved in together or not at all."""

import errno
import os
import secrets
import shutil
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

_FULL = {errno.ENOSPC, errno.EDQUOT}


def temporary_name(path: Path) -> Path:
    """Return an unused, hidden name beside `path` with its suffix; short, for `path` may have all of 255 bytes."""
    return path.with_name(f".tmp-{secrets.token_hex(4)}-{path.stem[:20]}{path.suffix[:20]}")


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


@contextmanager
def temporary_sibling(path: Path, place: Path | None = None) -> Iterator[Path]:
    """Yields an unused name beside `path`, or in the folder `place`; removes what is left there, names a full disk."""
    temporary = temporary_name(place / path.name if place else path)
    try:
        with full_disk_named(path):
            temporary.parent.mkdir(parents=True, exist_ok=True)
            yield temporary
    finally:
        _remove(temporary)


def move_into_place(temporary: str | Path, path: str | Path) -> None:
    """Renames the complete file `temporary` to `path` on the same file system, its bytes on the disk first."""
    flush(Path(temporary))
    Path(temporary).replace(path)
    _flush_folder(Path(path).parent)


def replace_together(moves: Sequence[tuple[Path, Path]], gone: Sequence[Path] = ()) -> None:
    """Rename each complete file (new, target) and remove the files `gone`; on a failure all is as it was before."""
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
        _remove_all(before.values())  # a rename onto another name of the same file leaves both
        raise
    _remove_all(before.values())
    for folder in {target.parent for _, target in moves}:
        _flush_folder(folder)


def _remove_all(paths: Collection[Path]) -> None:
    """Remove files that may be gone already; what interrupts it goes on when they are."""
    try:
        for path in paths:
            path.unlink(missing_ok=True)
    except BaseException:
        for path in paths:
            path.unlink(missing_ok=True)
        raise


def fill_folder(folder: Path, staging: Path, gone: Iterable[Path]) -> None:
    """Move the files of `staging` into the existing `folder`, tables last, and remove its files `gone`, all or none."""
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
            with suppress(OSError):  # not empty: something is still there
                place.rmdir()


def flush(path: Path) -> None:
    """Put the bytes of a file on the disk."""
    with path.open("rb") as stream:
        os.fsync(stream.fileno())


def _keep(path: Path, kept: Path) -> None:
    """Give a file a second name, so that it is never away; where the file system has no such names, its only one."""
    try:
        os.link(path, kept, follow_symlinks=False)
    except OSError:
        path.rename(kept)


def _tables_last(path: Path) -> tuple[bool, str]:
    """What says that a folder is complete comes when it is."""
    return path.suffix in (".csv", ".txt", ".json"), path.as_posix()


def _remove(temporary: Path) -> None:
    if temporary.is_dir() and not temporary.is_symlink():
        shutil.rmtree(temporary, ignore_errors=True)
    else:
        temporary.unlink(missing_ok=True)


def _flush_folder(folder: Path) -> None:
    """Makes a rename in `folder` survive a power cut, where the file system can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
