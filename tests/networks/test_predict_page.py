"""A plane on its way through a network: its grey values are normalised as in training, also where it is resampled."""

from typing import get_args

import numpy as np
import pytest
from builders.images import brightness_network, spots

from unetlib.imaging.normalisation import normalise, statistics
from unetlib.imaging.resampling import resample
from unetlib.imaging.settings import InstanceSettings, Normalisation
from unetlib.networks.image_scale import ImageScale
from unetlib.networks.predict import Tiling, predict
from unetlib.networks.predict_page import page_buffers, predict_page
from unetlib.networks.settings import InferenceSettings, PredictionSettings
from unetlib.networks.trained_network import TrainedNetwork


@pytest.mark.parametrize("method", get_args(Normalisation))
@pytest.mark.parametrize("predicted", [(60, 71), (40, 50)], ids=["as it is", "resampled"])
def test_a_plane_is_normalised_as_in_training(method, predicted):
    """unit_range by the pixel type of the file, which holds 16 bits here, though no value needs more than 8."""
    plane = spots(60, 71, dtype=np.uint16)
    how = PredictionSettings(inference=InferenceSettings(), instances=InstanceSettings(), normalisation=method)
    network = TrainedNetwork(brightness_network(), how, precision="float32")
    scale = ImageScale((60, 71), predicted)
    buffers = page_buffers(plane.dtype, scale, 1, lambda dtype, shape: np.zeros(shape, dtype))
    out = np.zeros(plane.shape, np.float32)
    predict_page(network, plane, how, buffers, out, lambda share: None)
    seen = plane
    if scale.resampled:
        seen = np.zeros(predicted, np.float32)
        resample(plane, seen)
    normalised = statistics(plane, method).of(seen) if method == "unit_range" else normalise(seen, method)
    expected = predict(network.model, normalised, Tiling())
    if scale.resampled:
        small, expected = expected, np.zeros(plane.shape, np.float32)
        resample(small, expected)
    np.testing.assert_array_equal(out, expected)
