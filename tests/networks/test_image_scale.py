"""Images of another scale than the training's: what is said, and what predicting them at its scale gives."""

import numpy as np
import pytest
import tifffile
from builders.images import brightness_network, spots, write_stack
from builders.resampled import resampled_by_hand

from unetlib.imaging.binning import bin_image, upsample
from unetlib.imaging.instances import instances_from_probability
from unetlib.imaging.normalisation import normalise
from unetlib.imaging.settings import InstanceSettings
from unetlib.networks.image_scale import ImageOptions
from unetlib.networks.predict import Tiling, predict
from unetlib.networks.predict_files import image_files, predict_files
from unetlib.networks.settings import InferenceSettings, PredictionSettings
from unetlib.networks.trained_network import NetworkError, TrainedNetwork

AS_THEY_ARE, RESCALE = ImageOptions(), ImageOptions(rescale=True)


def settings(trained, binning=1, **instances):
    return PredictionSettings(
        inference=InferenceSettings(mode="tile"),
        instances=InstanceSettings(**instances),
        normalisation="zscore",
        binning=binning,
        pixel_size_um=trained,
    )


def run(image, folder, options=AS_THEY_ARE, **how):
    (files,) = image_files([image], folder).values()
    chosen = settings(**how)
    return predict_files(
        TrainedNetwork(brightness_network(), chosen, precision="float32"), image, files, chosen, options=options
    )


def write(path, stack, row_um, column_um, axes="YX"):
    resolution = (1 / column_um, 1 / row_um)
    tifffile.imwrite(path, stack, imagej=True, resolution=resolution, metadata={"axes": axes, "unit": "um"})
    return path


def by_hand(picture, shape, chosen):
    """The naive twin: the whole plane resampled pixel by pixel, predicted, and brought back the same way."""
    seen = bin_image(resampled_by_hand(picture, shape).astype(np.float32), chosen.binning)
    found = upsample(predict(brightness_network(), normalise(seen), Tiling()), chosen.binning, shape)
    return resampled_by_hand(found, picture.shape)


CASES = [  # size of the image's pixels (height, width), of the training's, binning, the size at which it is predicted
    ((0.325, 0.325), 0.65, 1, (30, 35)),
    ((1.3, 1.3), 0.65, 1, (120, 140)),
    ((0.65, 0.325), 0.65, 1, (60, 35)),
    ((0.325, 0.325), 0.65, 3, (30, 35)),
    ((0.65, 0.65), 0.5, 2, (78, 91)),
]


@pytest.mark.parametrize(("own", "trained", "binning", "predicted"), CASES)
def test_a_rescaled_movie_is_the_twin_at_its_own_size(tmp_path, own, trained, binning, predicted):
    stack = spots(2, 60, 70, dtype=np.uint16)
    image = write(tmp_path / "a.tif", stack, *own, axes="TYX")
    how = {"trained": trained, "binning": binning, "min_area_px": 8}
    done = run(image, tmp_path / "out", RESCALE, **how)
    probability, mask, labels = (tifffile.imread(file) for file in done.files)
    area = trained**2 / (own[0] * own[1])
    for page, picture in enumerate(stack):
        expected = by_hand(picture, predicted, settings(**how))
        np.testing.assert_allclose(probability[page], expected, atol=2e-5, equal_nan=False)
        instances = InstanceSettings(min_area_px=round(8 * area))
        np.testing.assert_array_equal(labels[page], instances_from_probability(probability[page], instances))
    np.testing.assert_array_equal(mask, np.where(labels > 0, 255, 0))
    assert labels.any() and labels.shape == stack.shape
    assert done.notes == (f"{image}: predicted at {trained:g} µm per pixel, as {predicted[0]} × {predicted[1]} px",)
    with tifffile.TiffFile(done.files[2]) as file:
        tags = file.pages.first.tags
        sizes = [tags.valueof(f"{axis}Resolution") for axis in "YX"]
    assert [denominator / numerator for numerator, denominator in sizes] == pytest.approx(own, rel=1e-5)


def test_an_image_at_the_scale_of_the_training_is_the_same_to_the_bit(tmp_path):
    image = write_stack(tmp_path / "a.tif", spots(2, 60, 70), "TYX")  # 0.65 µm per pixel
    plain, rescaled = (
        run(image, tmp_path / name, options, trained=0.65, min_area_px=8, watershed_depth_px=1)
        for name, options in (("plain", AS_THEY_ARE), ("rescaled", RESCALE))
    )
    assert [file.read_bytes() for file in plain.files] == [file.read_bytes() for file in rescaled.files]
    assert plain.notes == rescaled.notes == ()


