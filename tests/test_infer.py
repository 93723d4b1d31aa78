"""Whole images by tiles: the tiled result is the untiled one, every pixel once, the model left as it came."""

import numpy as np
import pytest
import torch

from unetlib import tiles
from unetlib.infer import InferenceError, predict
from unetlib.model import UNet, initialise


def network(**arguments):
    model = UNet(**{"base_filters": 2, "depth": 3, **arguments})
    initialise(model, torch.Generator().manual_seed(0))
    return model


def an_image(height, width, seed=0):
    return np.random.default_rng(seed).standard_normal((height, width)).astype(np.float32)


def untiled(model, image):
    """One pass over the whole image with a mirrored border: the naive twin."""
    border = tiles.context_px(model.depth)
    step, smallest = tiles.step_px(model.depth), tiles.smallest_output(model.depth)
    sides = [smallest + step * max(0, -(-(side - smallest) // step)) for side in image.shape]
    padded = image
    for axis, side in enumerate(sides):
        before, after = border, border + side - image.shape[axis]
        while before or after:  # np.pad's "reflect" repeats; one pixel at a time needs no trust in that
            first = min(before, padded.shape[axis] - 1)
            last = min(after, padded.shape[axis] - 1)
            if padded.shape[axis] == 1:
                mode, first, last = "edge", before, after
            else:
                mode = "reflect"
            pads = [(0, 0), (0, 0)]
            pads[axis] = (first, last)
            padded = np.pad(padded, pads, mode=mode)
            before, after = before - first, after - last
    with torch.no_grad():
        logits = model.eval()(torch.from_numpy(padded)[None, None])
    return logits.softmax(dim=1)[0, 1, : image.shape[0], : image.shape[1]].numpy()


SIZES = [(1, 1), (1, 40), (2, 3), (7, 50), (28, 28), (29, 31), (61, 97)]


@pytest.mark.parametrize(("height", "width"), SIZES)
@pytest.mark.parametrize("tile_px", [12, 20, 44])
def test_tiled_equals_untiled(height, width, tile_px):
    model, image = network(), an_image(height, width)
    difference = predict(model, image, tile_px=tile_px, batch=3) - untiled(model, image)
    assert np.abs(difference).max() <= 1e-5


@pytest.mark.parametrize("arguments", [{"skip": "none"}, {"norm": "batch"}, {"depth": 2}, {"depth": 5}])
@pytest.mark.parametrize(("height", "width"), [(30, 30), (75, 101)])
def test_tiled_equals_untiled_for_the_unpadded_variants(arguments, height, width):
    model, image = network(**arguments), an_image(height, width)
    difference = predict(model, image, tile_px=36, batch=2) - untiled(model, image)
    assert np.abs(difference).max() <= 1e-5


def test_the_twin_would_notice_another_border():
    """The comparison above is no tautology: without the mirrored border the result differs by far more."""
    model, image = network(), an_image(60, 60)
    shifted = untiled(model, np.pad(image, ((1, 0), (0, 0)), mode="edge"))[1:]
    assert np.abs(predict(model, image, tile_px=20) - shifted).max() > 1e-3


@pytest.mark.parametrize("upsampling", ["transpose", "bilinear"])
def test_padded_network_hides_its_zero_border(upsampling):
    """Inside the margin of 24 px a padded network (3 levels) gives the same pixel from any tile."""
    model, image = network(padding="same", upsampling=upsampling), an_image(30, 50)
    whole = predict(model, image, tile_px=64)
    tolerance = 1e-5 if upsampling == "transpose" else 2e-2  # interpolation reaches past the margin
    for tile_px in (8, 24):
        assert np.abs(predict(model, image, tile_px=tile_px, batch=4) - whole).max() <= tolerance


@pytest.mark.parametrize("batch", [1, 2, 7, 100])
def test_batch_does_not_matter(batch):
    model, image = network(), an_image(50, 70)
    np.testing.assert_allclose(
        predict(model, image, tile_px=20, batch=batch), predict(model, image, tile_px=20), atol=1e-6
    )


@pytest.mark.parametrize("padding", ["valid", "same"])
def test_any_size_is_covered(padding):
    model = network(padding=padding)
    for height, width in SIZES:
        result = predict(model, an_image(height, width), tile_px=16, batch=4)
        assert result.shape == (height, width) and result.dtype == np.float32
        assert np.isfinite(result).all() and 0 <= result.min() <= result.max() <= 1


@pytest.mark.parametrize("training", [True, False])
def test_the_model_is_left_as_it_came(training):
    model = network(norm="batch").train(training)
    before = {name: part.clone() for name, part in model.state_dict().items()}
    first = predict(model, an_image(40, 40), tile_px=20)
    assert model.training == training
    assert all(torch.equal(before[name], part) for name, part in model.state_dict().items())
    assert np.array_equal(first, predict(model, an_image(40, 40), tile_px=20))  # no dropout at work
    with pytest.raises(tiles.TileError):
        predict(model, an_image(40, 40), tile_px=1)
    assert model.training == training


def test_bfloat16_is_close():
    model, image = network(base_filters=8), an_image(60, 60)
    exact, rounded = (predict(model, image, tile_px=60, precision=p) for p in ("float32", "bfloat16"))
    assert 0 < np.abs(exact - rounded).max() < 0.05


def test_bad_input_is_one_clear_line():
    image = an_image(20, 20)
    with pytest.raises(InferenceError, match=r"shape \(20, 20, 1\)"):
        predict(network(), image[..., None], tile_px=20)
    image[3, 4] = np.nan
    with pytest.raises(InferenceError, match="NaN"):
        predict(network(), image, tile_px=20)
    with pytest.raises(InferenceError, match="set one of float32, bfloat16"):
        predict(network(), an_image(20, 20), tile_px=20, precision="float16")
