"""A plane predicted tile by tile from where it lies is the plane predicted whole."""

import numpy as np
import pytest
import torch
from test_predict import network

from unetlib.imaging.normalisation import normalise, statistics
from unetlib.networks.predict import predict, predict_tta
from unetlib.networks.predict_large import count_tiles, predict_large
from unetlib.networks.symmetries import TurnedPlane, dihedral
from unetlib.networks.tiling import context_px


def from_where_it_lies(model, image, *, rotations=1, tile_px=28, **reported):
    out = np.full(image.shape, np.nan, np.float32)
    offset, scale = statistics(image[:, :], "zscore")
    predict_large(
        model,
        image,
        out,
        offset=offset,
        scale=scale,
        rotations=rotations,
        device="cpu",
        precision="float32",
        tile_px=tile_px,
        **reported,
    )
    return out


class InParts:
    """A plane that is read in parts only, and how many pixels that were at most."""

    def __init__(self, array):
        self.array, self.shape, self.largest = array, array.shape, 0

    def __getitem__(self, part):
        found = self.array[part]
        self.largest = max(self.largest, found.size)
        return found


IMAGE = np.random.default_rng(2).integers(0, 4000, (150, 131)).astype(np.uint16)
NETWORKS = [{}, {"padding": "same"}, {"depth": 2, "norm": "batch"}, {"skip": "none"}, {"upsampling": "bilinear"}]


@pytest.mark.parametrize("arguments", NETWORKS)
@pytest.mark.parametrize("shape", [(150, 131), (20, 131), (9, 7)])
def test_is_the_study_to_the_bit(arguments, shape):
    model, image = network(**arguments), IMAGE[: shape[0], : shape[1]]
    np.testing.assert_array_equal(from_where_it_lies(model, image), predict(model, normalise(image), tile_px=28))


def test_a_large_pedestal_changes_nothing():
    model = network()
    raised = from_where_it_lies(model, IMAGE.astype(np.int32) + 2_000_000_000)
    np.testing.assert_allclose(raised, from_where_it_lies(model, IMAGE), atol=1e-5)


@pytest.mark.parametrize("rotations", [4, 8])
def test_average_is_the_mean_over_the_symmetries(rotations):
    model, image = network(), normalise(IMAGE)
    total = np.zeros(image.shape)
    for turn in range(rotations):  # the naive twin: turn the indices the same way and look up where each pixel went
        turned = dihedral(torch.from_numpy(image), turn).numpy()
        places = dihedral(torch.arange(image.size).reshape(image.shape), turn).numpy()
        found = predict(model, np.ascontiguousarray(turned), tile_px=28)
        total.ravel()[places.ravel()] += found.ravel()
    averaged = from_where_it_lies(model, IMAGE, rotations=rotations)
    assert np.abs(averaged - total / rotations).max() <= 1e-5
    assert np.abs(averaged - predict(model, image, tile_px=28)).max() > 1e-3
    how = {"mode": "tile", "rotations": rotations, "side_px": 28, "tile_px": 28}
    np.testing.assert_array_equal(averaged, predict_tta(model, image, **how), "as the study, to the bit")


@pytest.mark.parametrize("turn", range(8))
def test_turned_plane_is_the_turned_array(turn):
    turned = dihedral(torch.from_numpy(IMAGE.astype(np.int32)), turn).numpy()
    lazily = TurnedPlane(IMAGE.astype(np.int32), turn)
    assert tuple(lazily.shape) == turned.shape
    for rows, columns in ((slice(0, 5), slice(3, 9)), (slice(100, 131), slice(120, 130)), (slice(7, 8), slice(0, 130))):
        np.testing.assert_array_equal(lazily[rows, columns], turned[rows, columns])


def test_no_more_is_read_at_once_than_a_tile_sees():
    model, plane = network(), InParts(IMAGE)
    found = np.empty(IMAGE.shape, np.float32)
    how = {"offset": 0.0, "scale": 1.0, "device": "cpu", "precision": "float32", "tile_px": 28}
    predict_large(model, plane, found, rotations=8, **how)
    assert plane.largest <= (28 + 2 * context_px(model.depth)) ** 2 < IMAGE.size


@pytest.mark.parametrize("rotations", [1, 4])
def test_every_tile_is_reported(rotations):
    said = []
    from_where_it_lies(network(), IMAGE, rotations=rotations, report=lambda: said.append(1))
    assert len(said) == count_tiles(IMAGE.shape, network(), rotations=rotations, tile_px=28)
    assert len(said) == 30 * rotations
