"""Read a foreign archive or folder into our dataset format."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from script import run

from unetlib.datasets import unused_files
from unetlib.datasets.dataset import Dataset, write_dataset
from unetlib.datasets.readers import read
from unetlib.datasets.remarks import remarks
from unetlib.datasets.settings import ReaderOptions
from unetlib.io.archives import open_archive
from unetlib.io.files import sha256_of, write_csv, write_json
from unetlib.io.settings import LimitSettings

OF_WRITER = ("allow_empty", "near_duplicates")  # options that are no reader's


@dataclass(frozen=True)
class Arguments:
    source: Path
    format: str
    options: ReaderOptions
    binning: int
    limits: LimitSettings
    frames: Path


def main(arguments: Arguments) -> None:
    source, limits, folder = arguments.source, arguments.limits, arguments.frames.parent
    options = arguments.options.model_dump(exclude_none=True)
    of_reader = {name: value for name, value in options.items() if name not in OF_WRITER}
    how = {name: value for name, value in options.items() if name in OF_WRITER}
    ceilings = {"max_bytes": limits.archive_bytes, "max_members": limits.archive_members}
    archive = unused_files.ReadFiles(open_archive(source, **ceilings))
    with archive:
        write_dataset(folder, read(arguments.format, archive, **of_reader), **how, binning=arguments.binning)
        unused = archive.unused()
        identity = sha256_of(source) if source.is_file() else checksum(source, archive.used())
    write_csv(folder / "unused.csv", (row._asdict() for row in unused), unused_files.COLUMNS)
    made = {"source": source.name, "sha256": identity, "format": arguments.format}
    write_json(folder / "dataset.json", made | {"options": options, "binning": arguments.binning})
    for line in (*remarks(Dataset(folder).frames), unused_files.unused_line(source, unused)):
        print(f"{folder.name}: {line}" if line else f"{folder.name}: every file of {source} was used")
    for row in unused:
        print(f"not used: {row.file} ({row.reason})")


def checksum(source: Path, names: list[str]) -> str:
    """Return the sha256 of the names and checksums of a folder's files that were used."""
    listing = "".join(f"{sha256_of(source / name)}  {name}\n" for name in names)
    return hashlib.sha256(listing.encode()).hexdigest()


if __name__ == "__main__":
    run(main, Arguments, __doc__)
