"""The size of the objects in a user's image, from a first prediction of its first plane."""

import math

import numpy as np

from unetlib.imaging.planes import check_finite
from unetlib.io.stacks import Stack
from unetlib.networks.image_scale import ImageScale
from unetlib.networks.object_scale import CLOSE, found_diameter
from unetlib.networks.predict_page import Allocate, page_buffers, predict_page
from unetlib.networks.settings import InferenceSettings, PredictionSettings
from unetlib.networks.trained_network import TrainedNetwork


def scale_of_first_pass(
    network: TrainedNetwork, pages: Stack, scale: ImageScale, settings: PredictionSettings, allocate: Allocate
) -> ImageScale:
    """Return the scale at which the objects of an image are as large as those that the network was trained on.

    scale: that of a first prediction. It is returned where that finds no object, or objects of the size it expects.
    """
    wanted, planes = network.resample.object_diameter_px, network.model.planes
    if wanted is None:
        return scale
    out = allocate(np.float32, (*planes, *scale.shape))
    buffers = page_buffers(pages.dtype, scale, settings.binning, allocate, planes=planes)
    once = settings.model_copy(update={"inference": InferenceSettings()})
    predict_page(network, check_finite(pages.plane(0), pages.where(0)), once, buffers, out, lambda share: None)
    seen = out if buffers.probability is None else buffers.probability
    expected = wanted / math.sqrt(math.prod(scale.predicted) / math.prod(scale.shape))
    found = found_diameter(seen, network.resample, settings.instances.threshold, seen_at=expected)
    if found is None or abs(math.log(found / expected)) <= math.log(CLOSE):
        return scale
    return scale.for_objects(wanted, found, str(pages.path))
