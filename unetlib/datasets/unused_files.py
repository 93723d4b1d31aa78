"""List the files of a folder or archive that no reader used, and why."""

from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from unetlib.io.archives import Archive
from unetlib.io.hidden_files import is_hidden_path
from unetlib.io.image_files import SUFFIXES

COLUMNS = ("file", "reason")
LOSSY = (".jpg", ".jpeg", ".jpe", ".jfif", ".jp2", ".jxl", ".webp", ".heic", ".heif", ".avif")
OTHER_IMAGES = (
    *(".bmp", ".gif", ".pgm", ".ppm", ".pnm", ".tga", ".npy", ".npz", ".mat", ".h5", ".hdf5", ".zarr", ".n5", ".raw"),
    *(".czi", ".lsm", ".zvi", ".nd2", ".lif", ".lof", ".oib", ".oif", ".oir", ".vsi", ".svs", ".ndpi", ".scn", ".ims"),
    *(".stk", ".dv", ".r3d", ".flex", ".mrc", ".dm3", ".dm4", ".ser", ".emd", ".dcm", ".nii", ".nrrd", ".mhd", ".mha"),
    *(".avi", ".mp4", ".mov", ".mkv"),
)
HIDDEN = "hidden, temporary or the system's own"
NAMED = 5  # at most so many are named on the terminal; the table lists every file


class UnusedFile(NamedTuple):
    """A row of unused.csv."""

    file: str
    reason: str


class ReadFiles(Archive):
    """An archive or folder that records which files are read, and hides hidden and temporary files from readers."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive.path, archive.names())
        self._archive, self._read = archive, set[str]()

    def names(self) -> list[str]:
        """Return the names of all files that are not hidden, sorted."""
        return [name for name in super().names() if not is_hidden_path(name)]

    def read(self, name: str) -> bytes:
        """Return the bytes of one file."""
        self._read.add(name)
        return self._archive.read(name)

    def used(self) -> list[str]:
        """Return the files that were read so far, sorted."""
        return sorted(self._read)

    def unused(self) -> list[UnusedFile]:
        """Return the files that were not read so far, sorted, with reasons."""
        return unused_files(super().names(), self._read)

    def close(self) -> None:
        """Close the file behind the archive."""
        self._archive.close()


def unused_files(names: Iterable[str], used: Iterable[str]) -> list[UnusedFile]:
    """Return the names that are not among the used ones, sorted, with reasons."""
    known = set(used)
    return [UnusedFile(name, reason_unused(name)) for name in sorted(names) if name not in known]


def reason_unused(name: str) -> str:
    """Return why a file was not used.

    >>> reason_unused("images/.DS_Store"), reason_unused("notes.txt")
    ("hidden, temporary or the system's own", 'no image')
    """
    if is_hidden_path(name):
        return HIDDEN
    if fault := format_fault(name):
        return fault
    if PurePosixPath(name).suffix.lower() in SUFFIXES:
        return "not where the layout of the dataset has an image or a label"
    return "no image"


def format_fault(name: str) -> str:
    """Return why a file's image format is not supported, and what to do; "" for other files."""
    suffix = PurePosixPath(name).suffix.lower()
    if suffix in LOSSY:
        return f"{suffix} files do not keep the pixel values; export it as TIFF or PNG from the original"
    return f"{suffix} files are not read; export it as TIFF or PNG" if suffix in OTHER_IMAGES else ""


def unused_line(source: Path | str, unused: Sequence[UnusedFile]) -> str:
    """Return one line with the number and the first names of the unused files; "" if every file was used."""
    shown = [row.file for row in unused if row.reason != HIDDEN]
    hidden = len(unused) - len(shown)
    more = f" and {len(shown) - NAMED} more" if len(shown) > NAMED else ""
    parts = [f"{len(shown)} {_files(len(shown))} not used: {', '.join(shown[:NAMED])}{more}"] if shown else []
    parts += [f"{hidden} hidden or temporary {_files(hidden)} skipped"] if hidden else []
    return f"{source}: {'; '.join(parts)}" if parts else ""


def _files(count: int) -> str:
    return "file was" if count == 1 else "files were"
