"""Whole images by tiles: the tiled result is the untiled one, every pixel once, the model left as it came."""

import numpy as np
import pytest
import torch
from builders.networks import small_network
from builders.resampled import resampled_by_hand

from unetlib.networks import tiling
from unetlib.networks.blocks import SegmentationNet
from unetlib.networks.predict import InferenceError, Tiling, predict, predict_image, resized
from unetlib.networks.settings import InferenceSettings, ModelSettings


def an_image(height, width, seed=0):
    return np.random.default_rng(seed).standard_normal((height, width)).astype(np.float32)


def untiled(model, image):
    """One pass over the whole image with a mirrored border: the naive twin."""
    border = tiling.context_px(model.depth)
    step, smallest = tiling.step_px(model.depth), tiling.smallest_output(model.depth)
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
    model, image = small_network(), an_image(height, width)
    difference = predict(model, image, Tiling(tile_px, batch=3)) - untiled(model, image)
    assert np.abs(difference).max() <= 1e-5


@pytest.mark.parametrize("arguments", [{"skip": "none"}, {"norm": "batch"}, {"depth": 2}, {"depth": 5}])
@pytest.mark.parametrize(("height", "width"), [(30, 30), (75, 101)])
def test_tiled_equals_untiled_for_the_unpadded_variants(arguments, height, width):
    model, image = small_network(**arguments), an_image(height, width)
    difference = predict(model, image, Tiling(36, batch=2)) - untiled(model, image)
    assert np.abs(difference).max() <= 1e-5


def test_the_twin_would_notice_another_border():
    """The comparison above is no tautology: without the mirrored border the result differs by far more."""
    model, image = small_network(), an_image(60, 60)
    shifted = untiled(model, np.pad(image, ((1, 0), (0, 0)), mode="edge"))[1:]
    assert np.abs(predict(model, image, Tiling(20)) - shifted).max() > 1e-3


@pytest.mark.parametrize("upsampling", ["transpose", "bilinear"])
def test_padded_network_hides_its_zero_border(upsampling):
    """Inside the margin of 24 px a padded network (3 levels) gives the same pixel from any tile."""
    model, image = small_network(padding="same", upsampling=upsampling), an_image(30, 50)
    whole = predict(model, image, Tiling(64))
    tolerance = 1e-5 if upsampling == "transpose" else 2e-2  # interpolation reaches past the margin
    for tile_px in (8, 24):
        assert np.abs(predict(model, image, Tiling(tile_px, batch=4)) - whole).max() <= tolerance


@pytest.mark.parametrize("batch", [1, 2, 7, 100])
def test_batch_does_not_matter(batch):
    model, image = small_network(), an_image(50, 70)
    np.testing.assert_allclose(
        predict(model, image, Tiling(20, batch=batch)), predict(model, image, Tiling(20)), atol=1e-6
    )


@pytest.mark.parametrize("padding", ["valid", "same"])
def test_any_size_is_covered(padding):
    model = small_network(padding=padding)
    for height, width in SIZES:
        result = predict(model, an_image(height, width), Tiling(16, batch=4))
        assert result.shape == (height, width) and result.dtype == np.float32
        assert np.isfinite(result).all() and 0 <= result.min() <= result.max() <= 1


@pytest.mark.parametrize("training", [True, False])
def test_the_model_is_left_as_it_came(training):
    model = small_network(norm="batch").train(training)
    before = {name: part.clone() for name, part in model.state_dict().items()}
    first = predict(model, an_image(40, 40), Tiling(20))
    assert model.training == training
    assert all(torch.equal(before[name], part) for name, part in model.state_dict().items())
    assert np.array_equal(first, predict(model, an_image(40, 40), Tiling(20)))  # no dropout at work
    with pytest.raises(tiling.TileError):
        predict(model, an_image(40, 40), Tiling(1))
    assert model.training == training


def test_bfloat16_is_close():
    model, image = small_network(base_filters=8), an_image(60, 60)
    exact, rounded = (predict(model, image, Tiling(60, precision=p)) for p in ("float32", "bfloat16"))
    assert 0 < np.abs(exact - rounded).max() < 0.05


