"""Augmented variants of a training frame: warped images with their masks and weight maps."""

import hashlib

import numpy as np
import torch
from numpy.typing import NDArray

from unetlib.imaging.distance_targets import distance_targets, stored
from unetlib.imaging.labels import separate_touching
from unetlib.imaging.weight_maps import weight_map
from unetlib.training import augmentation
from unetlib.training.cached_variants import Variants
from unetlib.training.settings import AugmentationSettings, CacheSettings


def frame_generator(seed: int, frame: str) -> torch.Generator:
    """Return a generator that depends only on the seed and the frame's name, not on the order of work."""
    digest = hashlib.sha256(f"{seed}/{frame}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:7], "little"))


def training_targets(
    labels: NDArray, ignore: NDArray | None, settings: CacheSettings
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Return (mask, weight), both (H, W), for instance labels: 1-px gap, binary mask, weight map."""
    separated = separate_touching(labels) if settings.separate_touching else labels
    return (separated > 0).astype(np.uint8), weight_map(separated, settings.weight_map, ignore=ignore)


def make_variants(
    frame: str, image: NDArray, labels: NDArray, ignore: NDArray | None, settings: CacheSettings, *, seed: int
) -> Variants:
    """Return the unchanged frame (variant 0) and, with the policy "full", copies with warped shapes and grey values.

    The targets of a copy are computed from its own warped labels.
    """
    count = settings.augmentation.copies if settings.augmentation.policy == "full" else 0
    mask0, weight0 = training_targets(labels, ignore, settings)
    images, masks, maps, shown = [image], [mask0], [weight0.astype(np.float16)], [labels]
    generator = frame_generator(seed, frame)
    for _ in range(count):
        warped = warp(image, labels, ignore, settings.augmentation, generator=generator)
        mask, weight = training_targets(*warped[1:], settings)
        images.append(warped[0])
        masks.append(mask)
        maps.append(weight.astype(np.float16))
        shown.append(warped[1])
    distances = np.stack([stored(distance_targets(each)) for each in shown]) if settings.distances else None
    return Variants(frame, np.stack(images), np.stack(masks), np.stack(maps), distances)


def warp(
    image: NDArray,
    labels: NDArray,
    ignore: NDArray | None,
    settings: AugmentationSettings,
    *,
    generator: torch.Generator,
) -> tuple[NDArray, NDArray, NDArray[np.bool_] | None]:
    """Return image, labels and ignore region, each (H, W), after one random elastic + affine resample.

    Random numbers are drawn in this order: field, affine map, whether the field counts, grey values, whether they are
    inverted. Nothing is drawn for a probability of 0 or 1.
    """
    grid = _random_grid(generator, image.shape, settings)
    low, high = float(image.min()), float(image.max())
    span = max(high - low, 1e-12)
    unit = torch.from_numpy(((image.astype(np.float32) - low) / span)[None, None])
    moved = augmentation.jitter_intensity(
        generator,
        augmentation.resample(unit, grid, mode=settings.interpolation),
        gamma=settings.gamma,
        contrast=settings.contrast,
        brightness=settings.brightness,
        noise=settings.noise,
    )
    if _happens(generator, settings.invert_probability):
        moved = 1 - moved
    grey = moved[0, 0].numpy() * span + low
    planes = [labels.astype(np.float32)] + ([] if ignore is None else [ignore.astype(np.float32)])
    nearest = augmentation.resample(torch.from_numpy(np.stack(planes)[None]), grid, mode="nearest")[0].numpy()
    stored = grey if image.dtype.kind == "f" else np.rint(grey)
    return (
        stored.astype(image.dtype),
        nearest[0].astype(labels.dtype),
        None if ignore is None else nearest[1] > 0.5,
    )


def _random_grid(generator: torch.Generator, shape: tuple[int, ...], settings: AugmentationSettings) -> torch.Tensor:
    """Return the sampling grid of one random elastic field and affine map, drawn in this order."""
    field = augmentation.elastic_field(
        generator, 1, *shape, grid=settings.elastic_grid, sigma_px=settings.elastic_sigma_px
    )
    affine = augmentation.affine_matrices(
        generator, 1, rotation_deg=settings.rotation_deg, scale=settings.scale, shift_px=settings.shift_px
    )
    if not _happens(generator, settings.elastic_probability):
        field = torch.zeros_like(field)
    return augmentation.sampling_grid(field, affine)


def _happens(generator: torch.Generator, probability: float) -> bool:
    """Draw whether an event of this probability happens; probabilities 0 and 1 draw no random number."""
    if probability in (0, 1):
        return probability == 1
    return bool(torch.rand((), generator=generator) < probability)
