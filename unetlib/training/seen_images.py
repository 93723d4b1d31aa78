"""What a network is trained on of a frame: image, truth and the scale of lengths, binned or at a common object size."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unetlib.datasets.dataset import Dataset
from unetlib.imaging.binning import bin_image, bin_labels, bin_mask
from unetlib.imaging.object_size import object_diameter, resized_image, resized_labels, shape_at, size_factor


@dataclass(frozen=True)
class SeenImage:
    """An image as a network sees it, its instances and unknown pixels, (H, W), and its pixels per length of 1."""

    image: NDArray[Any]
    labels: NDArray[Any]
    ignore: NDArray[np.bool_]
    length_scale: float


def seen_image(
    dataset: Dataset,
    frame: str,
    object_diameter_px: float | None,
    truth: tuple[NDArray[Any], NDArray[np.bool_]] | None = None,
) -> SeenImage:
    """Return a frame binned, or resampled so that the median diameter of its objects is object_diameter_px.

    truth: instances and unknown pixels at full size; None: those that are trained on. A frame without an object keeps
    the size that its binning gives it.
    """
    labels, ignore = dataset.training_truth(frame) if truth is None else truth
    image, facts = dataset.image(frame), dataset.frame(frame)
    diameter = None if object_diameter_px is None else object_diameter(labels)
    if object_diameter_px is None or diameter is None:
        binned = bin_image(image, facts.binning), bin_labels(labels, facts.binning), bin_mask(ignore, facts.binning)
        return SeenImage(*binned, dataset.length_scale(frame))
    factor = size_factor(object_diameter_px, diameter)
    shape = shape_at(image.shape, factor)
    resized = resized_image(image, shape), resized_labels(labels, shape), resized_labels(ignore, shape)
    return SeenImage(*resized, facts.px_per_length * factor)


def median_diameter(dataset: Dataset, frames: Iterable[str]) -> float | None:
    """Return the median over frames of the median diameter of their objects, px at full size; None without objects."""
    found = [object_diameter(dataset.training_truth(frame)[0]) for frame in frames]
    known = [diameter for diameter in found if diameter is not None]
    return float(np.median(known)) if known else None
