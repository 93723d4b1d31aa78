"""Foreign datasets end here: every layout we read, by its name in the config."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from unetlib.datasets.ctc import read_ctc
from unetlib.datasets.dataset import Sample
from unetlib.datasets.dsb import read_dsb
from unetlib.datasets.isbi import read_isbi
from unetlib.datasets.pairs import read_pairs
from unetlib.io.archives import Archive, open_archive

FORMATS: dict[str, Callable[..., Iterator[Sample]]] = {
    "ctc": read_ctc,
    "isbi": read_isbi,
    "dsb": read_dsb,
    "pairs": read_pairs,
}


class ReaderError(ValueError):
    """A dataset that no reader can be found for."""


def read(format: str, source: Archive | Path | str, **options: Any) -> Iterator[Sample]:
    """Return the samples of an open archive or of a plain folder, checked one by one as they are asked for.

    `format` is a key of FORMATS; the options are the keyword arguments of its reader. Raises ReaderError for an
    unknown format or a folder that is not there; the readers raise ImageError, SampleError or ArchiveError.
    """
    if format not in FORMATS:
        raise ReaderError(f"unknown format {format!r}; choose one of {', '.join(FORMATS)}")
    return FORMATS[format](_folder(source) if isinstance(source, (str, Path)) else source, **options)


def _folder(path: Path | str) -> Archive:
    if not Path(path).is_dir():
        raise ReaderError(f"{path}: there is no such folder; open archives with open_archive")
    return open_archive(path, max_bytes=0, max_members=0)  # a folder is the user's own: no ceilings apply
