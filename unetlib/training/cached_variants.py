"""Read and write the variants of training frames in a cache: three or four arrays per frame, and an index.

A cache is a folder with `<frame>.{image,mask,weight}.npy`, each (variants, H, W), and `index.csv`; with distance
targets also `<frame>.distances.npy`, (variants, 2, H, W). Making variants needs PyTorch, reading them does not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NotRequired, TypedDict

import numpy as np
from numpy.typing import NDArray

from unetlib.datasets.checks import check_frame_id
from unetlib.io.files import atomic_path, read_csv, sha256_of

ARRAYS = ("image", "mask", "weight")
DISTANCES = "distances"  # an array of caches with distance targets
_DTYPES = {
    "image": (np.uint8, np.uint16, np.float32),
    "mask": (np.uint8,),
    "weight": (np.float16,),
    DISTANCES: (np.uint8,),
}


class CacheError(ValueError):
    """A cache does not match its index."""


class IndexRow(TypedDict):
    """A row of index.csv: a frame, the shape of its arrays, and the SHA-256 of each file."""

    frame: str
    variants: int
    height: int
    width: int
    image_sha256: str
    mask_sha256: str
    weight_sha256: str
    distances_sha256: NotRequired[str]


COLUMNS = tuple(name for name in IndexRow.__annotations__ if name != f"{DISTANCES}_sha256")


def arrays_of(*, distances: bool) -> tuple[str, ...]:
    """Return the names of the arrays of a frame, in a cache with distance targets or without."""
    return (*ARRAYS, DISTANCES) if distances else ARRAYS


def columns_of(*, distances: bool) -> tuple[str, ...]:
    """Return the columns of the index of such a cache."""
    return (*COLUMNS, f"{DISTANCES}_sha256") if distances else COLUMNS


@dataclass(frozen=True)
class Variants:
    """One frame's variants: image (N, H, W) as stored, mask uint8 (N, H, W), weight float16 (N, H, W).

    distances: uint8 (N, 2, H, W), as `distance_targets.stored`; None in a cache without.
    """

    frame: str
    image: NDArray
    mask: NDArray[np.uint8]
    weight: NDArray[np.float16]
    distances: NDArray[np.uint8] | None = None


def save_variants(folder: Path, variants: Variants) -> IndexRow:
    """Write the arrays of one frame, each atomically, and return the frame's row of the index."""
    count, height, width = variants.image.shape
    checksums = {}
    for name in arrays_of(distances=variants.distances is not None):
        path = folder / f"{variants.frame}.{name}.npy"
        with atomic_path(path) as temporary, temporary.open("wb") as handle:
            np.save(handle, getattr(variants, name))
        checksums[name] = sha256_of(path)
    row: IndexRow = {
        "frame": variants.frame,
        "variants": count,
        "height": height,
        "width": width,
        "image_sha256": checksums["image"],
        "mask_sha256": checksums["mask"],
        "weight_sha256": checksums["weight"],
    }
    if DISTANCES in checksums:
        row["distances_sha256"] = checksums[DISTANCES]
    return row


def read_cache(index: Path, *, verify: bool = False) -> list[Variants]:
    """Return the memory-mapped variants of every frame of a cache; `verify` checks every file's SHA-256.

    Raises CacheError for an array that does not match the index, and FileError for an index that is not a table.
    """
    found = []
    for row in read_csv(index, COLUMNS):
        check_frame_id(row["frame"], str(index))
        arrays = {}
        for name in _listed(row):
            path = index.parent / f"{row['frame']}.{name}.npy"
            if not path.exists():
                raise CacheError(f"{path}: missing although {index.name} lists it; remove {index} and run again")
            if verify and sha256_of(path) != row[f"{name}_sha256"]:
                raise CacheError(
                    f"{path}: its sha256 is not the one {index.name} lists; remove {index.parent} and run again"
                )
            planes = ("2",) if name == DISTANCES else ()
            arrays[name] = _mapped(path, name, (row["variants"], *planes, row["height"], row["width"]))
        found.append(Variants(row["frame"], **arrays))
    return found


def _listed(row: Mapping[str, str]) -> tuple[str, ...]:
    """Return the arrays that a row of an index lists."""
    return arrays_of(distances=f"{DISTANCES}_sha256" in row)


def _mapped(path: Path, name: str, shape: tuple[str, ...]) -> NDArray:
    """Memory-map one array of a cache; raise CacheError unless its shape and type are those of the index."""
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
    """Return the frames of a cache with a file that is missing or does not match its checksum in index.csv.

    Raises FileError for an index that is not a table, and DatasetError for an invalid frame name.
    """
    found = []
    for row in read_csv(index, COLUMNS):
        check_frame_id(row["frame"], str(index))
        files = {name: index.parent / f"{row['frame']}.{name}.npy" for name in _listed(row)}
        if not all(_is_whole(path, row[f"{name}_sha256"]) for name, path in files.items()):
            found.append(row["frame"])
    return found


def _is_whole(path: Path, sha256: str) -> bool:
    return path.is_file() and sha256_of(path) == sha256
