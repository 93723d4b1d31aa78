"""A plane predicted block by block is the plane predicted whole."""

import numpy as np
import pytest
import torch
from test_infer import network

from unetlib.augment import dihedral
from unetlib.infer import infer, predict
from unetlib.intensity import normalise, statistics
from unetlib.mosaic import block_count, predict_plane


def by_blocks(model, image, block_px, *, rotations=1, **reported):
    out = np.full(image.shape, np.nan, np.float32)
    offset, scale = statistics(image, "zscore")
    predict_plane(
        model,
        image,
        out,
        offset=offset,
        scale=scale,
        rotations=rotations,
        tile_px=28,
        device="cpu",
        precision="float32",
        block_px=block_px,
        **reported,
    )
    return out


IMAGE = np.random.default_rng(2).integers(0, 4000, (150, 131)).astype(np.uint16)


@pytest.mark.parametrize("arguments", [{}, {"padding": "same"}, {"depth": 2, "norm": "batch"}, {"skip": "none"}])
@pytest.mark.parametrize("block_px", [40, 64, 100])
def test_blocks_equal_the_whole(arguments, block_px):
    model = network(**arguments)
    whole = predict(model, normalise(IMAGE), tile_px=28)
    assert np.abs(by_blocks(model, IMAGE, block_px) - whole).max() <= 1e-5


def test_one_block_is_the_study_to_the_bit():
    model = network()
    np.testing.assert_array_equal(by_blocks(model, IMAGE, 150), predict(model, normalise(IMAGE), tile_px=28))


@pytest.mark.parametrize(("block_px", "rotations"), [(60, 8), (150, 8), (150, 4)])
def test_average_is_the_mean_over_the_symmetries(block_px, rotations):
    model, image = network(), normalise(IMAGE)
    total = np.zeros(image.shape)
    for turn in range(rotations):  # the naive twin: turn the indices the same way and look up where each pixel went
        turned = dihedral(torch.from_numpy(image), turn).numpy()
        places = dihedral(torch.arange(image.size).reshape(image.shape), turn).numpy()
        found = predict(model, np.ascontiguousarray(turned), tile_px=28)
        total.ravel()[places.ravel()] += found.ravel()
    averaged = by_blocks(model, IMAGE, block_px, rotations=rotations)
    assert np.abs(averaged - total / rotations).max() <= 1e-5
    assert np.abs(averaged - predict(model, image, tile_px=28)).max() > 1e-3
    if block_px == 150:
        how = {"mode": "tile", "rotations": rotations, "side_px": 28, "tile_px": 28}
        np.testing.assert_array_equal(averaged, infer(model, image, **how), "as the study, to the bit")


def test_every_block_is_reported():
    said = []
    by_blocks(network(), IMAGE, 40, report=lambda: said.append(1))
    assert len(said) == block_count(IMAGE.shape, 40) == 16
