"""Trivial predictors that every table prints beside the networks."""

import numpy as np


def trivial_masks(image: np.ndarray) -> dict[str, np.ndarray]:
    """Foreground masks, bool (H, W), of three predictors that learned nothing, by name.

    "all-foreground", "all-background", and "otsu": Otsu's threshold, the rarer side as foreground (the
    brighter one at equal sizes).
    """
    bright = image > otsu_threshold(image)
    otsu = ~bright if 2 * np.count_nonzero(bright) > bright.size else bright
    return {
        "all-foreground": np.ones(image.shape, dtype=bool),
        "all-background": np.zeros(image.shape, dtype=bool),
        "otsu": otsu,
    }


def otsu_threshold(image: np.ndarray) -> float:
    """The grey value that splits best into two classes, both ends tried: values above it are the bright class.

    Maximises the between-class variance of the histogram (Otsu 1979): one bin per value for uint8 and
    uint16, 256 bins else. A constant image gives that constant.
    """
    values = image.ravel()
    if values.dtype in (np.uint8, np.uint16):
        counts = np.bincount(values).astype(np.float64)
        centres = np.arange(len(counts), dtype=np.float64)
    else:
        histogram, edges = np.histogram(values, bins=256)
        counts, centres = histogram.astype(np.float64), (edges[:-1] + edges[1:]) / 2
    used = counts > 0
    counts, centres = counts[used], centres[used]
    if len(centres) < 2:
        return float(values[0])
    below, mass = np.cumsum(counts), np.cumsum(counts * centres)
    above = below[-1] - below
    mean_below, mean_above = mass[:-1] / below[:-1], (mass[-1] - mass[:-1]) / above[:-1]
    return float(centres[np.argmax(below[:-1] * above[:-1] * (mean_below - mean_above) ** 2)])
