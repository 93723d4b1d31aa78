"""Predict an image at the size at which its objects are as large as those that the network was trained on."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unetlib.imaging.instances import instances_from_probability
from unetlib.imaging.object_size import object_diameter, resized_image, resized_planes, shape_at, size_factor
from unetlib.imaging.settings import InstanceSettings, ResampleSettings, SeedSettings

NECK_PX = 12.0  # objects that a first pass has joined are cut at necks deeper than their diameter over this
CLOSE = 1.1  # a second pass is left out where it would see the objects so little larger or smaller

Predict = Callable[[NDArray[Any]], NDArray[np.float32]]  # an image as it is stored: its planes, (H, W) or (2, H, W)


def predict_at_object_size(
    predict: Predict, image: NDArray[Any], resample: ResampleSettings, threshold: float
) -> NDArray[np.float32]:
    """Return what a network gives of an image (H, W), at the image's own size; it is seen at the size in `resample`.

    With prediction first_pass the first prediction finds the objects' diameter, and where it is another than expected
    the image is predicted again.
    """
    diameter = stated_diameter(resample)
    planes = _predicted(predict, image, resample, diameter)
    if resample.prediction == "first_pass":
        found = found_diameter(planes, resample, threshold, seen_at=diameter)
        if found is not None and abs(math.log(found / diameter)) > math.log(CLOSE):
            planes = _predicted(predict, image, resample, found)
    return resized_planes(planes, image.shape)


def stated_diameter(resample: ResampleSettings) -> float:
    """Return the diameter of the objects in an image of which nothing is known, in its own px."""
    return resample.image_diameter_px or resample.object_diameter_px or 1.0


def found_diameter(
    planes: NDArray[np.float32], resample: ResampleSettings, threshold: float, *, seen_at: float
) -> float | None:
    """Return the median diameter of the objects in a first prediction, in px of the image; None where there are none.

    seen_at: the diameter of objects, in px of the image, that the network saw at the size it expects.
    """
    wanted = resample.object_diameter_px or seen_at
    seeds = SeedSettings() if planes.ndim > 2 else None
    how = InstanceSettings(threshold=threshold, watershed_depth_px=wanted / NECK_PX, seeds=seeds)
    found = object_diameter(instances_from_probability(planes, how))
    return None if found is None else found / size_factor(wanted, seen_at)


def _predicted(
    predict: Predict, image: NDArray[Any], resample: ResampleSettings, diameter: float
) -> NDArray[np.float32]:
    factor = size_factor(resample.object_diameter_px or diameter, diameter)
    return predict(resized_image(image, shape_at(image.shape, factor)))
