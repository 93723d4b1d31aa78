"""A plane predicted tile by tile from where it lies is the plane predicted whole."""

import numpy as np
import pytest
import torch
from builders.images import InParts
from builders.networks import small_network

from unetlib.imaging.normalisation import NormalisedPlane, normalise, statistics
from unetlib.networks.predict import Tiling, count_tiles, predict, predict_image
from unetlib.networks.settings import InferenceSettings
from unetlib.networks.symmetries import dihedral
from unetlib.networks.tiling import context_px


def from_where_it_lies(model, image, *, symmetries=1, report=None):
    out = np.full(image.shape, np.nan, np.float32)
    plane = NormalisedPlane(image, statistics(image, "zscore"))
    assert predict(model, plane, Tiling(28), symmetries=symmetries, out=out, report=report) is out
    return out


IMAGE = np.random.default_rng(2).integers(0, 4000, (150, 131)).astype(np.uint16)
NETWORKS = [{}, {"padding": "same"}, {"depth": 2, "norm": "batch"}, {"skip": "none"}, {"upsampling": "bilinear"}]


@pytest.mark.parametrize("arguments", NETWORKS)
@pytest.mark.parametrize("shape", [(150, 131), (20, 131), (9, 7)])
def test_is_the_study_to_the_bit(arguments, shape):
    model, image = small_network(**arguments), IMAGE[: shape[0], : shape[1]]
    np.testing.assert_array_equal(from_where_it_lies(model, image), predict(model, normalise(image), Tiling(28)))


def test_a_large_pedestal_changes_nothing():
    model = small_network()
    raised = from_where_it_lies(model, IMAGE.astype(np.int32) + 2_000_000_000)
    np.testing.assert_allclose(raised, from_where_it_lies(model, IMAGE), atol=1e-5)


@pytest.mark.parametrize("symmetries", [4, 8])
def test_average_is_the_mean_over_the_symmetries(symmetries):
    model, image = small_network(), normalise(IMAGE)
    total = np.zeros(image.shape)
    for turn in range(symmetries):  # the naive twin: turn the indices the same way and look up where each pixel went
        turned = dihedral(torch.from_numpy(image), turn).numpy()
        places = dihedral(torch.arange(image.size).reshape(image.shape), turn).numpy()
        found = predict(model, np.ascontiguousarray(turned), Tiling(28))
        total.ravel()[places.ravel()] += found.ravel()
    averaged = from_where_it_lies(model, IMAGE, symmetries=symmetries)
    assert np.abs(averaged - total / symmetries).max() <= 1e-5
    assert np.abs(averaged - predict(model, image, Tiling(28))).max() > 1e-3
    inference = InferenceSettings(test_time_augmentation=symmetries)
    study = predict_image(model, image, inference, Tiling(28), side_px=28)
    np.testing.assert_array_equal(averaged, study, "as the study, to the bit")


def test_no_more_is_read_at_once_than_a_tile_sees():
    model, plane = small_network(), InParts(IMAGE)
    found = np.empty(IMAGE.shape, np.float32)
    predict(model, plane, Tiling(28), symmetries=8, out=found)
    assert plane.largest <= (28 + 2 * context_px(model.depth)) ** 2 < IMAGE.size


@pytest.mark.parametrize("symmetries", [1, 4])
def test_every_tile_is_reported(symmetries):
    said = []
    from_where_it_lies(small_network(), IMAGE, symmetries=symmetries, report=lambda: said.append(1))
    assert len(said) == count_tiles(small_network(), IMAGE.shape, Tiling(28), symmetries=symmetries)
    assert len(said) == 30 * symmetries
