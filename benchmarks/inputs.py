"""Synthetic label images of a given size and number of cells, and pictures of them, equal for every contender."""

import numpy as np
from scipy import ndimage

from unetlib.imaging.labels import separate_touching


def cells(shape: tuple[int, int], count: int, radius_px: float, seed: int = 0) -> np.ndarray:
    """Return exactly `count` discs of about this radius, (H, W) uint16, touching ones a pixel apart.

    Centres lie on a jittered lattice, so that no cell is covered by others and dense scenes are evenly filled.
    """
    random = np.random.default_rng(seed)
    rows = max(1, round((count * shape[0] / shape[1]) ** 0.5))
    columns = -(-count // rows)
    places = random.permutation(rows * columns)[:count]
    pitch = np.array(shape) / (rows, columns)
    centres = (np.stack(np.divmod(places, columns), 1) + 0.5 + random.uniform(-0.2, 0.2, (count, 2))) * pitch
    radii = radius_px * random.uniform(0.8, 1.2, count)
    labels = np.zeros(shape, np.uint16)
    for label, ((row, column), radius) in enumerate(zip(centres, radii, strict=True), start=1):
        top, left = max(int(row - radius) - 1, 0), max(int(column - radius) - 1, 0)
        part = labels[top : int(row + radius) + 2, left : int(column + radius) + 2]
        grid = np.ogrid[top : top + part.shape[0], left : left + part.shape[1]]
        part[((grid[0] - row) ** 2 + (grid[1] - column) ** 2 < radius**2) & (part == 0)] = label
    return separate_touching(labels)


def picture(labels: np.ndarray, seed: int = 0) -> np.ndarray:
    """Return a blurred, noisy picture of the cells, (H, W) uint8."""
    noise = np.random.default_rng(seed).normal(0, 6, labels.shape)
    return np.clip(ndimage.gaussian_filter((labels > 0) * 110.0, 1.5) + 60 + noise, 0, 255).astype(np.uint8)


def guessed(labels: np.ndarray, seed: int = 0) -> np.ndarray:
    """Return an imperfect segmentation, (H, W) uint16: some cells are missed, some merged, and all moved by 2 px."""
    random = np.random.default_rng(seed)
    ids = np.arange(int(labels.max()) + 1)
    chance = random.random(len(ids))
    ids[(chance < 0.1) & (ids > 0)] = 0
    merged = np.flatnonzero((chance > 0.95) & (ids > 1))
    ids[merged] = ids[merged - 1]
    return np.roll(ids.astype(np.uint16)[labels], (2, -1), axis=(0, 1))
