"""Identify a folder of images and labels by a checksum over the content of every file that is used.

Modification times alone are not trusted, because copying and unpacking programs set them. A file is read again unless
its size, inode, modification time and change time (ctime, which only the system sets) are those of the last reading.
"""

import hashlib
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from unetlib.datasets.checks import DatasetError
from unetlib.datasets.pair_layout import find_pairs
from unetlib.datasets.unused_files import UnusedFile, unused_files
from unetlib.io.archives import open_archive
from unetlib.io.files import FileError, read_json, sha256_of, write_json
from unetlib.io.folders import folder_fault
from unetlib.io.hidden_files import is_hidden_path
from unetlib.io.image_files import SUFFIXES
from unetlib.io.images import ImageError
from unetlib.io.outputs import OutputError

SETTLED_SECONDS = 3.0  # a file that changed more recently may change again with the same time stamp


class FolderSource(NamedTuple):
    """A folder as a source of images: the checksum of its used files, its unused files, its number of labelled groups.

    groups: the number of groups that a split can separate; an image without a group is one. 0 if it is not known.
    """

    sha256: str
    unused: list[UnusedFile]
    groups: int


def folder_source(folder: Path, *, images: str = "images", labels: str = "labels", cache: Path) -> FolderSource:
    """Return the identity of a folder in the layout of pairs, and its unused files.

    `cache` is a JSON file of known checksums, which is created and updated if possible. If the layout has faults, the
    checksum covers every image file and the text of the faults, so that a repair changes it. Raises DatasetError for a
    missing folder.
    """
    if fault := folder_fault(folder):
        raise DatasetError(fault)
    names = open_archive(folder, max_bytes=0, max_members=0).names()
    visible = [name for name in names if not is_hidden_path(name)]
    faults, groups = "", 0
    try:
        pairs = find_pairs(visible, images=images, labels=labels)
        used = [name for pair in pairs for name in (pair.image, pair.label) if name is not None]
        groups = len({pair.group or pair.image for pair in pairs if pair.label is not None})
    except (ImageError, DatasetError) as error:
        used, faults = [name for name in visible if name.lower().endswith(SUFFIXES)], str(error)
    checksums = file_checksums(folder, used, cache)
    listing = "".join(f"{checksums[name]}  {name}\n" for name in sorted(used))
    return FolderSource(hashlib.sha256(f"{listing}{faults}".encode()).hexdigest(), unused_files(names, used), groups)


def file_checksums(folder: Path, names: Iterable[str], cache: Path) -> dict[str, str]:
    """Return the checksum of each file of a folder by name; cache: as in `folder_source`.

    For an unreadable file, the reason takes the place of the checksum; its reader will raise the error.
    """
    known = _read_cache(cache)
    found, kept = {}, {}
    for name in names:
        place = str((folder / name).absolute())
        try:
            state = _state(folder / name)
            before = known.get(place)
            if before is None or before[:-1] != state:
                before = [*state, sha256_of(folder / name)]
            found[name] = str(before[-1])
            if _state(folder / name) == state and time.time() - max(state[1:3]) / 1e9 > SETTLED_SECONDS:
                kept[place] = before
        except OSError as error:
            found[name] = f"unreadable ({error.strerror})"
    if kept != known:
        with suppress(OSError, OutputError):  # without a cache, files are only read again
            write_json(cache, kept)
    return found


def _state(path: Path) -> list[int]:
    """Return the values that change with a file: size, modification time, change time, inode and device."""
    facts = path.stat()
    return [facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns, facts.st_ino, facts.st_dev]


def _read_cache(cache: Path) -> dict[str, list[int | str]]:
    try:
        known = read_json(cache)
    except (FileError, OSError):
        return {}
    return {name: row for name, row in known.items() if isinstance(row, list) and len(row) == 6}
