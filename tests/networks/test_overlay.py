"""The picture beside the three files: of which planes, whole or not at all, and what watches a prediction sees."""

import imagecodecs
import numpy as np
import pytest
import tifffile
from builders.images import brightness_network, spots, write_stack

from unetlib.imaging.outlines import outlined, side_by_side
from unetlib.imaging.settings import InstanceSettings
from unetlib.io.image_files import find_images
from unetlib.networks import predict_files as module
from unetlib.networks.predict_files import KINDS, OVERLAY, image_files, overlay_pages, predict_files
from unetlib.networks.settings import InferenceSettings, PredictionSettings
from unetlib.networks.trained_network import TrainedNetwork

SETTINGS = PredictionSettings(
    inference=InferenceSettings(), instances=InstanceSettings(min_area_px=9), normalisation="zscore"
)


def run(image, folder, **how):
    (files,) = image_files([image], folder, overlay=True).values()
    network = TrainedNetwork(brightness_network(), SETTINGS, precision="float32")
    return files, predict_files(network, image, files, SETTINGS, **how)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_the_picture_shows_some_planes_with_the_cells_of_the_labels(tmp_path, count):
    stack = spots(count, 60, 70)
    files, done = run(write_stack(tmp_path / "movie.tif", stack, "TYX"), tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(
        ["movie_probability.tif", "movie_mask.tif", "movie_labels.tif", "movie_overlay.png"]
    )
    labels = tifffile.imread(files["labels"]).reshape(stack.shape)
    shown = {1: [0], 2: [0, 1], 5: [0, 2, 4]}[count]
    assert list(overlay_pages(count)) == shown
    picture = imagecodecs.png_decode(files[OVERLAY].read_bytes())
    np.testing.assert_array_equal(picture, side_by_side([outlined(stack[page], labels[page]) for page in shown]))
    assert (picture != picture[:, :, :1]).any() and files[OVERLAY] in done.files


def test_no_file_appears_where_the_picture_fails(tmp_path, monkeypatch):
    image = write_stack(tmp_path / "a.tif", spots(2, 60, 70), "TYX")

    def burst(path, pixels):
        raise OSError("the disk is gone")

    monkeypatch.setattr(module, "write_png", burst)
    with pytest.raises(OSError, match="the disk is gone"):
        run(image, tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_watch_sees_every_plane_with_its_cells(tmp_path):
    stack = spots(3, 50, 40)
    seen = []

    def watch(plane, instances):
        seen.append((plane[:, :].copy(), np.array(instances)))

    files, _ = run(write_stack(tmp_path / "a.tif", stack, "TYX"), tmp_path / "out", watch=watch)
    np.testing.assert_array_equal([plane for plane, _ in seen], stack)
    np.testing.assert_array_equal([ids for _, ids in seen], tifffile.imread(files["labels"]))


def test_pictures_are_no_images_of_a_folder_and_no_news_beside_labels(tmp_path):
    image = write_stack(tmp_path / "a.tif", spots(1, 50, 40)[0], "YX")
    files, _ = run(image, tmp_path)
    assert find_images([tmp_path]).files == [image]
    of_labels = find_images([tmp_path], labels=True)
    assert of_labels.files == [files["labels"]] and files[OVERLAY] not in of_labels.unused
    assert set(KINDS) < set(files)
