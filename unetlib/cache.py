"""The augmented cache: N warped variants of each training frame with their masks and weight maps, memory-mapped.

A cache is a folder with `<frame>.{image,mask,weight}.npy`, each (variants, H, W), and `index.csv`, written
last. A frame that was finished before an interruption is not computed again. Instances are warped, then
separated and weighted: gaps and border weights follow the warped cells.
"""

import hashlib
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from unetlib import augment
from unetlib.checks import check_frame_id
from unetlib.files import FileError, atomic_path, read_csv, read_json, sha256_of, write_csv, write_json
from unetlib.labels import separate_touching
from unetlib.samples import Dataset
from unetlib.weights import weight_map

ARRAYS = ("image", "mask", "weight")
_DTYPES = {"image": (np.uint8, np.uint16, np.float32), "mask": (np.uint8,), "weight": (np.float16,)}
COLUMNS = ("frame", "variants", "height", "width", "image_sha256", "mask_sha256", "weight_sha256")


class CacheError(ValueError):
    """A cache that is not what its index says."""


@dataclass(frozen=True)
class Variants:
    """One frame's variants: image (N, H, W) as stored, mask uint8 (N, H, W), weight float16 (N, H, W)."""

    frame: str
    image: NDArray
    mask: NDArray[np.uint8]
    weight: NDArray[np.float16]


def frame_generator(seed: int, frame: str) -> torch.Generator:
    """Return a generator that depends on the seed and the frame's name alone, not on the order of work."""
    digest = hashlib.sha256(f"{seed}/{frame}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:7], "little"))


def targets(
    labels: NDArray, ignore: NDArray | None, weights: Mapping[str, Any], *, gap: bool = True
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Return (mask, weight), both (H, W), for instance labels: 1-px gap, binary mask, weight map."""
    separated = separate_touching(labels) if gap else labels
    return (separated > 0).astype(np.uint8), weight_map(separated, **weights, ignore=ignore)


def make_variants(
    frame: str,
    image: NDArray,
    labels: NDArray,
    ignore: NDArray | None,
    *,
    weights: Mapping[str, Any],
    augmentation: Mapping[str, Any],
    gap: bool,
    seed: int,
) -> Variants:
    """Return the frame as it is (variant 0) and, for policy full, its warped and re-toned variants."""
    settings = dict(augmentation)
    count = settings.pop("variants") if settings.pop("policy") == "full" else 0
    mask0, weight0 = targets(labels, ignore, weights, gap=gap)
    images, masks, maps = [image], [mask0], [weight0.astype(np.float16)]
    generator = frame_generator(seed, frame)
    for _ in range(count):
        warped_image, warped_labels, warped_ignore = warp(image, labels, ignore, generator=generator, **settings)
        mask, weight = targets(warped_labels, warped_ignore, weights, gap=gap)
        images.append(warped_image)
        masks.append(mask)
        maps.append(weight.astype(np.float16))
    return Variants(frame, np.stack(images), np.stack(masks), np.stack(maps))


def warp(
    image: NDArray,
    labels: NDArray,
    ignore: NDArray | None,
    *,
    generator: torch.Generator,
    elastic_grid: int,
    elastic_sigma_px: float,
    rotation_deg: float,
    scale: float,
    shift_px: float,
    interpolation: str,
    gamma: float,
    contrast: float,
    brightness: float,
    noise: float,
) -> tuple[NDArray, NDArray, NDArray[np.bool_] | None]:
    """Return image, labels and ignore region, each (H, W), after one random elastic + affine resample."""
    height, width = image.shape
    field = augment.elastic_field(generator, 1, height, width, grid=elastic_grid, sigma_px=elastic_sigma_px)
    affine = augment.affine_matrices(generator, 1, rotation_deg=rotation_deg, scale=scale, shift_px=shift_px)
    grid = augment.source_grid(field, affine)
    low, high = float(image.min()), float(image.max())
    span = max(high - low, 1e-12)
    unit = torch.from_numpy(((image.astype(np.float32) - low) / span)[None, None])
    moved = augment.resample(unit, grid, mode=interpolation)
    moved = augment.vary_grey(generator, moved, gamma=gamma, contrast=contrast, brightness=brightness, noise=noise)
    grey = moved[0, 0].numpy() * span + low
    planes = [labels.astype(np.float32)] + ([] if ignore is None else [ignore.astype(np.float32)])
    nearest = augment.resample(torch.from_numpy(np.stack(planes)[None]), grid, mode="nearest")[0].numpy()
    stored = grey if image.dtype.kind == "f" else np.rint(grey)
    return (
        stored.astype(image.dtype),
        nearest[0].astype(labels.dtype),
        None if ignore is None else nearest[1] > 0.5,
    )


def write_cache(
    folder: Path,
    dataset: Dataset,
    frames: Sequence[str],
    *,
    weights: Mapping[str, Any],
    augmentation: Mapping[str, Any],
    gap: bool,
    seed: int,
    fingerprint: str,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Write the cache of these frames into folder and return its index.csv, which appears only when all is there.

    fingerprint names what the variants depend on (settings, code, data); frames left by another one are removed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    journal = folder / "journal.json"
    made_by = {"weights": weights, "augmentation": augmentation, "gap": gap, "seed": seed}
    if _noted(journal).get("fingerprint") != fingerprint:
        for stale in folder.iterdir():
            shutil.rmtree(stale) if stale.is_dir() else stale.unlink()
        write_json(journal, {"fingerprint": fingerprint, "settings": made_by})
    rows = []
    for done, frame in enumerate(frames, 1):
        note = folder / f"{frame}.json"
        if set(row := _noted(note)) != set(COLUMNS):
            image, labels, ignore = dataset.seen(frame)
            region = ignore if ignore.any() else None
            made = make_variants(
                frame, image, labels, region, weights=weights, augmentation=augmentation, gap=gap, seed=seed
            )
            row = save_variants(folder, made)
            write_json(note, row)
        rows.append(row)
        if progress:
            progress(done, len(frames))
    index = folder / "index.csv"
    write_csv(index, rows, COLUMNS)
    return index


def recorded_settings(folder: Path) -> dict[str, Any]:
    """Return weights, augmentation, gap and seed that a cache was made with; CacheError where it does not say."""
    settings = _noted(folder / "journal.json").get("settings")
    if not isinstance(settings, dict) or set(settings) != {"weights", "augmentation", "gap", "seed"}:
        raise CacheError(f"{folder}: does not say how it was made; remove it and run again")
    return settings


def _noted(path: Path) -> dict[str, Any]:
    """Return what an earlier, interrupted run noted; nothing where it noted nothing that can be read."""
    try:
        return read_json(path) if path.exists() else {}
    except FileError:
        return {}


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
