"""A model on users' images: what the files hold, that they agree with the study, and that nothing is half written."""

import numpy as np
import pytest
import tifffile
import torch
from builders.archives import png
from builders.images import brightness_network, save, spots, write_stack

from unetlib.imaging.instances import instances_from_probability
from unetlib.imaging.normalisation import normalise
from unetlib.imaging.planes import PlaneError
from unetlib.imaging.settings import InstanceSettings
from unetlib.io.images import ImageError
from unetlib.io.outputs import OutputError
from unetlib.networks import predict_files as module
from unetlib.networks.device import DeviceError
from unetlib.networks.predict import Tiling, predict
from unetlib.networks.predict_files import KINDS, count_planes, image_files, missing, predict_files
from unetlib.networks.settings import InferenceSettings, PredictionSettings
from unetlib.networks.trained_network import ModelFileError, NetworkError, TrainedNetwork, load_network


def settings(symmetries=1, mode="tile", pixel_size_um=None, **instances):
    return PredictionSettings(
        inference=InferenceSettings(mode=mode, test_time_augmentation=symmetries),
        instances=InstanceSettings(**instances),
        normalisation="zscore",
        pixel_size_um=pixel_size_um,
    )


def run(image, folder, only=KINDS, report=lambda planes: None, **how):
    (files,) = image_files([image], folder).values()
    network = TrainedNetwork(brightness_network(), settings(), precision="float32")
    return predict_files(network, image, {kind: files[kind] for kind in only}, settings(**how), report=report)


def test_the_three_files_are_the_studys_numbers(tmp_path):
    stack = spots(3, 90, 110, dtype=np.uint16)
    image = write_stack(tmp_path / "movie.tif", stack, "TYX", finterval=60)
    said = []
    done = run(image, tmp_path / "out", min_area_px=9, report=said.append)
    probability, mask, labels = (tifffile.imread(file) for file in done.files)
    assert [file.name for file in done.files] == ["movie_probability.tif", "movie_mask.tif", "movie_labels.tif"]
    assert (probability.dtype, mask.dtype, labels.dtype) == (np.float32, np.uint8, np.uint16)
    for page, picture in enumerate(stack):
        expected = predict(brightness_network(), normalise(picture), Tiling())
        np.testing.assert_array_equal(probability[page], expected)
        np.testing.assert_array_equal(
            labels[page], instances_from_probability(expected, InstanceSettings(min_area_px=9))
        )
    np.testing.assert_array_equal(mask, np.where(labels > 0, 255, 0))
    assert done.instances == sum(page.max() for page in labels) > 20 and done.planes == 3
    assert said == [1, 2, 3]
    for file in done.files:
        with tifffile.TiffFile(file) as found:
            assert found.series[0].axes == "TYX" and found.imagej_metadata["unit"] == "um"
            assert found.imagej_metadata["finterval"] == 60
            assert found.pages.first.tags.valueof("XResolution") == (20, 13)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(file.name for file in done.files)


