"""A damaged cache made whole: each file against the checksum in the index, what is off made again from the dataset."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from unetlib.cache import ARRAYS, COLUMNS, CacheError, make_variants, recorded_settings, save_variants
from unetlib.checks import check_frame_id
from unetlib.files import read_csv, sha256_of
from unetlib.samples import Dataset


def damaged_frames(index: Path) -> list[str]:
    """Return the frames of a cache with a file that is missing or not what its checksum in index.csv says.

    Raises FileError for an index that is no table, SampleError for a name that is no frame's.
    """
    found = []
    for row in read_csv(index, COLUMNS):
        check_frame_id(row["frame"], str(index))
        if not all(_is_whole(index.parent / f"{row['frame']}.{name}.npy", row[f"{name}_sha256"]) for name in ARRAYS):
            found.append(row["frame"])
    return found


def mend(index: Path, dataset: Dataset) -> list[str]:
    """Return the damaged frames of a cache after making them again, byte by byte what they were.

    Two processes may mend one cache at once: files are replaced whole, and by equal bytes. Raises CacheError where
    the cache does not say how it was made, or where the same settings no longer give what its index lists.
    """
    frames = damaged_frames(index)
    if not frames:
        return []
    listed = {row["frame"]: row for row in read_csv(index, COLUMNS)}
    settings = recorded_settings(index.parent)
    for frame in frames:
        row = _made_again(index.parent, dataset, frame, settings)
        if {name: str(row[name]) for name in COLUMNS} != {name: listed[frame][name] for name in COLUMNS}:
            raise CacheError(
                f"{index}: {frame} was damaged and comes out otherwise now; remove {index.parent} and run again"
            )
    return frames


def _made_again(folder: Path, dataset: Dataset, frame: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    image, labels, ignore = dataset.seen(frame)
    region = ignore if ignore.any() else None
    return save_variants(folder, make_variants(frame, image, labels, region, **settings))


def _is_whole(path: Path, sha256: str) -> bool:
    return path.is_file() and sha256_of(path) == sha256