def test_the_depth_of_the_watershed_counts_pixels_of_the_training(tmp_path):
    rows, columns = np.mgrid[:120, :180]
    pair = ((rows - 60) ** 2 + (columns - 60) ** 2 < 800) | ((rows - 60) ** 2 + (columns - 108) ** 2 < 800)
    image = write(tmp_path / "a.tif", np.where(pair, 200, 10).astype(np.uint8), 0.325, 0.325)
    done = run(image, tmp_path / "out", RESCALE, trained=0.65, watershed_depth_px=3)
    probability, _, labels = (tifffile.imread(file) for file in done.files)
    expected = instances_from_probability(probability, InstanceSettings(watershed_depth_px=6))
    np.testing.assert_array_equal(labels, expected)
    assert labels.max() == 2


def test_a_large_pedestal_changes_nothing(tmp_path):
    picture = spots(60, 70, dtype=np.int32)
    found = []
    for name, pedestal in (("low", 0), ("high", 2_000_000_000)):
        tifffile.imwrite(tmp_path / f"{name}.tif", picture + pedestal)
        options = ImageOptions(pixel_size_um=0.2, rescale=True)
        found.append(tifffile.imread(run(tmp_path / f"{name}.tif", tmp_path / "out", options, trained=0.5).files[0]))
    np.testing.assert_allclose(*found, atol=1e-4, equal_nan=False)


def test_a_given_pixel_size_goes_before_the_files_and_into_the_results(tmp_path):
    image = write(tmp_path / "a.tif", spots(40, 50), 0.65, 0.65)
    done = run(image, tmp_path / "out", ImageOptions(pixel_size_um=0.5), trained=0.5)
    assert done.notes == ()
    with tifffile.TiffFile(done.files[0]) as file:
        assert file.pages.first.tags.valueof("XResolution") == file.pages.first.tags.valueof("YResolution") == (2, 1)


TOLD = [  # height and width of a pixel, the training's, binning, what is said
    (0.65, 0.65, 0.65, 1, ""),
    (0.65, 0.65, 0.5, 1, ""),
    (0.65, 0.65, 0.1, 1, "the network sees pixels of 0.65 µm, but was trained on 0.1 µm, 6.5 times smaller; --rescale"),
    (0.65, 0.65, 1.3, 1, "pixels of 0.65 µm, but was trained on 1.3 µm, 2.0 times larger; --rescale predicts it at"),
    (0.65, 0.65, 1.3, 2, "pixels of 1.3 µm, but was trained on 2.6 µm, 2.0 times larger"),
    (0.65, 0.65, None, 1, ""),
    (0.65, 0.5, 0.6, 1, "pixels of 0.65 × 0.5 (height × width) µm, but was trained on 0.6 µm; --rescale"),
    (0.65, 0.5, None, 1, "its pixels are 0.65 × 0.5 µm (height × width), which the network takes for square; resample"),
]


@pytest.mark.parametrize(("row", "column", "trained", "binning", "said"), TOLD)
def test_what_is_said_of_the_scale(tmp_path, row, column, trained, binning, said):
    image = write(tmp_path / "a.tif", spots(40, 50), row, column)
    notes = run(image, tmp_path / "out", trained=trained, binning=binning).notes
    assert len(notes) == bool(said) and all(said in note and note.startswith(str(image)) for note in notes)


def test_a_scale_that_is_not_known_is_refused_before_anything_is_written(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", spots(40, 50))
    with pytest.raises(NetworkError, match=r"a\.tif: does not say how large its pixels are; give --pixel-size, or"):
        run(tmp_path / "a.tif", tmp_path / "out", RESCALE, trained=0.65)
    with pytest.raises(NetworkError, match=r"does not say how large the pixels of its training images were; leave out"):
        run(tmp_path / "a.tif", tmp_path / "out", RESCALE, trained=None)
    assert not list((tmp_path / "out").iterdir())


def test_the_disk_must_hold_the_resampled_plane_too(tmp_path, monkeypatch):
    image = write(tmp_path / "a.tif", spots(40, 50), 6.5, 6.5)
    monkeypatch.setattr("shutil.disk_usage", lambda folder: type("Usage", (), {"free": 1_000_000}))
    run(image, tmp_path / "out", trained=0.65)
    with pytest.raises(NetworkError, match=r"a\.tif needs 2.4 MB here, 1.0 MB are free; free some"):
        run(image, tmp_path / "out", RESCALE, trained=0.65)
