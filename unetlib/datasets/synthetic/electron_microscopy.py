"""Simulate serial-section electron microscopy: thin membranes between cells, and organelles that resemble them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from unetlib.datasets.synthetic.optics import Array, Labels, keep_largest_pieces, smooth_noise, to_bytes

MEMBRANE_HALF_WIDTH_PX = 1.7


@dataclass(frozen=True)
class SectionStack:
    """Slices (Z, H, W): `images` uint8, `labels` uint16 with 0 = membrane and one id per cell."""

    images: NDArray[np.uint8]
    labels: Labels


def membranes(
    seed: int, *, frames: int = 16, height: int = 192, width: int = 192, cell_px: float = 21.0
) -> SectionStack:
    """Return `frames` sections of cells of very different sizes (mean width `cell_px`) that change slowly in z."""
    rng = np.random.default_rng([seed, 3])
    shape = (frames, height, width)
    owner, distance = _cells(rng, shape, cell_px)
    labels = np.where(distance >= MEMBRANE_HALF_WIDTH_PX, owner, 0).astype(np.uint16)
    labels = np.stack([keep_largest_pieces(one, 12) for one in labels])
    tissue = _cytoplasm(rng, owner, distance)
    tissue -= _organelles(rng, distance)
    tissue -= _membrane_density(rng, labels, distance)
    return SectionStack(_sections(rng, tissue), labels)


def _cells(rng: np.random.Generator, shape: tuple[int, int, int], cell_px: float) -> tuple[Labels, Array]:
    """Return the cell of each pixel and its distance to the next cell, from a warped power diagram that drifts in z."""
    slices, height, width = shape
    count = int(height * width / cell_px**2 * 2.2)
    start = rng.uniform(-cell_px, np.array([height, width]) + cell_px, (count, 2))
    drift = np.cumsum(rng.normal(0, 0.7, (slices, count, 2)), axis=0) + rng.normal(0, 0.5, (1, count, 2))
    sway = np.arange(slices)[:, None, None] * rng.normal(0, 0.4, (1, count, 2))
    seeds = start + drift + sway
    # Without the bound, one cell could fill the field.
    sizes = (cell_px * np.minimum(rng.lognormal(-1.0, 0.7, count), 1.8)) ** 2
    breath = 1 + 0.25 * np.sin(np.arange(slices)[:, None] * 0.35 + rng.uniform(0, 6.3, count))
    rows, columns = np.mgrid[:height, :width].astype(float)
    warp = [6 * smooth_noise(rng, shape, (4, 13, 13)) + 1.2 * smooth_noise(rng, shape, (2, 4, 4)) for _ in "rc"]
    owner, distance = np.zeros(shape, np.uint16), np.zeros(shape)
    for z in range(slices):
        points = np.stack([rows + warp[0][z], columns + warp[1][z]]).reshape(2, -1)
        owner[z], distance[z] = _power_diagram(points, seeds[z], sizes * breath[z], (height, width))
    return owner, distance


def _power_diagram(points: Array, seeds: Array, weights: Array, shape: tuple[int, int]) -> tuple[Labels, Array]:
    """Return the nearest seed (from 1) by power distance, and the distance in px to the border with the next cell."""
    # The squared distance without |p|², which is the same for all seeds.
    power = (seeds**2).sum(1)[:, None] - weights[:, None] - 2 * seeds @ points
    owner = power.argmin(0)
    least = np.take_along_axis(power, owner[None], 0)[0]
    apart = np.sqrt(((seeds[:, None] - seeds[None]) ** 2).sum(2)) + 1e-9
    distance = np.full(len(owner), np.inf)
    for other in range(len(seeds)):
        gap = (power[other] - least) / (2 * apart[other][owner])
        gap[owner == other] = np.inf
        np.minimum(distance, gap, out=distance)
    return (owner + 1).reshape(shape).astype(np.uint16), distance.reshape(shape)


def _cytoplasm(rng: np.random.Generator, owner: Labels, distance: Array) -> Array:
    """Return the grey values of cell interiors: one per cell, with grain and dark specks (microtubules, ribosomes)."""
    grey = 168 + rng.normal(0, 9, int(owner.max()) + 1)[owner]
    grey += 7 * smooth_noise(rng, owner.shape, (1.0, 3.0, 3.0)) + 6 * smooth_noise(rng, owner.shape, (2, 20, 20))
    specks = smooth_noise(rng, owner.shape, (0.6, 1.0, 1.0)) > 2.45
    grey -= 48 * ndimage.gaussian_filter(specks * 1.0, (0, 0.7, 0.7)) * (distance > 3)
    return grey


def _membrane_density(rng: np.random.Generator, labels: Labels, distance: Array) -> Array:
    """Return how much darker membranes are: thin and crisp if cut perpendicularly, pale and wide if cut obliquely."""
    crisp = np.clip(1 + 0.4 * smooth_noise(rng, labels.shape, (1.2, 9, 9)), 0.3, 1.25)
    wide = 1.35 / np.sqrt(crisp)
    return 95 * crisp * np.exp(-0.5 * (distance / wide) ** 2)


def _organelles(rng: np.random.Generator, distance: Array) -> Array:
    """Return how much darker mitochondria, vesicles and reticulum are than the cytoplasm around them."""
    darker = np.zeros(distance.shape)
    slices, height, width = distance.shape
    area = height * width / 192**2 * slices / 16
    for _ in range(int(22 * area)):
        _mitochondrion(rng, darker, distance)
    for _ in range(int(260 * area)):
        _vesicle(rng, darker, distance)
    for _ in range(int(60 * area)):
        _reticulum(rng, darker, distance)
    return darker * np.clip((distance - 1.5) / 1.5, 0, 1)


def _site(rng: np.random.Generator, distance: Array, room_px: float) -> tuple[int, int, int] | None:
    """Return a random (z, row, column) at least `room_px` from any membrane, or None after 60 attempts."""
    for _ in range(60):
        z, row, column = (int(rng.integers(size)) for size in distance.shape)
        if distance[z, row, column] >= room_px:
            return z, row, column
    return None


def _window(row: float, column: float, reach: int, shape: tuple[int, ...]) -> tuple[slice, slice, Array, Array]:
    top, left = max(int(row) - reach, 0), max(int(column) - reach, 0)
    bottom = max(min(int(row) + reach + 1, shape[-2]), top)
    right = max(min(int(column) + reach + 1, shape[-1]), left)
    rows, columns = np.mgrid[top:bottom, left:right].astype(float)
    return slice(top, bottom), slice(left, right), rows - row, columns - column


def _mitochondrion(rng: np.random.Generator, darker: Array, distance: Array) -> None:
    site = _site(rng, distance, 7.0)
    if site is None:
        return
    z0, row, column = site
    long, short, half_z = rng.uniform(8, 14), rng.uniform(4.5, 7), rng.uniform(3, 7)
    angle, pitch, dark = rng.uniform(0, np.pi), rng.uniform(3.0, 4.5), rng.uniform(18, 45)
    for z in range(max(int(z0 - half_z), 0), min(int(z0 + half_z) + 1, len(darker))):
        scale = np.sqrt(max(1 - ((z - z0) / half_z) ** 2, 0.05))
        box_r, box_c, dr, dc = _window(row + 0.5 * (z - z0), column, 16, darker.shape)
        along, across = dr * np.cos(angle) + dc * np.sin(angle), dc * np.cos(angle) - dr * np.sin(angle)
        rim_px = (1 - np.hypot(along / long, across / short) / scale) * short
        cristae = 0.5 * (1 + np.sin(along * 2 * np.pi / pitch + 0.6 * across)) * np.clip(rim_px - 1.5, 0, 1)
        patch = np.clip(rim_px, 0, 1) * dark + 30 * cristae + 62 * np.exp(-0.5 * ((rim_px - 0.8) / 0.8) ** 2)
        darker[z, box_r, box_c] = np.maximum(darker[z, box_r, box_c], np.where(rim_px > -2.5, patch, 0))


def _vesicle(rng: np.random.Generator, darker: Array, distance: Array) -> None:
    site = _site(rng, distance, 4.0)
    if site is None:
        return
    z, row, column = site
    for _ in range(int(rng.integers(1, 5))):
        centre = row + rng.normal(0, 5), column + rng.normal(0, 5)
        radius, dark = rng.uniform(1.6, 3.2), rng.uniform(35, 75)
        box_r, box_c, dr, dc = _window(*centre, 6, darker.shape)
        ring = dark * np.exp(-0.5 * ((np.hypot(dr, dc) - radius) / 0.75) ** 2)
        darker[z, box_r, box_c] = np.maximum(darker[z, box_r, box_c], ring)


def _reticulum(rng: np.random.Generator, darker: Array, distance: Array) -> None:
    """Draw a curved dark line inside a cell, through two or three slices: a membrane that is not a cell border."""
    site = _site(rng, distance, 6.0)
    if site is None:
        return
    z0, row, column = site
    angle, bend, half = rng.uniform(0, 2 * np.pi), rng.normal(0, 0.03), rng.uniform(5, 14)
    dark = rng.uniform(40, 80)
    for z in range(z0, min(z0 + int(rng.integers(2, 4)), len(darker))):
        box_r, box_c, dr, dc = _window(row + 0.8 * (z - z0), column, 16, darker.shape)
        along, across = dr * np.cos(angle) + dc * np.sin(angle), dc * np.cos(angle) - dr * np.sin(angle)
        line = np.exp(-0.5 * ((across - bend * along**2) / 0.9) ** 2) * (np.abs(along) < half)
        darker[z, box_r, box_c] = np.maximum(darker[z, box_r, box_c], dark * line)


def _sections(rng: np.random.Generator, tissue: Array) -> NDArray[np.uint8]:
    """Return the sections as imaged: slight defocus, shot and detector noise, a contrast that varies by section."""
    blurred = ndimage.gaussian_filter(tissue, (0, 0.7, 0.7))
    slices = len(tissue)
    contrast, offset = rng.uniform(0.85, 1.1, (slices, 1, 1)), rng.normal(0, 6, (slices, 1, 1))
    grain = ndimage.gaussian_filter(rng.standard_normal(tissue.shape), (0, 0.6, 0.6))
    shot = rng.standard_normal(tissue.shape) * np.sqrt(np.maximum(blurred, 1)) * 0.9
    noisy = blurred + shot + 22 * grain
    return to_bytes(128 + contrast * (noisy - 140) + offset)
