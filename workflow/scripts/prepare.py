"""Read a foreign archive or folder into our dataset format."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from script import run

from unetlib.datasets.dataset import write_dataset
from unetlib.datasets.readers import read
from unetlib.datasets.settings import ReaderOptions
from unetlib.io.archives import Archive, open_archive
from unetlib.io.files import sha256_of, write_json
from unetlib.io.settings import LimitSettings


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
    archive: Archive | Path = source
    if not source.is_dir():
        archive = open_archive(source, max_bytes=limits.archive_bytes, max_members=limits.archive_members)
    options = arguments.options.model_dump(exclude_none=True)
    samples = read(arguments.format, archive, **{name: options[name] for name in options if name != "allow_empty"})
    allow_empty = options.get("allow_empty", False)
    count = write_dataset(folder, samples, allow_empty=allow_empty, binning=arguments.binning)
    made = {"source": source.name, "sha256": checksum(source), "format": arguments.format}
    write_json(folder / "dataset.json", made | {"options": options, "binning": arguments.binning})
    print(f"{folder}: {count} frames from {source}")


def checksum(source: Path) -> str:
    """Return the sha256 of the archive, or of the names and checksums of a folder's files."""
    if not source.is_dir():
        return sha256_of(source)
    files = sorted(path for path in source.rglob("*") if path.is_file())
    listing = "".join(f"{sha256_of(path)}  {path.relative_to(source).as_posix()}\n" for path in files)
    return hashlib.sha256(listing.encode()).hexdigest()


if __name__ == "__main__":
    run(main, Arguments, __doc__)
