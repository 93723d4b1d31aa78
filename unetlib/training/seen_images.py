"""What a network is trained on of a frame: image, truth and the scale of lengths, binned or at a common object size."""

import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unetlib.datasets.dataset import Dataset
from unetlib.imaging.binning import bin_image, bin_labels, bin_mask
from unetlib.imaging.object_size import object_diameter, resized_image, resized_labels, shape_at, size_factor
from unetlib.imaging.settings import ResampleSettings


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


def measured_size(resample: ResampleSettings, data: Iterable[tuple[Dataset, Iterable[str]]]) -> ResampleSettings:
    """Return the settings with the diameter of the objects in the training frames, where it is wanted and not stated.

    data: each dataset with its training frames. The diameter is the median over datasets of the median over frames of
    the median diameter of a frame's objects, px at full size. ValueError where no frame has an object.
    """
    if resample.object_diameter_px is None or resample.image_diameter_px is not None:
        return resample
    found = []
    for dataset, frames in data:
        diameters = [object_diameter(dataset.training_truth(frame)[0]) for frame in frames]
        if known := [diameter for diameter in diameters if diameter is not None]:
            found.append(float(np.median(known)))
    if not found:
        raise ValueError("no training image has an object, so that none has a size; leave out resample")
    return resample.model_copy(update={"image_diameter_px": round(statistics.median(found), 2)})
