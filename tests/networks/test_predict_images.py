"""The images of a dataset under a study's networks: normalised, binned and at full size again."""

import numpy as np
from builders.images import brightness_network, spots

from unetlib.datasets.dataset import Dataset, Sample, write_dataset
from unetlib.imaging.binning import bin_image, upsample
from unetlib.imaging.normalisation import normalise
from unetlib.imaging.settings import InstanceSettings
from unetlib.networks.predict import Tiling, predict, predict_image
from unetlib.networks.predict_images import predict_images, read_binned
from unetlib.networks.settings import ComputeSettings, InferenceSettings, PredictionSettings
from unetlib.networks.trained_network import TrainedNetwork


def test_each_image_is_predicted_as_its_dataset_and_study_say(tmp_path):
    facts = {"sequence": "1", "group": "g", "modality": "m"}
    grey = {name: spots(60, 71, seed=seed) for seed, name in enumerate("ab")}
    samples = [Sample(n, time=t, image=grey[n], labels=(grey[n] > 90) * 1, **facts) for t, n in enumerate("ab")]
    write_dataset(tmp_path / "d", samples, binning=2)
    dataset = Dataset(tmp_path / "d")
    inference = InferenceSettings(test_time_augmentation=4)
    study = PredictionSettings(inference=inference, instances=InstanceSettings(), normalisation="percentile")
    network = TrainedNetwork(brightness_network(), study, precision="float32", tile_px=36)
    compute = ComputeSettings(predict_tile_px=20, predict_batch=2)
    images = {f"d/{name}": read_binned(dataset, name) for name in "ab"}
    found = predict_images(network, images, inference, compute)
    assert list(found) == ["d/a", "d/b"]
    for name, image in grey.items():
        small = normalise(bin_image(image, 2), "percentile")
        expected = predict(network.model, small, Tiling(20, batch=2), symmetries=4)
        np.testing.assert_array_equal(found[f"d/{name}"], upsample(expected, 2, (60, 71)))
    resize = InferenceSettings(mode="resize")
    resized = predict_images(network, images, resize, compute)["d/b"]
    small = normalise(bin_image(grey["b"], 2), "percentile")
    expected = predict_image(network.model, small, resize, Tiling(20), side_px=36)
    np.testing.assert_array_equal(resized, upsample(expected, 2, (60, 71)))
