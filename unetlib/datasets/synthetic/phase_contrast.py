"""Simulate phase-contrast time-lapse: the optics of cells, debris, uneven illumination and the camera."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from unetlib.datasets.synthetic.moving_cells import Cell, SimulatedTrack, founders, outlines, sample, step
from unetlib.datasets.synthetic.optics import Array, Labels, smooth_noise, to_bytes


@dataclass(frozen=True)
class TimeLapse:
    """Frames (T, H, W): `images` uint8, `labels` uint16 with ids that persist over time, and their tracks."""

    images: NDArray[np.uint8]
    labels: Labels
    tracks: list[SimulatedTrack]


@dataclass(frozen=True)
class Background:
    """The background (H, W), constant over time: uneven illumination as a factor, debris as grey values."""

    illumination: Array
    debris: Array


def phase_contrast(
    seed: int, *, frames: int = 12, height: int = 200, width: int = 232, cells: int = 9, divisions: int = 2
) -> TimeLapse:
    """Return a time-lapse of `cells` cells in touching groups, `divisions` of which divide."""
    rng = np.random.default_rng([seed, 4])
    shape = (height, width)
    population = founders(rng, shape, cells, divisions=divisions, frames=frames)
    scenery = _scenery(rng, shape)
    tracks: list[SimulatedTrack] = []
    images, labels = [], []
    for time in range(frames):
        population, ended = step(rng, population, time, shape)
        drawn, depth = outlines(population, time, shape)
        images.append(_photograph(rng, population, drawn, depth, scenery))
        labels.append(drawn)
        tracks += ended
    tracks += [SimulatedTrack(cell.label, cell.begin, frames - 1, cell.parent) for cell in population]
    return TimeLapse(np.stack(images), np.stack(labels), sorted(tracks, key=lambda track: track.label))


def _scenery(rng: np.random.Generator, shape: tuple[int, int]) -> Background:
    rows, columns = np.mgrid[-1 : 1 : shape[0] * 1j, -1 : 1 : shape[1] * 1j]
    tilt = rng.normal(0, 0.06, 2)
    light = 1 + tilt[0] * rows + tilt[1] * columns - 0.09 * (rows**2 + columns**2)
    debris = 2.0 * smooth_noise(rng, shape, 12.0) + 1.0 * smooth_noise(rng, shape, 3.0)
    pixel_rows, pixel_columns = np.mgrid[: shape[0], : shape[1]].astype(float)
    for _ in range(int(rng.integers(10, 18))):
        row, column = rng.uniform(0, 1, 2) * shape
        away = np.hypot(pixel_rows - row, (pixel_columns - column) * rng.uniform(0.7, 1.4))
        debris += _dirt(rng, away)
    return Background(light, debris)


def _dirt(rng: np.random.Generator, away: Array) -> Array:
    """Return the grey values of a particle at the given distances from it."""
    kind = rng.choice(3, p=[0.45, 0.2, 0.35])
    if kind == 0:  # dark speck with a bright fringe
        size = rng.uniform(0.9, 1.7)
        return -rng.uniform(25, 60) * (
            np.exp(-((away / size) ** 2)) - 0.3 * np.exp(-(((away - 2.2 * size) / 1.2) ** 2))
        )
    if kind == 1:  # refractile grain with a dark fringe
        size = rng.uniform(1.2, 2.6)
        return rng.uniform(50, 110) * (np.exp(-((away / size) ** 2)) - 0.3 * np.exp(-(((away - 2 * size) / 1.4) ** 2)))
    size = rng.uniform(7, 20)  # diffraction rings of dirt far from focus
    return rng.uniform(3, 7) * np.cos(away * rng.uniform(0.6, 1.0)) * np.exp(-((away / size) ** 2))


def _photograph(
    rng: np.random.Generator, population: list[Cell], labels: Labels, depth: Array, scenery: Background
) -> NDArray[np.uint8]:
    """Return a phase-contrast image: dark where the optical path is long, with the phase ring's halo and shade-off."""
    path, granules = np.zeros(labels.shape), np.zeros(labels.shape)
    for cell in population:
        _look(cell, labels, depth, path, granules)
    contrast = np.sin(np.clip(path, 0, 3) * np.pi / 2)
    ring = 0.65 * ndimage.gaussian_filter(contrast, 7.0) + 0.38 * ndimage.gaussian_filter(contrast, 3.0)
    halo = ndimage.gaussian_filter(np.clip(path, 0, 1.5), 2.6) * (labels == 0)
    picture = 94 + scenery.debris - 62 * (contrast - ring) + 62 * halo - granules
    picture = ndimage.gaussian_filter(picture, 0.65) * scenery.illumination * rng.uniform(0.97, 1.03)
    noise = 0.25 * np.sqrt(np.maximum(picture, 1)) * rng.standard_normal(picture.shape)
    return to_bytes(picture + noise + 0.8 * smooth_noise(rng, labels.shape, 0.8))


def _look(cell: Cell, labels: Labels, depth: Array, path: Array, granules: Array) -> None:
    """Write a cell's optical path (1 = darkest, above 2 = bright) and granules to the planes of the image."""
    rows, columns = np.nonzero(labels == cell.label)
    along, across = cell.local(rows - cell.row, columns - cell.column)
    below = depth[rows, columns]
    reach = cell.reach
    back = along + 0.18 * reach  # the cell body is behind the lamella
    soma = np.exp(-((back / (0.46 * reach)) ** 2) - (across / (0.34 * reach)) ** 2)
    nucleus = np.clip((1 - np.hypot(back / (0.26 * reach), across / (0.20 * reach))) * 3, -1, 1)
    front = 0.5 + 0.5 * np.cos(np.arctan2(across, along))
    ruffle = np.exp(-(((below - 1.3) / 1.2) ** 2)) * front * (0.8 + 0.5 * sample(cell.edge, 2 * along, 2 * across))
    lamella = 0.13 * (1 - np.exp(-below / 1.2)) + 0.38 * np.clip(ruffle, 0, 1.2)
    body = cell.soma * soma * np.clip(below / 5, 0, 1)
    spread = lamella + body - 0.22 * np.clip(nucleus, 0, 1) + 0.25 * np.exp(-((nucleus / 0.5) ** 2)) * (soma > 0.2)
    dome = 2.5 * np.sqrt(np.clip(1 - (np.hypot(along, across) / reach) ** 2, 0, 1))
    path[rows, columns] = np.maximum((1 - cell.round) * spread + cell.round * dome, 0)
    grain = sample(cell.granules, along, across)
    granules[rows, columns] = grain * (1.8 + 8.0 * np.clip(soma + cell.round, 0, 1)) * np.clip(below / 4, 0, 1)
