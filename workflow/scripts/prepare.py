"""Read a foreign archive or folder into our dataset format."""

import hashlib

from script import JSON, PATH, run

from unetlib.datasets.dataset import write_dataset
from unetlib.datasets.readers import read
from unetlib.io.archives import open_archive
from unetlib.io.files import sha256_of, write_json


def main(arguments):
    entry, limits, source = arguments.entry, arguments.limits, arguments.source
    archive = source
    if not source.is_dir():
        archive = open_archive(source, max_bytes=limits["archive_bytes"], max_members=limits["archive_members"])
    folder = arguments.frames.parent
    options = dict(entry["options"] or {})
    allow_empty = options.pop("allow_empty", False)
    binning = entry.get("binning") or 1
    count = write_dataset(folder, read(entry["format"], archive, **options), allow_empty=allow_empty, binning=binning)
    write_json(folder / "dataset.json", {"source": source.name, "sha256": checksum(source), **entry})
    print(f"{folder}: {count} frames from {source}")


def checksum(source):
    """Return the sha256 of the archive, or of the names and checksums of a folder's files."""
    if not source.is_dir():
        return sha256_of(source)
    files = sorted(path for path in source.rglob("*") if path.is_file())
    listing = "".join(f"{sha256_of(path)}  {path.relative_to(source).as_posix()}\n" for path in files)
    return hashlib.sha256(listing.encode()).hexdigest()


if __name__ == "__main__":
    run(main, __doc__, source=PATH, entry=JSON, limits=JSON, frames=PATH)
