"""The images of a dataset under a study's networks: normalised, binned and at full size again."""

from typing import get_args

import numpy as np
import pytest
from builders.images import SETTINGS, brightness_network, spots
from builders.networks import small_network

from unetlib.datasets.dataset import Dataset, Sample, write_dataset
from unetlib.imaging.binning import bin_image, upsample
from unetlib.imaging.normalisation import normalise
from unetlib.imaging.settings import InstanceSettings, Normalisation
from unetlib.io.predictions import LEVELS, Predictions
from unetlib.networks.predict import Tiling, predict, predict_image
from unetlib.networks.predict_images import BinnedImages, predict_images, predict_to_file, read_binned
from unetlib.networks.run_record import RunRecord
from unetlib.networks.settings import ComputeSettings, InferenceSettings, PredictionSettings
from unetlib.networks.trained_network import TrainedNetwork, load_network, save_model


def cells(folder, **options):
    """A dataset of two images, and their grey values by frame."""
    facts = {"sequence": "1", "group": "g", "modality": "m"}
    grey = {name: spots(60, 71, seed=seed) for seed, name in enumerate("ab")}
    samples = [Sample(n, time=t, image=grey[n], labels=(grey[n] > 90) * 1, **facts) for t, n in enumerate("ab")]
    write_dataset(folder, samples, **options)
    return grey


@pytest.mark.parametrize("method", get_args(Normalisation))
def test_each_image_is_predicted_as_its_dataset_and_study_say(tmp_path, method):
    grey = cells(tmp_path / "d", binning=2)
    dataset = Dataset(tmp_path / "d")
    inference = InferenceSettings(test_time_augmentation=4)
    study = PredictionSettings(inference=inference, instances=InstanceSettings(), normalisation=method)
    network = TrainedNetwork(brightness_network(), study, precision="float32", tile_px=36)
    compute = ComputeSettings(predict_tile_px=20, predict_batch=2)
    images = {f"d/{name}": read_binned(dataset, name) for name in "ab"}
    found = predict_images(network, images, inference, compute)
    assert list(found) == ["d/a", "d/b"]
    for name, image in grey.items():
        small = normalise(bin_image(image, 2), method)
        expected = predict(network.model, small, Tiling(20, batch=2), symmetries=4)
        np.testing.assert_array_equal(found[f"d/{name}"], upsample(expected, 2, (60, 71)))
    resize = InferenceSettings(mode="resize")
    resized = predict_images(network, images, resize, compute)["d/b"]
    small = normalise(bin_image(grey["b"], 2), method)
    expected = predict_image(network.model, small, resize, Tiling(20), side_px=36)
    np.testing.assert_array_equal(resized, upsample(expected, 2, (60, 71)))


def test_the_images_of_datasets_are_named_after_both_and_read_once(tmp_path):
    grey = {name: cells(tmp_path / name) for name in "de"}
    images = BinnedImages([tmp_path / "d", tmp_path / "e"])
    found = images.of({"d": ["b"], "e": ["a", "b"]})
    assert list(found) == ["d/b", "e/a", "e/b"]
    for name, each in found.items():
        np.testing.assert_array_equal(each.image, grey[name[0]][name[2]])
    assert images.of({"d": ["a", "b"]})["d/b"] is found["d/b"]


def test_a_file_of_predictions_holds_every_image(tmp_path):
    cells(tmp_path / "d")
    images = BinnedImages([tmp_path / "d"]).of({"d": ["a", "b"]})
    record = RunRecord(settings={**SETTINGS, "model": {"base_filters": 2, "depth": 2}})
    save_model(tmp_path / "model.pt", small_network(depth=2).state_dict(), record)
    settings = InferenceSettings(), ComputeSettings(device="cpu", predict_tile_px=20)
    line = predict_to_file(tmp_path / "model.pt", images, *settings, tmp_path / "p.npz")
    assert line.startswith(f"{tmp_path / 'p.npz'}: 2 images in ") and line.endswith(" s")
    expected = predict_images(load_network(tmp_path / "model.pt", "cpu"), images, *settings)
    stored = Predictions(tmp_path / "p.npz")
    assert set(stored) == set(expected) == {"d/a", "d/b"}
    for name, probability in expected.items():
        np.testing.assert_allclose(stored[name], probability, atol=0.5 / LEVELS + 1e-6)
