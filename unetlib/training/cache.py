"""Write and repair the augmented cache: warped copies of each training frame with their masks and weight maps.

Its arrays and its index are `cached_variants`; index.csv is written last. A frame that was finished before an
interruption is not computed again. Instances are warped, then separated and weighted: gaps and border weights follow
the warped cells.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from unetlib.datasets.dataset import Dataset
from unetlib.io.files import FileError, read_csv, read_json, sha256_of, short_hash, write_csv, write_json
from unetlib.io.outputs import earlier_files
from unetlib.io.settings import SettingsError
from unetlib.training.cached_variants import (
    CacheError,
    IndexRow,
    arrays_of,
    columns_of,
    damaged_frames,
    save_variants,
)
from unetlib.training.seen_images import seen_image
from unetlib.training.settings import CacheSettings
from unetlib.training.variants import make_variants

# A folder with anything else is no cache.
FILES = rf"[^/]+\.({'|'.join(arrays_of(distances=True))})\.npy|[^/]+\.json|index\.csv"


def write_cache(
    folder: Path,
    dataset: Dataset,
    frames: Sequence[str],
    settings: CacheSettings,
    *,
    seed: int,
    code: str,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Write the cache of these frames into a folder and return its index.csv, which is written last.

    code: a fingerprint of the code that makes the variants; remains of other settings, code or data are removed.
    Raises OutputError if the folder holds anything that is not part of a cache.
    """
    folder.mkdir(parents=True, exist_ok=True)
    journal = folder / "journal.json"
    table = sha256_of(dataset.folder / "frames.csv")
    fingerprint = short_hash([settings.identity(), seed, code, table])
    if _noted(journal).get("fingerprint") != fingerprint:
        for stale in earlier_files(folder, FILES, "part of a cache"):
            stale.unlink()
        write_json(journal, {"fingerprint": fingerprint, "settings": settings.identity(), "seed": seed})
    rows, columns = [], columns_of(distances=settings.distances)
    for done, frame in enumerate(frames, 1):
        note = folder / f"{frame}.row.json"  # never the journal's name, whatever the frame is called
        if set(row := _noted(note)) != set(columns):
            row = dict(_write_frame(folder, dataset, frame, settings, seed))
            write_json(note, row)
        rows.append(row)
        if progress:
            progress(done, len(frames))
    index = folder / "index.csv"
    write_csv(index, rows, columns)
    return index


def recorded_settings(folder: Path) -> tuple[CacheSettings, int]:
    """Return the settings and the seed that a cache was made with; raise CacheError if they are not recorded."""
    noted = _noted(folder / "journal.json")
    try:
        settings = CacheSettings.read(noted.get("settings"))
    except SettingsError as error:
        raise CacheError(f"{folder}: does not say how it was made ({error}); remove it and run again") from error
    if type(seed := noted.get("seed")) is not int:
        raise CacheError(f"{folder}: does not say with what seed it was made; remove it and run again")
    return settings, seed


def _noted(path: Path) -> dict[str, object]:
    """Return the notes of an earlier, interrupted run; empty if none can be read."""
    try:
        return read_json(path) if path.exists() else {}
    except FileError:
        return {}


def _write_frame(folder: Path, dataset: Dataset, frame: str, settings: CacheSettings, seed: int) -> IndexRow:
    """Make the variants of one frame and write them; return the frame's row of the index."""
    seen = seen_image(dataset, frame, settings.object_diameter_px)
    region = seen.ignore if seen.ignore.any() else None
    own = settings.scaled(seen.length_scale)
    return save_variants(folder, make_variants(frame, seen.image, seen.labels, region, own, seed=seed))


def repair(index: Path, dataset: Dataset) -> list[str]:
    """Rebuild the damaged frames of a cache byte for byte, and return their names.

    Two processes may repair one cache at once: files are replaced atomically and by equal bytes. Raises CacheError if
    the cache does not record how it was made, or if the same settings no longer give what its index lists.
    """
    frames = damaged_frames(index)
    if not frames:
        return []
    settings, seed = recorded_settings(index.parent)
    listed = {row["frame"]: row for row in read_csv(index, columns_of(distances=settings.distances))}
    for frame in frames:
        row = _write_frame(index.parent, dataset, frame, settings, seed)
        if {name: str(value) for name, value in row.items()} != listed[frame]:
            raise CacheError(
                f"{index}: {frame} was damaged and comes out otherwise now; remove {index.parent} and run again"
            )
    return frames
