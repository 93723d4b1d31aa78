"""Helpers of all synthetic images: smooth noise, a camera model, conversion to bytes."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Array = NDArray[np.float64]
Labels = NDArray[np.uint16]


def smooth_noise(rng: np.random.Generator, shape: tuple[int, ...], sigma_px: float | tuple[float, ...]) -> Array:
    """Return a Gaussian random field of mean 0 and variance 1; smooth ones are drawn coarsely and interpolated."""
    sigmas = np.broadcast_to(np.asarray(sigma_px, dtype=float), (len(shape),))
    steps = np.maximum(sigmas / 2.5, 1.0)
    coarse = [int(np.ceil(size / step)) + 8 for size, step in zip(shape, steps, strict=True)]
    field = ndimage.gaussian_filter(rng.standard_normal(coarse), sigmas / steps, mode="wrap", truncate=3.0)
    for axis, (size, step) in enumerate(zip(shape, steps, strict=True)):
        if step == 1.0:
            field = np.take(field, np.arange(size), axis=axis)
        else:
            field = _stretch(field, np.arange(size) / step, axis)
    return (field - field.mean()) / max(float(field.std()), 1e-9)


def _stretch(field: Array, positions: Array, axis: int) -> Array:
    """Interpolate linearly along one axis at fractional positions."""
    below = positions.astype(int)
    part = (positions - below).reshape([-1 if a == axis else 1 for a in range(field.ndim)])
    return np.take(field, below, axis=axis) * (1 - part) + np.take(field, below + 1, axis=axis) * part


def camera(rng: np.random.Generator, scene: Array, *, photons: float, read_noise: float) -> Array:
    """Return the scene (1.0 = `photons` electrons) with a camera's Poisson shot noise and Gaussian read noise."""
    electrons = rng.poisson(np.maximum(scene, 0) * photons) + rng.normal(0, read_noise, scene.shape)
    return electrons / photons


def to_bytes(grey: Array) -> NDArray[np.uint8]:
    """Return grey values rounded and clipped to 0 … 255."""
    return np.clip(np.rint(grey), 0, 255).astype(np.uint8)


def keep_largest_pieces(labels: Labels, minimum_px: int = 1) -> Labels:
    """Keep the largest 4-connected piece of each instance, if it has at least `minimum_px` pixels."""
    kept = np.zeros_like(labels)
    for number, box in enumerate(ndimage.find_objects(labels), start=1):
        if box is None:
            continue
        pieces, count = ndimage.label(labels[box] == number)
        sizes = np.bincount(pieces.ravel(), minlength=count + 1)
        sizes[0] = 0
        if sizes.max() >= minimum_px:
            kept[box][pieces == sizes.argmax()] = number
    return kept
