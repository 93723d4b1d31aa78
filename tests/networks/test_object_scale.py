"""Images are predicted at the size at which their objects are as large as those of the training images."""

import json
import zipfile

import numpy as np
import pytest
import tifffile
from builders.images import brightness_network, save, write_stack

from unetlib.imaging.settings import InstanceSettings, ResampleSettings
from unetlib.networks.export.exporter import export
from unetlib.networks.image_scale import ImageOptions
from unetlib.networks.object_scale import predict_at_object_size
from unetlib.networks.predict_files import image_files, predict_files
from unetlib.networks.predict_images import BinnedImage, predict_images
from unetlib.networks.settings import ComputeSettings, InferenceSettings, PredictionSettings
from unetlib.networks.trained_network import NetworkError, TrainedNetwork


def discs(diameter, shape=(120, 150)):
    """A grid of bright discs of this diameter on black, uint8."""
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    pitch = 2 * diameter
    away = np.hypot(rows % pitch - diameter, columns % pitch - diameter)
    return np.where(away <= diameter / 2, 200, 0).astype(np.uint8)


class Recorded:
    """A network that finds what is bright, and the sizes of the images that it was shown."""

    def __init__(self):
        self.shapes = []

    def __call__(self, image):
        self.shapes.append(image.shape)
        return (image > 100).astype(np.float32)


def how(wanted, trained, prediction="first_pass"):
    return ResampleSettings(object_diameter_px=wanted, image_diameter_px=trained, prediction=prediction)


def test_a_first_pass_finds_the_size_of_the_objects():
    network, image = Recorded(), discs(20)
    found = predict_at_object_size(network, image, how(10, 10), 0.5)
    assert network.shapes[0] == (120, 150) and network.shapes[1] == pytest.approx((60, 75), rel=0.05)
    assert found.shape == image.shape and np.mean((found > 0.5) == (image > 100)) > 0.97


def test_objects_of_the_expected_size_are_predicted_once_and_so_is_an_image_without_any():
    for image in (discs(20), np.zeros((120, 150), np.uint8)):
        network = Recorded()
        predict_at_object_size(network, image, how(10, 20), 0.5)
        assert network.shapes == [(60, 75)]


def test_without_a_first_pass_objects_are_taken_to_be_those_of_the_training_images():
    network = Recorded()
    predict_at_object_size(network, discs(40), how(10, 20, "training"), 0.5)
    assert network.shapes == [(60, 75)]


def trained(resample):
    settings = PredictionSettings(
        inference=InferenceSettings(), instances=InstanceSettings(min_area_px=40), normalisation="zscore"
    )
    return TrainedNetwork(brightness_network(), settings, precision="float32", resample=resample)


@pytest.mark.parametrize(
    ("resample", "stated", "size"),
    [
        (how(10, 10), None, "60 × 75 px"),
        (how(10, 10, "training"), None, ""),
        (how(10, 30, "training"), None, "40 × 50 px"),
        (how(10, 10), 40, "30 × 38 px"),
    ],
    ids=["first pass", "as trained", "as trained, larger", "stated"],
)
def test_files_are_predicted_at_that_size_and_come_at_their_own(tmp_path, resample, stated, size):
    path = write_stack(tmp_path / "movie.tif", np.stack([discs(20), discs(20)]), "TYX")
    (files,) = image_files([path], tmp_path / "out").values()
    network = trained(resample)
    done = predict_files(network, path, files, network.prediction, options=ImageOptions(object_diameter_px=stated))
    labels = tifffile.imread(files["labels"])
    assert labels.shape == (2, 120, 150) and labels[0].max() >= 12
    notes = [note for note in done.notes if "objects taken to be" in note]
    assert len(notes) == bool(size) and all(size in note for note in notes)


def test_a_study_predicts_the_image_itself_whatever_its_binning():
    network, image = trained(how(10, 20, "training")), discs(20)
    images = {"a/1": BinnedImage(image[::2, ::2], 2, image.shape, image)}
    (found,) = predict_images(network, images, InferenceSettings(), ComputeSettings(threads=1)).values()
    assert found.shape == image.shape and np.mean((found > 0.5) == (image > 100)) > 0.95


def test_a_diameter_is_refused_where_the_network_has_no_use_for_it(tmp_path):
    path = write_stack(tmp_path / "movie.tif", discs(20)[None], "TYX")
    (files,) = image_files([path], tmp_path / "out").values()
    network = trained(ResampleSettings())
    with pytest.raises(NetworkError, match="sees images at their own size; leave out --diameter"):
        predict_files(network, path, files, network.prediction, options=ImageOptions(object_diameter_px=9))


def test_a_package_says_at_what_size_objects_must_be_seen(tmp_path):
    resample = {"object_diameter_px": 10.0, "image_diameter_px": 20.0}
    path, package = save(tmp_path / "model.pt", resample=resample), tmp_path / "package.zip"
    export(path, package, kind="bioimageio")
    with zipfile.ZipFile(package) as found:
        said, page = json.loads(found.read("rdf.yaml")), found.read("README.md").decode()
    sentence = "Resample each image first, so that the median diameter of its objects is 10 px."
    assert sentence in said["description"] and sentence in page
    assert said["config"]["unetlib"]["object_diameter_px"] == 10 and "scale" not in said["inputs"][0]["axes"][-1]
