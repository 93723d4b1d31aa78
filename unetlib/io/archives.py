"""Read archives in memory, without unpacking them to disk; they are treated as hostile until they are checked."""

import io
import posixpath
import re
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from types import TracebackType
from typing import Self

from unetlib.io.folders import files_below

_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    MemoryError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    ValueError,
)
_COMPRESSIONS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}  # zipfile unpacks these two in bounded steps
_LARGEST_MEMBER = 1 << 30  # a member is read into memory as a whole; twice the largest image that we read
_LISTED_BYTES = 1 << 10  # of a member in the central directory: 46 bytes, its name and extra fields
_LONGEST_NAME = 255  # bytes of one path component, the limit of every common file system
_UNPRINTABLE = {"Cc", "Cs", "Zl", "Zp"}  # control characters, surrogates, line and paragraph separators
_FOLDER = 0x10  # the DOS attribute of a folder
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_AGAIN = "delete it and fetch it again"


class ArchiveError(ValueError):
    """An archive that is damaged, dangerous or lacks a member: which, where, and what to do."""


class Archive:
    """The files of an archive by name; also a context manager that closes it."""

    def __init__(self, path: Path, names: Iterable[str]) -> None:
        self.path = path
        self._names = {name: None for name in sorted(names) if not _is_litter(name)}

    def names(self) -> list[str]:
        """Return the names of all files (not folders), sorted, with `/` between folders, without the system's own."""
        return list(self._names)

    def read(self, name: str) -> bytes:
        """Return the bytes of one file; ArchiveError if it is missing, damaged, huge or not as long as declared."""
        if name not in self._names:
            raise ArchiveError(f"{self.path}: holds no {name!r}{_alternatives(name, self.names())}")
        return self._bytes(name)

    def close(self) -> None:
        """Close the file behind the archive."""

    def _bytes(self, name: str) -> bytes:
        try:
            return (self.path / name).read_bytes()
        except OSError as error:
            raise ArchiveError(f"{self.path / name}: cannot be read ({error.strerror}); repair or remove it") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Reader(io.BufferedReader):
    """A file that refuses reads of more than `most` bytes: zipfile reads the whole central directory at once."""

    def __init__(self, path: Path, most: int) -> None:
        super().__init__(io.FileIO(path))
        self.most = most

    def read(self, size: int | None = -1) -> bytes:
        if size is not None and size > self.most:
            raise ValueError(f"its list of members takes {size} bytes, more than {self.most}")
        return super().read(size)


class _Zip(Archive):
    def __init__(self, path: Path, opened: zipfile.ZipFile, stream: io.BufferedReader) -> None:
        super().__init__(path, (info.filename for info in opened.infolist() if not info.is_dir()))
        self._opened, self._stream = opened, stream

    def close(self) -> None:
        self._opened.close()
        self._stream.close()

    def _bytes(self, name: str) -> bytes:
        declared = self._opened.getinfo(name).file_size
        if declared > _LARGEST_MEMBER:
            why = f"unpacks to {declared} bytes, more than {_LARGEST_MEMBER}; split it into smaller files"
            raise ArchiveError(f"{self.path}: member {name!r} {why}")
        try:
            with self._opened.open(name) as stream:
                data = stream.read(declared)
                # zipfile compares the checksum at the end of the stream, which reading exactly `declared` may not
                # reach.
                more = stream.read(1)
        except (*_DAMAGE, OSError) as error:  # OSError: an offset before the start of the file
            why = f"is damaged or lies about its size ({_first_line(error)})"
            raise ArchiveError(f"{self.path}: member {name!r} {why}; {_AGAIN}") from error
        if more or len(data) != declared:
            why = f"declares {declared} bytes and holds {'more' if more else len(data)}"
            raise ArchiveError(f"{self.path}: member {name!r} {why}; {_AGAIN}")
        return data


