"""Augmented variants of a training frame: warped images with their masks and weight maps."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from unetlib.imaging.labels import separate_touching
from unetlib.imaging.weight_maps import weight_map
from unetlib.training import augmentation


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


def training_targets(
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
    mask0, weight0 = training_targets(labels, ignore, weights, gap=gap)
    images, masks, maps = [image], [mask0], [weight0.astype(np.float16)]
    generator = frame_generator(seed, frame)
    for _ in range(count):
        warped_image, warped_labels, warped_ignore = warp(image, labels, ignore, generator=generator, **settings)
        mask, weight = training_targets(warped_labels, warped_ignore, weights, gap=gap)
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
    field = augmentation.elastic_field(generator, 1, height, width, grid=elastic_grid, sigma_px=elastic_sigma_px)
    affine = augmentation.affine_matrices(generator, 1, rotation_deg=rotation_deg, scale=scale, shift_px=shift_px)
    grid = augmentation.sampling_grid(field, affine)
    low, high = float(image.min()), float(image.max())
    span = max(high - low, 1e-12)
    unit = torch.from_numpy(((image.astype(np.float32) - low) / span)[None, None])
    moved = augmentation.resample(unit, grid, mode=interpolation)
    moved = augmentation.jitter_intensity(
        generator, moved, gamma=gamma, contrast=contrast, brightness=brightness, noise=noise
    )
    grey = moved[0, 0].numpy() * span + low
    planes = [labels.astype(np.float32)] + ([] if ignore is None else [ignore.astype(np.float32)])
    nearest = augmentation.resample(torch.from_numpy(np.stack(planes)[None]), grid, mode="nearest")[0].numpy()
    stored = grey if image.dtype.kind == "f" else np.rint(grey)
    return (
        stored.astype(image.dtype),
        nearest[0].astype(labels.dtype),
        None if ignore is None else nearest[1] > 0.5,
    )