def test_bad_input_is_one_clear_line():
    image = an_image(20, 20)
    with pytest.raises(InferenceError, match=r"shape \(20, 20, 1\)"):
        predict(small_network(), image[..., None], Tiling(20))
    image[3, 4] = np.nan
    with pytest.raises(InferenceError, match="NaN"):
        predict(small_network(), image, Tiling(20))


def predicted(model, image, symmetries=1, mode="tile"):
    inference = InferenceSettings(mode=mode, test_time_augmentation=symmetries)
    return predict_image(model, image, inference, Tiling(20), side_px=20)


class Ramp(SegmentationNet):
    """A padded network of one level that finds what is bright, and more so to the left: it sees how it is turned."""

    def __init__(self):
        super().__init__(ModelSettings(depth=1, padding="same"))

    def forward(self, images):
        left = torch.linspace(1, 0, images.shape[-1]).expand_as(images)
        return torch.cat((torch.zeros_like(images), images + left), 1)


def test_one_rotation_in_tiles_is_predict():
    model, image = small_network(), an_image(31, 44)
    assert np.array_equal(predicted(model, image), predict(model, image, Tiling(20)))


def symmetries(count):
    """(turn, turn back) of an array by NumPy: the naive twin's own bookkeeping."""
    forward = [lambda a: a, lambda a: np.rot90(a), lambda a: np.rot90(a, 2), lambda a: np.rot90(a, 3)]
    back = [lambda a: a, lambda a: np.rot90(a, 3), lambda a: np.rot90(a, 2), lambda a: np.rot90(a, 1)]
    found = list(zip(forward, back, strict=True))
    mirrored = [(lambda a, f=f: f(a)[:, ::-1], lambda a, b=b: b(a[:, ::-1])) for f, b in found]
    return [*found, *mirrored][:count]


@pytest.mark.parametrize("rotations", [4, 8])
@pytest.mark.parametrize("size", [(24, 24), (17, 40)])
def test_rotations_are_the_mean_over_turned_images(rotations, size):
    model, image = small_network(), an_image(*size)
    parts = [
        back(predict(model, np.ascontiguousarray(turn(image)), Tiling(20))) for turn, back in symmetries(rotations)
    ]
    found = predicted(model, image, rotations)
    np.testing.assert_allclose(found, np.mean(parts, axis=0), atol=1e-6)
    assert np.abs(found - parts[0]).max() > 1e-4, "a turned image gives another prediction"


@pytest.mark.parametrize("mode", ["tile", "resize"])
def test_all_eight_symmetries_make_a_network_blind_to_how_an_image_lies(mode):
    model, image = Ramp(), an_image(18, 25)

    def found(array, rotations=8):
        return predicted(model, np.ascontiguousarray(array), rotations, mode)

    np.testing.assert_allclose(found(np.rot90(image)), np.rot90(found(image)), atol=1e-6)
    np.testing.assert_allclose(found(image[:, ::-1]), found(image)[:, ::-1], atol=1e-6)
    assert np.abs(found(image[:, ::-1], 1) - found(image, 1)[:, ::-1]).max() > 0.1


@pytest.mark.parametrize(("size", "new"), [((7, 9), (20, 20)), ((31, 44), (12, 12)), ((8, 40), (20, 20))])
def test_resizing_is_a_triangle_filter(size, new):
    image = an_image(*size)
    expected = resampled_by_hand(image, new)
    np.testing.assert_allclose(resized(torch.from_numpy(image), new).numpy(), expected, atol=1e-5)


@pytest.mark.parametrize("size", [(7, 9), (31, 44), (20, 20)])
def test_resize_sees_the_whole_image_as_one_tile_and_comes_back(size):
    model, image = small_network(), an_image(*size)
    small = resampled_by_hand(image, (20, 20))
    seen = untiled(model, small.astype(np.float32))
    expected = resampled_by_hand(seen, size)
    found = predict_image(model, image, InferenceSettings(mode="resize"), Tiling(12), side_px=20)
    assert found.shape == size and found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_every_convolution_sees_channels_last():
    model, seen = small_network(base_filters=4), []
    for module in model.modules():
        if isinstance(module, torch.nn.Conv2d | torch.nn.ConvTranspose2d):
            module.register_forward_hook(
                lambda _, given, __: seen.append(given[0].is_contiguous(memory_format=torch.channels_last))
            )
    predict(model, an_image(40, 50), Tiling(28))
    assert len(seen) > 10 and all(seen)