def open_archive(path: str | Path, *, max_bytes: int, max_members: int) -> Archive:
    """Return the checked zip at `path` as an Archive; a folder, which is the user's own, is trusted.

    A zip is refused (ArchiveError) if it is truncated or not a zip; if a member's name is absolute, contains `..`, a
    drive letter, a backslash or a control character, or is longer than 255 bytes; if a member is a link, a device,
    encrypted, a duplicate, or neither stored nor deflated; if it has more than `max_members` members or unpacks to
    more than `max_bytes` bytes. `read` refuses a member whose size differs from the declared one.
    """
    path = Path(path)
    if path.is_dir():
        return Archive(path, files_below(path))
    stream = _Reader(path, max_members * _LISTED_BYTES)
    try:
        opened = zipfile.ZipFile(stream)
        stream.most = _LARGEST_MEMBER
        _check(path, opened.infolist(), max_bytes, max_members)
        return _Zip(path, opened, stream)
    except BaseException as error:
        stream.close()
        if not isinstance(error, _DAMAGE) or isinstance(error, ArchiveError):
            raise
        raise ArchiveError(f"{path}: {_what_it_is(path)} ({_first_line(error)}); {_AGAIN}") from error


def check_whole(path: Path) -> None:
    """Check every part of a file saved by torch against its checksum, which torch does not; ArchiveError on damage."""
    with open_archive(path, max_bytes=path.stat().st_size, max_members=100_000) as archive:
        for name in archive.names():
            archive.read(name)


def _check(path: Path, members: list[zipfile.ZipInfo], max_bytes: int, max_members: int) -> None:
    if len(members) > max_members:
        raise ArchiveError(f"{path}: has {len(members)} members, more than the {max_members} allowed; refused")
    total = sum(info.file_size for info in members)
    if total > max_bytes:
        raise ArchiveError(f"{path}: unpacks to {total} bytes, more than the {max_bytes} allowed; refused")
    seen: set[str] = set()
    for info in members:
        name = info.orig_filename
        fault = _name_fault(name) or _kind_fault(info)
        plain = posixpath.normpath(name)
        if fault is None and plain in seen:
            fault = "is in the archive twice"
        if fault is not None:
            raise ArchiveError(f"{path}: member {name[:_LONGEST_NAME]!r} {fault}; do not use this archive")
        seen.add(plain)


def _name_fault(name: str) -> str | None:
    """Return what is wrong with a member's name, or None."""
    if not name or name.startswith("/"):
        return "has an absolute path" if name else "has no name"
    if "\\" in name:
        return "has a backslash in its path"
    if re.match(r"[A-Za-z]:", name):
        return "has a drive letter"
    if ".." in name.split("/"):
        return "climbs out of the archive with '..'"
    if any(unicodedata.category(character) in _UNPRINTABLE for character in name):
        return "has a control character in its name"
    longest = max(len(part.encode()) for part in name.split("/"))
    return f"has a name of {longest} bytes, more than {_LONGEST_NAME}" if longest > _LONGEST_NAME else None


def _kind_fault(info: zipfile.ZipInfo) -> str | None:
    """Return why a member is not a plain readable file or folder, or None."""
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind == stat.S_IFLNK:
        return "is a symbolic link"
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "is a device, pipe or socket"
    if info.external_attr & _FOLDER and not info.is_dir() and info.file_size:
        return "holds bytes and is marked as a folder"  # torch would leave its tensor uninitialised
    if info.flag_bits & _ENCRYPTED:
        return "is encrypted"
    if info.header_offset < 0:
        return "lies outside the archive"
    if info.compress_type not in _COMPRESSIONS:
        return f"is packed by method {info.compress_type} (only stored and deflated are read)"
    return None


def _is_litter(name: str) -> bool:
    """Return whether a file is one that macOS adds to archives and folders."""
    parts = name.split("/")
    return "__MACOSX" in parts or parts[-1] == ".DS_Store" or parts[-1].startswith("._")


def _alternatives(name: str, names: list[str]) -> str:
    """Suggest up to three files that may have been meant: the same name in other folders, then similar names."""
    base = posixpath.basename(name).lower()
    same = [other for other in names if posixpath.basename(other).lower() == base]
    close = list(dict.fromkeys(same + get_close_matches(name, names, n=3)))[:3]
    if close:
        return f"; did you mean {', '.join(map(repr, close))}?"
    return f"; it holds {len(names)} files" + (f" such as {names[0]!r}" if names else "")


def _what_it_is(path: Path) -> str:
    with path.open("rb") as stream:
        start = stream.read(8)
    if start.startswith(b"PK\x03\x04"):
        return "is a truncated or damaged zip"
    return f"is not a zip archive, it starts with {start!r}" if start else "is an empty file, not a zip archive"


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
