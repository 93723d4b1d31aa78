"""Read a foreign archive or folder into our dataset format."""

import hashlib

from splice import JSON, PATH, run

from unetlib.datasets import unused_files
from unetlib.datasets.dataset import Dataset, write_dataset
from unetlib.datasets.readers import read
from unetlib.datasets.remarks import remarks
from unetlib.io.archives import open_archive
from unetlib.io.files import sha256_of, write_csv, write_json

OF_WRITER = ("allow_empty", "near_duplicates")  # options that are no reader's


def main(arguments):
    entry, limits, source = arguments.entry, arguments.limits, arguments.source
    folder, options = arguments.frames.parent, dict(entry["options"] or {})
    how = {name: options.pop(name) for name in OF_WRITER if name in options}
    how |= {"binning": entry.get("binning") or 1}
    ceilings = {"max_bytes": limits["archive_bytes"], "max_members": limits["archive_members"]}
    with unused_files.ReadFiles(open_archive(source, **ceilings)) as archive:
        write_dataset(folder, read(entry["format"], archive, **options), **how)
        unused = archive.unused()
        identity = sha256_of(source) if source.is_file() else checksum(source, archive.used())
    write_csv(folder / "unused.csv", (row._asdict() for row in unused), unused_files.COLUMNS)
    write_json(folder / "dataset.json", {"source": source.name, "sha256": identity, **entry})
    for line in (*remarks(Dataset(folder).frames), unused_files.unused_line(source, unused)):
        print(f"{folder.name}: {line}" if line else f"{folder.name}: every file of {source} was used")
    for row in unused:
        print(f"not used: {row.file} ({row.reason})")


def checksum(source, names):
    """Return the sha256 of the names and checksums of a folder's files that were used."""
    listing = "".join(f"{sha256_of(source / name)}  {name}\n" for name in names)
    return hashlib.sha256(listing.encode()).hexdigest()


if __name__ == "__main__":
    run(main, __doc__, source=PATH, entry=JSON, limits=JSON, frames=PATH)
