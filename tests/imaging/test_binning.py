"""Binning: against naive twins, to the bit in parts, and from a prepared dataset to a prediction at full size."""

import numpy as np
import pytest
import tifffile
import torch
from builders.images import brightness_network, spots
from hypothesis import given, settings
from hypothesis import strategies as st

from unetlib.datasets.dataset import Dataset, Sample, write_dataset
from unetlib.imaging.binning import BinningError, bin_image, bin_labels, bin_mask, check_binning, upsample
from unetlib.imaging.normalisation import normalise
from unetlib.imaging.planes import BinnedPlane, upsample_rows
from unetlib.imaging.settings import InstanceSettings
from unetlib.networks.predict import Tiling, predict
from unetlib.networks.predict_files import image_files, predict_files
from unetlib.networks.settings import InferenceSettings, PredictionSettings
from unetlib.networks.trained_network import TrainedNetwork
from unetlib.training.losses import weighted_ce
from unetlib.training.settings import RunSettings
from unetlib.training.validation import Validation, load

SHAPES = st.tuples(st.integers(1, 13), st.integers(1, 13))
FACTORS = st.integers(1, 4)


def naive_blocks(array, factor):
    """Every block as a flat list, the last row and column repeated."""
    rows, columns = (-(-side // factor) for side in array.shape)
    for row in range(rows):
        for column in range(columns):
            yield (
                row,
                column,
                [
                    array[min(row * factor + i, array.shape[0] - 1), min(column * factor + j, array.shape[1] - 1)]
                    for i in range(factor)
                    for j in range(factor)
                ],
            )


@given(SHAPES, FACTORS, st.integers(0, 99))
def test_blocks_are_averaged_voted_and_joined(shape, factor, seed):
    random = np.random.default_rng(seed)
    image = random.integers(0, 65536, shape).astype(np.uint16)
    labels = random.integers(0, 3, shape).astype(np.uint16)
    means, ids, masks = bin_image(image, factor), bin_labels(labels, factor), bin_mask(labels > 1, factor)
    assert means.dtype == np.uint16 and ids.dtype == np.uint16 and masks.dtype == bool
    assert bin_image(image.astype(np.float32), factor).dtype == np.float32
    for row, column, block in naive_blocks(image, factor):
        assert means[row, column] == np.rint(np.mean(block))
    for row, column, block in naive_blocks(labels, factor):
        assert ids[row, column] == min(set(block), key=lambda label: (-block.count(label), label))
        assert masks[row, column] == (2 in block)


@given(SHAPES, FACTORS, st.integers(0, 99))
def test_enlarged_is_pytorchs_bilinear(shape, factor, seed):
    plane = np.random.default_rng(seed).random(shape, np.float32)
    expected = torch.nn.functional.interpolate(
        torch.from_numpy(plane)[None, None], scale_factor=factor, mode="bilinear", align_corners=False
    )[0, 0].numpy()
    full = tuple(side * factor for side in shape)
    np.testing.assert_allclose(upsample(plane, factor, full), expected, atol=1e-6)
    cropped = tuple(side - factor + 1 for side in full)
    np.testing.assert_array_equal(
        upsample(plane, factor, cropped), upsample(plane, factor, full)[: cropped[0], : cropped[1]]
    )


@settings(deadline=None)
@given(st.tuples(st.integers(1, 40), st.integers(1, 9)), FACTORS, st.integers(1, 17))
def test_parts_are_those_of_the_whole(shape, factor, height):
    image = np.random.default_rng(7).integers(0, 255, shape).astype(np.uint8)
    small = bin_image(image, factor)
    view = BinnedPlane(image, factor)
    assert view.shape == small.shape
    for start in range(0, small.shape[0], height):
        np.testing.assert_array_equal(view[start : start + height, :], small[start : start + height])
    plane = small.astype(np.float32)
    whole = upsample(plane, factor, shape)
    for start in range(0, shape[0], height):
        rows = slice(start, min(start + height, shape[0]))
        np.testing.assert_array_equal(upsample_rows(plane, factor, rows, shape), whole[rows])


@pytest.mark.parametrize("factor", [0, -1, 1.5, True, None, "2"])
def test_a_factor_is_a_whole_number(factor, tmp_path):
    with pytest.raises(BinningError, match=r"binning is .*; set a whole number"):
        check_binning(factor)
    with pytest.raises(BinningError):
        write_dataset(tmp_path / "d", [cells("a")], binning=factor)
    assert not (tmp_path / "d").exists()


def cells(frame):
    image = spots(31, 47)
    return Sample(frame, sequence="1", time=0, group=frame, modality="m", image=image, labels=(image > 100) * 1)


def test_networks_see_less_and_are_judged_at_full_size(tmp_path):
    write_dataset(tmp_path / "d", [cells("a")], binning=3)
    dataset = Dataset(tmp_path / "d")
    assert dataset.frame("a").binning == 3
    image, labels, ignore = dataset.seen("a")
    assert image.shape == labels.shape == ignore.shape == (11, 16)
    np.testing.assert_array_equal(image, bin_image(dataset.image("a"), 3))
    (seen,) = load(dataset, ["a"], RunSettings())
    assert seen.image.shape == (11, 16) and seen.mask.shape == seen.known.shape == (31, 47)
    network = brightness_network()
    probability = upsample(predict(network, seen.image, Tiling(388)), 3, (31, 47))
    mask, truth = probability >= 0.5, seen.mask
    expected = 2 * (mask & truth).sum() / (mask.sum() + truth.sum())
    assert 0 < expected < 1
    validate = Validation([[seen]], threshold=0.5, tiling=Tiling(388), loss=weighted_ce)
    assert validate(network).dice == pytest.approx(expected)


def test_the_command_line_bins_as_the_study_did(tmp_path):
    picture = spots(70, 83)
    tifffile.imwrite(tmp_path / "a.tif", picture)
    study = PredictionSettings(
        inference=InferenceSettings(), instances=InstanceSettings(), normalisation="zscore", binning=2
    )
    network = TrainedNetwork(brightness_network(), study, precision="float32")
    (files,) = image_files([tmp_path / "a.tif"], tmp_path / "out").values()
    binned = predict(brightness_network(), normalise(bin_image(picture, 2)), Tiling())
    expected = upsample(binned, 2, picture.shape)
    done = predict_files(network, tmp_path / "a.tif", files, study)
    np.testing.assert_array_equal(tifffile.imread(done.files[0]), expected)
    again = predict_files(network, tmp_path / "a.tif", files, study.model_copy(update={"binning": 1}))
    plain = predict(brightness_network(), normalise(picture), Tiling())
    np.testing.assert_array_equal(tifffile.imread(again.files[0]), plain)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(file.name for file in again.files)
