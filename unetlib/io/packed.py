"""Pack small files for good, the same bytes from the same bytes, and state the checksums of a folder.

`pandas.read_csv` and `xz -d` read what is packed here, `sha256sum -c` reads the checksums.
"""

import csv
import io
import lzma
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from unetlib.io.files import FileError, atomic_path, sha256_of

SUFFIX = ".xz"
CHECKSUMS = "SHA256SUMS"
PRESET = 9 | lzma.PRESET_EXTREME  # a deposit is packed once and kept for years
_LINE = re.compile(r"([0-9a-f]{64})  (\S[^\n]*)")


def write_packed(path: Path, data: bytes) -> None:
    """Write the data packed; the name ends in SUFFIX."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(lzma.compress(data, preset=PRESET))


def read_packed(path: Path) -> bytes:
    """Return the data of a packed file; FileError, naming it, for a damaged one."""
    try:
        return lzma.decompress(path.read_bytes())
    except lzma.LZMAError as error:
        raise FileError(f"{path}: not readable as xz ({error}); take it from the repository again") from error


def write_packed_csv(path: Path, rows: Iterable[Mapping[str, str]], columns: Sequence[str]) -> None:
    """Write rows of text as a packed CSV file, cell by cell as they are; a cell that a row lacks is empty."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_packed(path, text.getvalue().encode())


def write_checksums(folder: Path) -> None:
    """Write the SHA-256 of every file below a folder into its CHECKSUMS, sorted by name."""
    lines = [f"{sha256_of(folder / name)}  {name}\n" for name in _names(folder)]
    with atomic_path(folder / CHECKSUMS) as temporary:
        temporary.write_text("".join(lines), encoding="utf-8", newline="\n")


def check_checksums(folder: Path) -> None:
    """Raise FileError, naming the file, unless the folder has exactly the files of its CHECKSUMS, unchanged."""
    path = folder / CHECKSUMS
    lines = [_LINE.fullmatch(line) for line in path.read_text(encoding="utf-8").splitlines()]
    stated = {line[2]: line[1] for line in lines if line}
    for name in sorted({*stated, *_names(folder)}):
        if name not in stated:
            raise FileError(f"{folder / name}: is not in {path}; remove it, or take both from the repository again")
        if not (folder / name).is_file():
            raise FileError(f"{folder / name}: is missing and stands in {path}; take it from the repository again")
        if sha256_of(folder / name) != stated[name]:
            raise FileError(f"{folder / name}: its SHA-256 is not that of {path}; take it from the repository again")


def _names(folder: Path) -> list[str]:
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return sorted(name.as_posix() for name in found if name.name != CHECKSUMS)
