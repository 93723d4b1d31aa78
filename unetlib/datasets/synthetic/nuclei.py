"""Simulate still images of nuclei with exact truth: fluorescence and stained histology."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from unetlib.datasets.synthetic.optics import Array, Labels, camera, keep_largest_pieces, smooth_noise, to_bytes

HAEMATOXYLIN = np.array([0.65, 0.70, 0.29])  # optical density per channel (Ruifrok & Johnston 2001)
EOSIN = np.array([0.07, 0.99, 0.11])


@dataclass(frozen=True)
class Acquisition:
    """The acquisition settings that the images of one well or slide share."""

    radius_px: float
    elongation: float
    blur_px: float
    haze: float
    photons: float
    gain: float
    brightness_spread: float
    stain: float
    histology: bool


def _slide(rng: np.random.Generator, *, histology: bool) -> Acquisition:
    return Acquisition(
        radius_px=rng.uniform(7.5, 12.0),
        elongation=rng.uniform(1.2, 2.4),
        blur_px=rng.uniform(0.8, 1.1) if histology else rng.uniform(0.8, 1.6),
        haze=rng.uniform(0.15, 0.45),
        photons=rng.uniform(25, 90),
        gain=rng.uniform(50, 120),
        brightness_spread=rng.uniform(0.4, 0.65),
        stain=rng.uniform(0.7, 1.4),
        histology=histology,
    )


def fluorescence(
    seed: int, *, frames: int = 24, height: int = 160, width: int = 160, histology_every: int = 6, per_slide: int = 2
) -> Iterator[tuple[NDArray[np.uint8], Labels]]:
    """Yield images (H, W, 4) RGBA uint8 of clustered nuclei with instance labels (H, W) uint16, slide by slide.

    Every second slide is 1.1 times as high and 1.3 times as wide; every `histology_every`-th shows dark stained
    nuclei on bright tissue in colour (0 = none). The `per_slide` images of a slide share their acquisition settings.
    """
    sizes = (height, width), (round(1.1 * height), round(1.3 * width))
    for index in range(frames):
        slide_number = index // per_slide
        stained = histology_every > 0 and slide_number % histology_every == histology_every - 1
        slide = _slide(np.random.default_rng([seed, 1, slide_number]), histology=stained)
        rng = np.random.default_rng([seed, 2, index])
        labels, profile = _nuclei(rng, sizes[slide_number % 2], slide)
        picture = _stained(rng, labels, profile, slide) if stained else _glowing(rng, labels, profile, slide)
        alpha = np.full((*labels.shape, 1), 255, np.uint8)
        yield np.concatenate([picture, alpha], axis=2), labels


def _nuclei(rng: np.random.Generator, shape: tuple[int, int], slide: Acquisition) -> tuple[Labels, Array]:
    """Return instance labels of clustered nuclei, and a profile that falls from 1 at a centre to 0 at the edge."""
    best = np.zeros(shape)
    labels = np.zeros(shape, np.uint16)
    rows, columns = np.mgrid[: shape[0], : shape[1]].astype(float)
    for number, (row, column, radius) in enumerate(_packed(rng, shape, slide), start=1):
        angle = rng.uniform(0, np.pi)
        stretch = np.sqrt(rng.uniform(1.0, slide.elongation))
        along = ((rows - row) * np.cos(angle) + (columns - column) * np.sin(angle)) / stretch
        across = ((columns - column) * np.cos(angle) - (rows - row) * np.sin(angle)) * stretch
        theta = np.arctan2(across, along)
        wobble = sum(rng.normal(0, 0.10 / k) * np.cos(k * theta + rng.uniform(0, 6.3)) for k in (2, 3, 4, 5))
        depth = 1 - np.hypot(along, across) / (radius * (1 + wobble))
        wins = depth > best
        best[wins] = depth[wins]
        labels[wins] = number
    labels = keep_largest_pieces(labels, 20)
    _, dense = np.unique(labels, return_inverse=True)
    labels = dense.reshape(shape).astype(np.uint16)
    return labels, np.where(labels > 0, best, 0)


def _packed(rng: np.random.Generator, shape: tuple[int, int], slide: Acquisition) -> list[tuple[float, float, float]]:
    """Return centres and radii (row, column, radius) of nuclei in touching clusters."""
    height, width = shape
    nuclei: list[tuple[float, float, float]] = []
    clusters = int(rng.integers(3, 6))
    wanted = int(rng.uniform(0.22, 0.42) * height * width / (np.pi * slide.radius_px**2))
    for attempt in range(40 * wanted):
        if len(nuclei) >= wanted:
            break
        radius = slide.radius_px * rng.uniform(0.75, 1.2)
        if attempt < clusters or not nuclei or rng.random() < 0.08:
            row, column = rng.uniform(0, height), rng.uniform(0, width)
        else:
            near = nuclei[int(rng.integers(len(nuclei)))]
            angle, reach = rng.uniform(0, 2 * np.pi), (near[2] + radius) * rng.uniform(0.85, 1.1)
            row, column = near[0] + reach * np.sin(angle), near[1] + reach * np.cos(angle)
        inside = -0.3 * radius < row < height + 0.3 * radius and -0.3 * radius < column < width + 0.3 * radius
        free = all(np.hypot(row - r, column - c) > 0.8 * (radius + other) for r, c, other in nuclei)
        if inside and free:
            nuclei.append((row, column, radius))
    return nuclei


def _glowing(rng: np.random.Generator, labels: Labels, profile: Array, slide: Acquisition) -> NDArray[np.uint8]:
    """Return an RGB image of bright nuclei on a dark, hazy background."""
    shape = labels.shape
    brightness = np.exp(rng.normal(0, slide.brightness_spread, int(labels.max()) + 1))
    brightness[0] = 0
    chromatin = 1 + 0.16 * smooth_noise(rng, shape, 1.6) + 0.10 * smooth_noise(rng, shape, 3.5)
    dome = 0.40 + 0.60 * np.sqrt(np.clip(1.8 * profile, 0, 1))
    light = brightness[labels] * dome * np.clip(chromatin, 0.3, None)
    ghosts = np.zeros(shape)  # nuclei far out of focus: visible, but no annotator would outline them
    ghosts[rng.integers(shape[0], size=4), rng.integers(shape[1], size=4)] = rng.uniform(60, 160, 4)
    scene = ndimage.gaussian_filter(light, slide.blur_px) + ndimage.gaussian_filter(ghosts, 7.0)
    scene += slide.haze * ndimage.gaussian_filter(light, 12.0) + 0.06 + 0.02 * smooth_noise(rng, shape, 40.0)
    grey = to_bytes(6 + slide.gain * camera(rng, scene, photons=slide.photons, read_noise=1.5))
    return np.repeat(grey[..., None], 3, axis=2)


def _stained(rng: np.random.Generator, labels: Labels, profile: Array, slide: Acquisition) -> NDArray[np.uint8]:
    """Return an RGB image of haematoxylin-stained nuclei on eosin-stained tissue, by the Beer-Lambert law."""
    shape = labels.shape
    density = slide.stain * rng.uniform(0.5, 1.2, int(labels.max()) + 1)
    density[0] = 0
    chromatin = 1 + 0.25 * smooth_noise(rng, shape, 1.5) + 0.15 * smooth_noise(rng, shape, 4.0)
    rim = 0.75 + 0.35 * np.exp(-profile / 0.12)
    blue = density[labels] * np.clip(chromatin, 0.2, None) * rim + 0.07 * slide.stain
    cytoplasm = ndimage.gaussian_filter((labels > 0) * 1.0, 3.5) * np.clip(1 + smooth_noise(rng, shape, 6.0), 0, 2)
    pink = 0.07 + 0.10 * _fibres(rng, shape) + 0.16 * cytoplasm
    blue += 0.10 * cytoplasm * slide.stain + 0.04 * np.clip(smooth_noise(rng, shape, 9.0), 0, None)
    optical = blue[..., None] * HAEMATOXYLIN + pink[..., None] * EOSIN
    optical = ndimage.gaussian_filter(optical, (slide.blur_px, slide.blur_px, 0))
    light = 242 * np.exp(-optical) * (1 + 0.02 * smooth_noise(rng, shape, 40.0)[..., None])
    return to_bytes(light + rng.normal(0, 3.0, light.shape))


def _fibres(rng: np.random.Generator, shape: tuple[int, int]) -> Array:
    """Return wavy collagen strands, (H, W) from 0 to about 2: contour lines of a smooth random field, in patches."""
    angle = rng.uniform(0, np.pi)
    rows, columns = np.mgrid[: shape[0], : shape[1]].astype(float)
    across = rows * np.cos(angle) + columns * np.sin(angle) + 9 * smooth_noise(rng, shape, 16.0)
    strands = np.cos(across * rng.uniform(0.35, 0.6) + 1.5 * smooth_noise(rng, shape, 4.0))
    return np.clip(strands, 0, None) * np.clip(0.5 + smooth_noise(rng, shape, 15.0), 0, 2)
