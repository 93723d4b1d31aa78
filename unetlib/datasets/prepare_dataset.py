"""Prepare a dataset: read a foreign archive or folder into our dataset folder, and record what was used of it.

Two files are added to those of `dataset.write_dataset`:
unused.csv           file and reason: the files of the source that were not used
dataset.json         name and sha256 of the source, format, options and view settings
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from unetlib.datasets import unused_files
from unetlib.datasets.dataset import Dataset, Sample, write_dataset
from unetlib.datasets.readers import read
from unetlib.datasets.remarks import remarks
from unetlib.datasets.settings import ReaderOptions, ViewSettings
from unetlib.datasets.unused_files import UnusedFile
from unetlib.io.archives import open_archive
from unetlib.io.files import sha256_of, write_csv, write_json
from unetlib.io.settings import LimitSettings
from unetlib.io.wording import named

NAMED = 10  # at most this many files are named per message
OPTIONS_OF_THE_WRITER = ("allow_empty", "near_duplicates")  # options of `write_dataset`; all others are the reader's


def prepare_dataset(
    source: Path, folder: Path, *, format: str, options: ReaderOptions, view: ViewSettings, limits: LimitSettings
) -> list[str]:
    """Read the source into the dataset folder, and return messages for the user, one line each.

    `format` is a key of `readers.FORMATS`. Raises ArchiveError, ImageError or DatasetError naming the bad file; an
    existing dataset is then left unchanged.
    """
    given = options.model_dump(exclude_none=True)
    of_reader = {name: value for name, value in given.items() if name not in OPTIONS_OF_THE_WRITER}
    of_writer = {name: value for name, value in given.items() if name in OPTIONS_OF_THE_WRITER}
    ceilings = {"max_bytes": limits.archive_bytes, "max_members": limits.archive_members}
    with unused_files.ReadFiles(open_archive(source, **ceilings)) as archive:
        notes = list[str]()
        write_dataset(folder, _noted(read(format, archive, **of_reader), notes), **of_writer, **dict(view))
        unused = archive.unused()
        identity = sha256_of(source) if source.is_file() else folder_checksum(source, archive.used())
    write_csv(folder / "unused.csv", (row._asdict() for row in unused), unused_files.COLUMNS)
    origin = {"source": source.name, "sha256": identity, "format": format}
    write_json(folder / "dataset.json", origin | {"options": given} | view.identity())
    return [*remarks(Dataset(folder).frames), *_together(notes), *_usage(source, unused)]


def folder_checksum(folder: Path, names: Iterable[str]) -> str:
    """Return the sha256 over the checksums and names of a folder's files, in the given order."""
    listing = "".join(f"{sha256_of(folder / name)}  {name}\n" for name in names)
    return hashlib.sha256(listing.encode()).hexdigest()


def _noted(samples: Iterable[Sample], notes: list[str]) -> Iterator[Sample]:
    """Yield the samples unchanged, and append their notes to the list."""
    for sample in samples:
        notes += sample.notes
        yield sample


def _together(notes: Iterable[str]) -> list[str]:
    """Return one line per distinct text of the notes, which have the form "file: text"."""
    files = defaultdict[str, list[str]](list)
    for note in notes:
        file, _, text = note.partition(": ")
        files[text].append(file)
    return [f"{named(names, NAMED)}: {text}" for text, names in files.items()]


def _usage(source: Path, unused: list[UnusedFile]) -> list[str]:
    """Return one line with the number of unused files, and one for each of them."""
    counted = unused_files.unused_line(source, unused) or f"every file of {source} was used"
    return [counted, *(f"not used: {row.file} ({row.reason})" for row in unused)]
