"""Label images for the tests: random discs that touch and overlap, with gaps in their ids, and two touching cells."""

import numpy as np


def discs(random: np.random.Generator, shape: tuple[int, int], count: int, radius_px: float) -> np.ndarray:
    """Up to `count` discs of random size around `radius_px`, later ones behind; uint16 ids from 1…5·count."""
    labels = np.zeros(shape, dtype=np.uint16)
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    for label in random.choice(np.arange(1, 5 * count + 1), count, replace=False):
        row, column = random.uniform(0, shape[0]), random.uniform(0, shape[1])
        disc = (rows - row) ** 2 + (columns - column) ** 2 < (radius_px * random.uniform(0.5, 1.5)) ** 2
        labels[disc & (labels == 0)] = label
    return labels


def shifted(random: np.random.Generator, labels: np.ndarray, noise: float = 0.0) -> np.ndarray:
    """The labels rolled by up to 4 px with ids permuted and a share of the pixels replaced by random ids."""
    moved = np.roll(labels, tuple(random.integers(-4, 5, 2)), axis=(0, 1))
    ids = np.concatenate([[0], 1 + random.permutation(int(labels.max(initial=0)))]).astype(labels.dtype)
    moved = ids[moved]
    wrong = random.random(labels.shape) < noise
    moved[wrong] = random.integers(0, len(ids), int(wrong.sum()))
    return moved


def two_cells():
    """An image, and the labels of two touching cells, 1 and 2, and of one apart, 3:

    . . . . . . . . .
    . 1 1 1 2 2 2 . .
    . 1 1 1 2 2 2 . 3
    """
    labels = np.zeros((64, 48), np.uint16)
    labels[10:40, 5:20] = 1
    labels[10:40, 20:35] = 2
    labels[45:60, 5:15] = 3
    image = np.random.default_rng(0).integers(0, 200, labels.shape).astype(np.uint8)
    return image, labels
