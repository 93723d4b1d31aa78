"""Networks with distance targets: what they predict, in tiles, turned, resized, of files, and what they cannot do."""

import numpy as np
import pytest
import tifffile
import torch
from builders.images import save, spots, write_stack
from builders.networks import small_network

from unetlib.imaging.binning import bin_image, upsample
from unetlib.imaging.instances import instances_from_probability
from unetlib.imaging.normalisation import normalise
from unetlib.imaging.resampling import resample
from unetlib.imaging.settings import InstanceSettings, SeedSettings
from unetlib.networks.blocks import initialise
from unetlib.networks.export.exporter import ExportError, export
from unetlib.networks.image_scale import ImageOptions
from unetlib.networks.predict import Tiling, predict, predict_image
from unetlib.networks.predict_files import image_files, predict_files
from unetlib.networks.predict_images import BinnedImage, predict_images
from unetlib.networks.prediction_options import prediction_settings
from unetlib.networks.run_record import RunRecord
from unetlib.networks.settings import ComputeSettings, InferenceSettings, PredictionSettings
from unetlib.networks.trained_network import TrainedNetwork, load_network, save_model

IMAGE = spots(1, 50, 61)[0]
SEEDS = InstanceSettings(seeds=SeedSettings(depth=0.02, smoothing_px=0))


def network(**settings):
    """Random weights whose outputs are spread enough for cells and seeds to be there."""
    model = small_network(classes=4, padding="same", dropout=0.0, **settings)
    initialise(model, torch.Generator().manual_seed(4))
    return model


def naive(model, plane):
    """One pass over the whole plane, which is so small that it needs no tiles."""
    height, width = plane.shape
    rows, columns = np.pad(np.arange(height), 28, mode="reflect"), np.pad(np.arange(width), 28, mode="reflect")
    padded = plane[np.ix_(rows, columns)]
    padded = np.pad(padded, [(0, -side % 4) for side in padded.shape], mode="reflect")
    with torch.no_grad():
        outputs = model.eval()(torch.from_numpy(padded)[None, None])[0, :, 28 : 28 + height, 28 : 28 + width]
    return np.stack([outputs[:2].softmax(0)[1], (outputs[2] - outputs[3]).clamp(0, 1)])


def test_two_planes_are_predicted_and_tiles_change_nothing():
    model, plane = network(), normalise(IMAGE)
    found = predict(model, plane, Tiling())
    np.testing.assert_allclose(found, naive(model, plane), atol=1e-5)
    np.testing.assert_allclose(predict(model, plane, Tiling(16)), found, atol=1e-5)
    assert found.shape == (2, 50, 61) and 0.05 < found[1].mean() < 0.95 and np.ptp(found[1]) > 0.2


@pytest.mark.parametrize("mode", ["tile", "resize"])
def test_both_planes_are_averaged_over_turns(mode):
    model, plane = network(), normalise(IMAGE)
    found = predict_image(model, plane, InferenceSettings(mode=mode, test_time_augmentation=4), Tiling(64), side_px=64)
    one = InferenceSettings(mode=mode)
    turns = [
        np.rot90(predict_image(model, np.rot90(plane, turn).copy(), one, Tiling(64), side_px=64), -turn, (1, 2))
        for turn in range(4)
    ]
    np.testing.assert_allclose(found, np.mean(turns, axis=0), atol=1e-5)


def settings(**changes):
    return PredictionSettings(inference=InferenceSettings(), instances=SEEDS, normalisation="zscore", **changes)


@pytest.mark.parametrize("binning", [1, 2])
@pytest.mark.parametrize("rescale", [False, True], ids=["as it is", "rescaled"])
def test_files_hold_the_probability_and_the_instances_of_both_planes(tmp_path, binning, rescale):
    """Resampled, binned, predicted and brought back: each plane is, and instances come from both."""
    path = write_stack(tmp_path / "movie.tif", np.stack([IMAGE, IMAGE[::-1]]), "TYX")
    how = settings(binning=binning, pixel_size_um=1.3)
    (files,) = image_files([path], tmp_path / "out").values()
    trained = TrainedNetwork(network(), how, precision="float32")
    done = predict_files(trained, path, files, how, options=ImageOptions(rescale=rescale))
    probability, _, labels = (tifffile.imread(file) for file in done.files)
    for page, picture in enumerate((IMAGE, IMAGE[::-1])):
        seen = picture
        if rescale:
            seen = np.zeros((25, 30), np.float32)
            resample(picture, seen)
        planes = upsample(predict(trained.model, normalise(bin_image(seen, binning)), Tiling()), binning, seen.shape)
        if rescale:
            small, planes = planes, np.zeros((2, *picture.shape), np.float32)
            for before, after in zip(small, planes, strict=True):
                resample(before, after)
        np.testing.assert_allclose(probability[page], planes[0], atol=1e-6)
        scale = (50 * 61 / (25 * 30)) ** 0.5 if rescale else 1
        expected = instances_from_probability(planes, SEEDS.scaled(scale))
        np.testing.assert_array_equal(labels[page], expected)
    assert done.instances > 2


def test_a_study_predicts_both_planes_at_full_size():
    trained = TrainedNetwork(network(), settings(), precision="float32")
    images = {"a/1": BinnedImage(bin_image(IMAGE, 2), 2, IMAGE.shape)}
    (found,) = predict_images(trained, images, InferenceSettings(), ComputeSettings(threads=1)).values()
    expected = predict(trained.model, normalise(bin_image(IMAGE, 2)), Tiling())
    np.testing.assert_array_equal(found, upsample(expected, 2, IMAGE.shape))


def test_a_model_file_says_that_it_has_distances_and_is_not_exported(tmp_path):
    model = network()
    chosen = {"base_filters": 2, "depth": 3, "padding": "same", "dropout": 0.0}
    rest = {"normalisation": "zscore", "threshold": 0.4, "training": {}, "target": {"kind": "distances"}}
    save_model(tmp_path / "model.pt", model.state_dict(), RunRecord(settings={"model": chosen, **rest}))
    loaded = load_network(tmp_path / "model.pt", "cpu")
    assert loaded.model.planes == (2,)
    assert loaded.prediction.instances == InstanceSettings(threshold=0.4, seeds=SeedSettings())
    with pytest.raises(ExportError, match="distance targets, which no export holds"):
        export(tmp_path / "model.pt", tmp_path / "model.onnx", kind="onnx")
    without = save(tmp_path / "plain.pt")
    assert load_network(without, "cpu").prediction.instances.seeds is None


def test_a_watershed_that_is_asked_for_goes_before_the_seeds(tmp_path):
    trained = TrainedNetwork(network(), settings(), precision="float32")
    chosen, said = prediction_settings(tmp_path / "model.pt", trained)
    assert chosen.instances == SEEDS and "watershed from seeds, maxima of depth 0.02" in said
    chosen, said = prediction_settings(tmp_path / "model.pt", trained, watershed_depth_px=4)
    assert chosen.instances == InstanceSettings(watershed_depth_px=4) and "watershed depth 4 px" in said