def test_threshold_and_average_are_used(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", spots(64, 64))
    strict, plain, averaged = (
        [tifffile.imread(file) for file in run(tmp_path / "a.tif", tmp_path / "out", **how).files]
        for how in ({"threshold": 0.9}, {}, {"symmetries": 8})
    )
    np.testing.assert_array_equal(strict[1] > 0, strict[0] >= np.float32(0.9))
    np.testing.assert_array_equal(plain[1] > 0, plain[0] >= 0.5)
    assert (strict[1] > 0).sum() < (plain[1] > 0).sum()
    assert 0 < np.abs(averaged[0] - plain[0]).max() < 0.5


def test_cells_that_grew_together_are_cut_where_that_is_asked(tmp_path):
    rows, columns = np.mgrid[:60, :90]
    pair = ((rows - 30) ** 2 + (columns - 30) ** 2 < 200) | ((rows - 30) ** 2 + (columns - 54) ** 2 < 200)
    tifffile.imwrite(tmp_path / "a.tif", np.where(pair, 200, 10).astype(np.uint8))
    plain, cut = (run(tmp_path / "a.tif", tmp_path / f"{depth}", watershed_depth_px=depth) for depth in (0, 4))
    probability, mask, labels = (tifffile.imread(file) for file in cut.files)
    np.testing.assert_array_equal(
        labels, instances_from_probability(probability, InstanceSettings(watershed_depth_px=4))
    )
    np.testing.assert_array_equal(mask, tifffile.imread(plain.files[1]))
    assert plain.instances == 1 and cut.instances == labels.max() == 2


def test_equal_input_gives_equal_bytes(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", spots(40, 50))
    first, second = (run(tmp_path / "a.tif", tmp_path / folder).files for folder in ("one", "two"))
    assert [file.read_bytes() for file in first] == [file.read_bytes() for file in second]


def test_more_instances_than_16_bits_hold(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "LARGEST_ID", 3)
    tifffile.imwrite(tmp_path / "a.tif", spots(64, 64))
    done = run(tmp_path / "a.tif", tmp_path / "out")
    assert done.instances > 3 and tifffile.imread(done.files[2]).dtype == np.uint32


def test_a_failure_leaves_what_was_there_and_nothing_else(tmp_path):
    stack = np.stack([spots(40, 50)] * 3).astype(np.float32)
    stack[2, 5, 6] = np.nan
    tifffile.imwrite(tmp_path / "a.tif", stack, photometric="minisblack")
    out = tmp_path / "out"
    out.mkdir()
    (out / "a_mask.tif").write_text("of an earlier run")
    with pytest.raises(PlaneError, match=r"a\.tif, page 3 of 3: 1 pixel with NaN.* row 5, column 6"):
        run(tmp_path / "a.tif", out)
    assert [(path.name, path.read_text()) for path in out.iterdir()] == [("a_mask.tif", "of an earlier run")]


def test_a_full_disk_is_said_before_anything_is_written(tmp_path, monkeypatch):
    tifffile.imwrite(tmp_path / "a.tif", spots(40, 50))
    monkeypatch.setattr(module.shutil, "disk_usage", lambda folder: type("Usage", (), {"free": 1000}))
    with pytest.raises(NetworkError, match=r"a\.tif needs 26 kB here, 1.0 kB are free; free some"):
        run(tmp_path / "a.tif", tmp_path / "out")
    assert not list((tmp_path / "out").iterdir())


def test_images_that_would_get_the_same_files(tmp_path):
    (tmp_path / "x").mkdir()
    for name in ("a.tif", "A.png", "x/a.tif", "b_mask.tif"):
        (tmp_path / name).touch()
    for other in ("A.png", "x/a.tif"):
        with pytest.raises(NetworkError, match="would be written to the same files; rename one"):
            image_files([tmp_path / "a.tif", tmp_path / other], tmp_path)
    (tmp_path / "b.tif").touch()
    with pytest.raises(OutputError, match=r"b_mask\.tif: is an image that was given"):
        image_files([tmp_path / "b.tif", tmp_path / "b_mask.tif"], tmp_path)


def test_planes_are_counted(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", spots(4, 20, 30), photometric="minisblack")
    (tmp_path / "b.png").write_bytes(png(spots(20, 30)))
    assert [count_planes(tmp_path / name) for name in ("a.tif", "b.png")] == [4, 1]
    (tmp_path / "c.tif").write_text("a letter")
    with pytest.raises(ImageError, match=r"c\.tif: neither TIFF nor PNG"):
        count_planes(tmp_path / "c.tif")


@pytest.mark.parametrize("only", [("labels",), ("mask", "labels"), ("probability",)])
def test_what_is_missing_is_what_all_would_be(tmp_path, only):
    tifffile.imwrite(tmp_path / "a.tif", spots(40, 50))
    whole = dict(zip(KINDS, run(tmp_path / "a.tif", tmp_path / "all").files, strict=True))
    (files,) = image_files([tmp_path / "a.tif"], tmp_path / "some").values()
    assert missing(files) == files
    done = run(tmp_path / "a.tif", tmp_path / "some", only=only)
    assert [file.read_bytes() for file in done.files] == [whole[kind].read_bytes() for kind in only]
    assert sorted(missing(files)) == sorted(set(KINDS) - set(only))
    files[only[0]].write_text("")  # an empty file is no result
    assert only[0] in missing(files)


def test_a_network_of_resized_images_is_refused(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", spots(40, 50))
    with pytest.raises(NetworkError, match=r"a\.tif: inference.mode resize is for a study's images"):
        run(tmp_path / "a.tif", tmp_path / "out", mode="resize")
    assert not (tmp_path / "out").exists()


def test_a_model_file_becomes_its_network(tmp_path):
    found = load_network(save(tmp_path / "model.pt", threshold=0.4), "cpu")
    assert found.prediction == settings(threshold=0.4) and (found.precision, found.device) == ("float32", "cpu")
    picture = normalise(spots(30, 40))
    np.testing.assert_array_equal(
        predict(found.model, picture, Tiling(100)), predict(brightness_network(), picture, Tiling(100))
    )


def test_models_and_devices_that_cannot_be_used(tmp_path):
    good = save(tmp_path / "model.pt")
    (tmp_path / "text.pt").write_text("no model")
    other = save(tmp_path / "other.pt", model={"base_filters": 4, "depth": 2})
    later = save(tmp_path / "later.pt", model={"base_filters": 4, "depth": 3, "attention": True})
    missing = tmp_path / "missing.pt"
    cuda = f"cuda:{torch.cuda.device_count()}"
    for path, device, error, message in (
        (missing, "cpu", ModelFileError, "missing.pt: no such model file"),
        (tmp_path / "text.pt", "cpu", ModelFileError, "not a readable model file"),
        (other, "cpu", NetworkError, "its settings do not make a network of this version"),
        (later, "cpu", NetworkError, r"of this version \(model.attention is not a known key"),
        (good, "tpu", DeviceError, "device is 'tpu'; set auto, cpu, cuda"),
        (good, cuda, DeviceError, f"device {cuda} is not there"),
    ):
        with pytest.raises(error, match=message) as caught:
            load_network(path, device)
        assert "\n" not in str(caught.value)
