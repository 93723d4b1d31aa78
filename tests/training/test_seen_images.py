"""What a network is trained on of a frame: binned as ever, or at a common size of its objects."""

import numpy as np
import pytest
from builders.trained_runs import trained

from unetlib.datasets.dataset import Dataset, Sample, write_dataset
from unetlib.imaging.object_size import object_diameter
from unetlib.imaging.settings import ResampleSettings
from unetlib.io.files import write_csv, write_json
from unetlib.networks.trained_network import load_network
from unetlib.training.cache import write_cache
from unetlib.training.cached_variants import read_cache
from unetlib.training.run import TrainingData
from unetlib.training.seen_images import measured_size, seen_image
from unetlib.training.settings import AugmentationSettings, CacheSettings, RunSettings
from unetlib.training.validation import load

CORNER = np.pad(np.ones((1, 1), np.uint8), ((0, 79), (0, 89)))  # an image is not constant


def squares(side):
    """Four squares of this side in an image of 80×90 px."""
    labels = np.zeros((80, 90), np.uint16)
    for number, (row, column) in enumerate([(5, 5), (5, 45), (42, 5), (42, 45)], start=1):
        labels[row : row + side, column : column + side] = number
    return labels


@pytest.fixture
def dataset(tmp_path):
    facts = {"sequence": "01", "time": 0, "group": "g", "modality": "m"}
    sides = {"small": 10, "large": 30, "none": 0}
    samples = [
        Sample(name, image=(squares(side) > 0).astype(np.uint8) * 200 + CORNER, labels=squares(side), **facts)
        for name, side in sides.items()
    ]
    write_dataset(tmp_path / "cells", samples, binning=2)
    write_json(tmp_path / "cells/dataset.json", {"source": "a.zip"})
    return Dataset(tmp_path / "cells")


def test_without_a_size_it_is_what_the_dataset_says(dataset):
    found = seen_image(dataset, "small", None)
    for one, other in zip((found.image, found.labels, found.ignore), dataset.seen("small"), strict=True):
        np.testing.assert_array_equal(one, other)
    assert found.length_scale == dataset.length_scale("small") == 0.5


def test_objects_of_all_images_get_one_size_and_lengths_follow(dataset):
    for name, side in (("small", 10), ("large", 30)):
        found = seen_image(dataset, name, 16)
        assert object_diameter(found.labels) == pytest.approx(16, rel=0.1)
        assert found.length_scale == pytest.approx(16 / (2 * side / np.pi**0.5)), "from the image, not the binned one"
        assert found.image.shape == found.labels.shape == found.ignore.shape and found.image.dtype == np.uint8
        assert np.mean((found.image > 100) == (found.labels > 0)) > 0.9
    assert seen_image(dataset, "none", 16).image.shape == (40, 45), "nothing to go by: as binned"


def test_the_size_is_measured_where_it_is_wanted_and_not_stated(dataset):
    wanted = ResampleSettings(object_diameter_px=16)
    found = measured_size(wanted, [(dataset, ["small", "large", "none"])])
    assert found.image_diameter_px == pytest.approx(40 / np.pi**0.5, abs=0.01) and found.object_diameter_px == 16
    of_two = measured_size(wanted, [(dataset, ["small"]), (dataset, ["small", "large"])])
    assert of_two.image_diameter_px == pytest.approx((20 + 40) / 2 / np.pi**0.5, abs=0.01)
    stated = wanted.model_copy(update={"image_diameter_px": 7})
    for rests in (ResampleSettings(), stated):
        assert measured_size(rests, [(dataset, ["none"])]) is rests
    with pytest.raises(ValueError, match="no training image has an object"):
        measured_size(wanted, [(dataset, ["none"])])


def test_caches_and_validation_hold_images_of_that_size(dataset, tmp_path):
    settings = CacheSettings(augmentation=AugmentationSettings(copies=1), object_diameter_px=16)
    frames = read_cache(write_cache(tmp_path / "cache", dataset, ["small", "large"], settings, seed=0, code="c"))
    assert [each.image.shape[1:] for each in frames] == [
        seen_image(dataset, f, 16).image.shape for f in ("small", "large")
    ]
    run = RunSettings.read({"resample": {"object_diameter_px": 16}})
    assert run.cache.object_diameter_px == 16
    (image,) = load(dataset, ["large"], run)
    assert image.image.shape == seen_image(dataset, "large", 16).image.shape and image.mask.shape == (80, 90)
    assert image.at_full_size(image.image).shape == (80, 90)


def test_a_network_records_the_size_of_the_objects_that_it_was_trained_on(dataset, tmp_path):
    run = RunSettings.read(
        {
            "augmentation": {"copies": 1},
            "model": {"base_filters": 1, "depth": 2, "padding": "same"},
            "training": {"updates": 2, "evaluate_every": 2, "warmup_updates": 0, "precision": "float32"},
            "batch": {"tile_px": 16},
            "resample": {"object_diameter_px": 16},
        }
    )
    split = tmp_path / "splits/cells/key/fold0.csv"
    roles = {"small": "train", "large": "validation", "none": "test"}
    write_csv(split, [{"frame": name, "role": role} for name, role in roles.items()], ("frame", "role"))
    cache = write_cache(tmp_path / "cache", dataset, ["small"], run.cache, seed=0, code="c")
    first, _ = trained(tmp_path, [TrainingData(dataset, split, cache)], run)
    network = load_network(first, "cpu")
    assert network.resample.image_diameter_px == pytest.approx(20 / np.pi**0.5, abs=0.01)
    assert network.resample.object_diameter_px == 16 and network.prediction.binning == 1
