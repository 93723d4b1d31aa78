"""The augmented cache: warped copies of each training frame with their masks and weight maps, memory-mapped.

A cache is a folder with `<frame>.{image,mask,weight}.npy`, each (variants, H, W), and `index.csv`, written
last. A frame that was finished before an interruption is not computed again. Instances are warped, then
separated and weighted: gaps and border weights follow the warped cells.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unetlib.datasets.checks import check_frame_id
from unetlib.datasets.dataset import Dataset
from unetlib.io.files import FileError, atomic_path, read_csv, read_json, sha256_of, write_csv, write_json
from unetlib.io.outputs import earlier_files
from unetlib.io.settings import SettingsError
from unetlib.training.settings import CacheSettings
from unetlib.training.variants import Variants, make_variants

ARRAYS = ("image", "mask", "weight")
_DTYPES = {"image": (np.uint8, np.uint16, np.float32), "mask": (np.uint8,), "weight": (np.float16,)}
FILES = rf"[^/]+\.({'|'.join(ARRAYS)})\.npy|[^/]+\.json|index\.csv"  # a folder with anything else is no cache
COLUMNS = ("frame", "variants", "height", "width", "image_sha256", "mask_sha256", "weight_sha256")


class CacheError(ValueError):
    """A cache that is not what its index says."""


def write_cache(
    folder: Path,
    dataset: Dataset,
    frames: Sequence[str],
    settings: CacheSettings,
    *,
    seed: int,
    fingerprint: str,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Write the cache of these frames into folder and return its index.csv, which appears only when all is there.

    fingerprint names what the variants depend on (settings, code, data); frames left by another one are removed.
    Raises OutputError where the folder holds what is no part of a cache.
    """
    folder.mkdir(parents=True, exist_ok=True)
    journal = folder / "journal.json"
    if _noted(journal).get("fingerprint") != fingerprint:
        for stale in earlier_files(folder, FILES, "part of a cache"):
            stale.unlink()
        write_json(journal, {"fingerprint": fingerprint, "settings": settings.identity(), "seed": seed})
    rows = []
    for done, frame in enumerate(frames, 1):
        note = folder / f"{frame}.json"
        if set(row := _noted(note)) != set(COLUMNS):
            row = _write_frame(folder, dataset, frame, settings, seed)
            write_json(note, row)
        rows.append(row)
        if progress:
            progress(done, len(frames))
    index = folder / "index.csv"
    write_csv(index, rows, COLUMNS)
    return index


def recorded_settings(folder: Path) -> tuple[CacheSettings, int]:
    """Return the settings and the seed that a cache was made with; CacheError where it does not say."""
    noted = _noted(folder / "journal.json")
    try:
        settings = CacheSettings.read(noted.get("settings"))
    except SettingsError as error:
        raise CacheError(f"{folder}: does not say how it was made ({error}); remove it and run again") from error
    if type(seed := noted.get("seed")) is not int:
        raise CacheError(f"{folder}: does not say with what seed it was made; remove it and run again")
    return settings, seed


def _noted(path: Path) -> dict[str, Any]:
    """Return what an earlier, interrupted run noted; nothing where it noted nothing that can be read."""
    try:
        return read_json(path) if path.exists() else {}
    except FileError:
        return {}


def _write_frame(folder: Path, dataset: Dataset, frame: str, settings: CacheSettings, seed: int) -> dict[str, Any]:
    """Make the variants of one frame and write them; return the frame's row of the index."""
    image, labels, ignore = dataset.seen(frame)
    region = ignore if ignore.any() else None
    return save_variants(folder, make_variants(frame, image, labels, region, settings, seed=seed))


def save_variants(folder: Path, variants: Variants) -> dict[str, Any]:
    """Write the three arrays of one frame, each whole or not at all, and return the frame's row of the index."""
    count, height, width = variants.image.shape
    row: dict[str, Any] = {"frame": variants.frame, "variants": count, "height": height, "width": width}
    for name in ARRAYS:
        path = folder / f"{variants.frame}.{name}.npy"
        with atomic_path(path) as temporary, temporary.open("wb") as handle:
            np.save(handle, getattr(variants, name))
        row[f"{name}_sha256"] = sha256_of(path)
    return row


def read_cache(index: Path, *, verify: bool = False) -> list[Variants]:
    """Return the memory-mapped variants of every frame of a cache; with verify, each file is checked by sha256.

    Raises CacheError for an array that is not what the index says, FileError for an index that is no table.
    """
    found = []
    for row in read_csv(index, COLUMNS):
        check_frame_id(row["frame"], str(index))
        arrays = {}
        for name in ARRAYS:
            path = index.parent / f"{row['frame']}.{name}.npy"
            if not path.exists():
                raise CacheError(f"{path}: missing although {index.name} lists it; remove {index} and run again")
            if verify and sha256_of(path) != row[f"{name}_sha256"]:
                raise CacheError(
                    f"{path}: its sha256 is not the one {index.name} lists; remove {index.parent} and run again"
                )
            arrays[name] = _mapped(path, name, (row["variants"], row["height"], row["width"]))
        found.append(Variants(row["frame"], arrays["image"], arrays["mask"], arrays["weight"]))
    return found


def _mapped(path: Path, name: str, shape: tuple[str, ...]) -> NDArray:
    """Return one array of a cache, memory-mapped; CacheError unless it is of the shape in the index and of its type."""
    try:
        array = np.lib.format.open_memmap(path, mode="r")
    except Exception as error:  # the header is Python text: a damaged one fails in as many ways as Python has
        reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise CacheError(f"{path}: unreadable ({reason}); remove {path.parent} and run again") from error
    if array.dtype not in _DTYPES[name] or tuple(map(str, array.shape)) != shape:
        found = f"{array.dtype} of shape {array.shape}"
        raise CacheError(f"{path}: holds {found}, unlike its index.csv; remove {path.parent} and run again")
    return array


def damaged_frames(index: Path) -> list[str]:
    """Return the frames of a cache with a file that is missing or not what its checksum in index.csv says.

    Raises FileError for an index that is no table, DatasetError for a name that is no frame's.
    """
    found = []
    for row in read_csv(index, COLUMNS):
        check_frame_id(row["frame"], str(index))
        if not all(_is_whole(index.parent / f"{row['frame']}.{name}.npy", row[f"{name}_sha256"]) for name in ARRAYS):
            found.append(row["frame"])
    return found


def repair(index: Path, dataset: Dataset) -> list[str]:
    """Rebuild the damaged frames of a cache, byte by byte what they were, and return which they are.

    Two processes may repair one cache at once: files are replaced whole, and by equal bytes. Raises CacheError where
    the cache does not say how it was made, or where the same settings no longer give what its index lists.
    """
    frames = damaged_frames(index)
    if not frames:
        return []
    listed = {row["frame"]: row for row in read_csv(index, COLUMNS)}
    settings, seed = recorded_settings(index.parent)
    for frame in frames:
        row = _write_frame(index.parent, dataset, frame, settings, seed)
        if {name: str(row[name]) for name in COLUMNS} != {name: listed[frame][name] for name in COLUMNS}:
            raise CacheError(
                f"{index}: {frame} was damaged and comes out otherwise now; remove {index.parent} and run again"
            )
    return frames


def _is_whole(path: Path, sha256: str) -> bool:
    return path.is_file() and sha256_of(path) == sha256
