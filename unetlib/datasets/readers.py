"""The readers of foreign dataset formats, by their name in the config."""

import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from unetlib.datasets.ctc import read_ctc
from unetlib.datasets.dataset import Sample
from unetlib.datasets.dsb import read_dsb
from unetlib.datasets.isbi import read_isbi
from unetlib.datasets.pairs import read_pairs
from unetlib.datasets.unused_files import ReadFiles
from unetlib.io.archives import Archive, open_archive

FORMATS: dict[str, Callable[..., Iterator[Sample]]] = {
    "ctc": read_ctc,
    "isbi": read_isbi,
    "dsb": read_dsb,
    "pairs": read_pairs,
}
_OPTION = "KEYWORD_ONLY"


class ReaderError(ValueError):
    """An unknown dataset format, or an option that its reader does not have."""


def read(format: str, source: Archive | Path | str, **options: Any) -> Iterator[Sample]:
    """Return an iterator over the checked samples of an open archive or a plain folder.

    `format` is a key of FORMATS; the options are the keyword arguments of its reader. Raises ReaderError for an
    unknown format or option, or a missing folder; the readers raise ImageError, DatasetError or ArchiveError.
    """
    if format not in FORMATS:
        raise ReaderError(f"unknown format {format!r}; choose one of {', '.join(FORMATS)}")
    known = [
        name for name, facts in inspect.signature(FORMATS[format]).parameters.items() if facts.kind.name == _OPTION
    ]
    if foreign := [name for name in options if name not in known]:
        raise ReaderError(f"format {format} has no option {foreign[0]!r}; it has {', '.join(known)}")
    return FORMATS[format](_folder(source) if isinstance(source, (str, Path)) else source, **options)


def _folder(path: Path | str) -> Archive:
    if not Path(path).is_dir():
        raise ReaderError(f"{path}: there is no such folder; open archives with open_archive")
    # A folder is the user's own: the limits of archives do not apply to it.
    return ReadFiles(open_archive(path, max_bytes=0, max_members=0))
