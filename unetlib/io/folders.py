"""List the files of a folder and its subfolders, following links."""

import os
from collections.abc import Iterator
from pathlib import Path

from unetlib.io.hidden_files import is_hidden_path

_NAMED = 10


class FolderError(ValueError):
    """A folder with broken links, so that not all of its files can be found."""


def files_below(folder: Path) -> Iterator[str]:
    """Yield the relative path, with `/`, of every file in a folder; symbolic links are followed, a loop once.

    Raises FolderError for broken links (unless hidden), OSError for a folder that cannot be listed.
    """
    entered = {folder: {folder.resolve()}}  # for each folder, the real folders on the path to it, to detect loops
    broken = []
    for place, folders, files in _walk(folder):
        way = entered.pop(place)
        real = {name: (place / name).resolve() for name in folders}
        folders[:] = sorted(name for name in folders if real[name] not in way)
        entered.update({place / name: way | {real[name]} for name in folders})
        for name in files:
            path, below = place / name, (place / name).relative_to(folder).as_posix()
            if path.is_file():
                yield below
            elif path.is_symlink() and not path.exists() and not is_hidden_path(below):
                broken.append(below)
    if broken:
        named = ", ".join(sorted(broken)[:_NAMED]) + (f" and {len(broken) - _NAMED} more" * (len(broken) > _NAMED))
        raise FolderError(f"{folder}: broken links: {named}; repair or remove them")


def folder_fault(folder: Path) -> str:
    """Return what to say of a folder that is not there, and where a relative path of it starts; "" if it is there."""
    if folder.is_dir():
        return ""
    what = "is not a folder" if folder.exists() else "there is no such folder"
    start = "" if folder.is_absolute() else f"; it is looked for in {Path.cwd()}"
    return f"{folder}: {what}; check the path{start}"


def _walk(folder: Path) -> Iterator[tuple[Path, list[str], list[str]]]:
    def fail(error: OSError) -> None:
        raise error

    for place, folders, files in os.walk(folder, followlinks=True, onerror=fail):
        yield Path(place), folders, files
