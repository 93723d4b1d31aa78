"""The network: the paper's numbers, what each argument changes, and its sizes."""

import pytest
import torch
from builders.networks import small_network

from unetlib.networks import tiling
from unetlib.networks.blocks import ModelError, initialise, parameter_count, pool2
from unetlib.networks.settings import ModelSettings
from unetlib.networks.unet import UNet


def unet(**settings):
    return UNet(ModelSettings(**settings))


def shapes(model, side):
    return tuple(model(torch.zeros(1, 1, side, side)).shape)


def test_default_is_the_papers_network():
    assert parameter_count(unet()) == 31_030_658
    assert shapes(unet(base_filters=1), 572) == (1, 2, 388, 388)


def by_hand(filters, depth, in_channels=1, classes=2, skip=True, norm=False):
    """The parameter count, layer by layer, from figure 1."""
    extra = 2 if norm else 1  # scale and shift instead of a bias
    total, channels = 0, in_channels
    for level in range(depth):
        count = filters * 2**level
        total += 9 * channels * count + 9 * count * count + 2 * extra * count
        channels = count
    for level in reversed(range(depth - 1)):
        count = filters * 2**level
        total += 4 * channels * count + count
        total += 9 * (2 * count if skip else count) * count + 9 * count * count + 2 * extra * count
        channels = count
    return total + classes * filters + classes


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, by_hand(2, 3)),
        ({"base_filters": 5}, by_hand(5, 3)),
        ({"depth": 1}, by_hand(2, 1)),
        ({"depth": 4}, by_hand(2, 4)),
        ({"in_channels": 3}, by_hand(2, 3, in_channels=3)),
        ({"classes": 4}, by_hand(2, 3, classes=4)),
        ({"skip": "none"}, by_hand(2, 3, skip=False)),
        ({"norm": "batch"}, by_hand(2, 3, norm=True)),
        ({"norm": "group"}, by_hand(2, 3, norm=True)),
        ({"norm": "instance"}, by_hand(2, 3, norm=True)),
        # a 1×1 instead of a 2×2 up-convolution: 8 → 4 and 4 → 2 channels
        ({"upsampling": "bilinear"}, by_hand(2, 3) - 3 * (8 * 4 + 4 * 2)),
        ({"padding": "same", "dropout": 0.1, "dropout_at": "all"}, by_hand(2, 3)),
    ],
)
def test_parameters_of_each_variant(arguments, expected):
    assert parameter_count(small_network(**arguments)) == expected


@pytest.mark.parametrize("depth", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("upsampling", ["transpose", "bilinear"])
def test_sizes_are_those_that_tiles_plans(depth, upsampling):
    model = small_network(depth=depth, base_filters=1, upsampling=upsampling)
    smallest = tiling.smallest_output(depth)
    for output_px in (smallest, smallest + tiling.step_px(depth)):
        assert shapes(model, tiling.valid_input(output_px, depth))[2:] == (output_px, output_px)
    same = small_network(depth=depth, base_filters=1, padding="same", upsampling=upsampling)
    assert shapes(same, 32)[2:] == (32, 32)


@pytest.mark.parametrize(("padding", "side"), [("valid", 570), ("valid", 4), ("same", 30)])
def test_a_size_that_does_not_fit_is_one_clear_line(padding, side):
    with pytest.raises(ModelError, match=f"an image of {side}×{side} px .* level . of 5.* take the sizes"):
        unet(base_filters=1, padding=padding)(torch.zeros(1, 1, side, side))


def test_skip_none_cuts_the_way_from_the_first_level():
    """With skips a one-pixel detail reaches the output past a dead bottom; without them it cannot."""
    for skip, passes in (("concatenate", True), ("none", False)):
        model = small_network(skip=skip, padding="same", base_filters=4).eval()
        with torch.no_grad():
            for up in model.up:
                up.weight.zero_()
            image = torch.randn(1, 1, 16, 16)
            assert bool((model(image) != model(torch.zeros_like(image))).any()) == passes


def test_cropped_skip_is_centred():
    """A flip of the input flips the output exactly where the crop is centred and the kernels are symmetric."""
    model = small_network(base_filters=4).eval()
    with torch.no_grad():
        for weight in model.parameters():
            if weight.ndim == 4:
                weight.copy_((weight + weight.flip(-1)) / 2)
        image = torch.randn(1, 1, 44, 60)
        torch.testing.assert_close(model(image.flip(-1)), model(image).flip(-1), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("where", "levels"), [("none", []), ("bottom", [1, 2]), ("all", [0, 1, 2, "merge 0", "merge 1"])]
)
def test_dropout_sits_where_it_is_asked_for(where, levels):
    model = small_network(dropout_at=where, dropout=0.25)
    blocks = dict(enumerate(model.down)) | {f"merge {i}": block for i, block in enumerate(model.merge)}
    rates = {name: block[-1].p for name, block in blocks.items() if isinstance(block[-1], torch.nn.Dropout)}
    assert rates == dict.fromkeys(levels, 0.25)
    image = torch.randn(1, 1, 44, 44)
    assert torch.equal(model(image), model(image)) == (where == "none")
    model.eval()
    assert torch.equal(model(image), model(image))


@pytest.mark.parametrize("where", ["bottom", "all"])
def test_dropout_rises_to_the_deepest_level(where):
    """Document 003's 0.1 to 0.3: a rate per level, the same on both paths."""
    model = small_network(depth=5, dropout=0.1, dropout_deepest=0.3, dropout_at=where)
    by_level = [0.1, 0.15, 0.2, 0.25, 0.3]
    down, merge = (
        [block[-1].p if isinstance(block[-1], torch.nn.Dropout) else None for block in blocks]
        for blocks in (model.down, model.merge)
    )
    assert down == pytest.approx(by_level) if where == "all" else down == [None, None, None, *by_level[3:]]
    assert merge == (pytest.approx(by_level[3::-1]) if where == "all" else [None] * 4)


def test_a_falling_dropout_and_one_level():
    falling = small_network(dropout=0.4, dropout_deepest=0.0, dropout_at="all")
    assert [block[-1].p for block in falling.down[:2]] == [0.4, 0.2]
    assert not isinstance(falling.down[2][-1], torch.nn.Dropout), "nothing is dropped there"
    single = small_network(depth=1, dropout=0.4, dropout_deepest=0.1, dropout_at="all")
    assert single.down[0][-1].p == 0.4


def test_dropout_of_channels_drops_whole_channels():
    block = small_network(dropout=0.5, dropout_kind="channel", dropout_at="all", base_filters=16).down[0]
    torch.manual_seed(0)
    found = block(torch.randn(2, 1, 20, 20)) != 0
    before = block[:-1](torch.randn(2, 1, 20, 20)) != 0
    assert before.any(dim=(2, 3)).all(), "a channel that is 0 everywhere was dropped"
    assert 0 < found.any(dim=(2, 3)).sum() < 32
    assert isinstance(block[-1], torch.nn.Dropout2d)


def test_batch_norm_normalises_every_convolution():
    model = small_network(norm="batch", dropout=0.0, base_filters=4)
    seen = []
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.register_forward_hook(lambda _, __, out: seen.append(out.mean(dim=(0, 2, 3)).abs().max()))
    model(torch.randn(2, 1, 60, 60) * 50 + 10)
    assert len(seen) == 10 and max(seen) < 1e-4


def test_he_initialisation_depends_on_the_generator_alone():
    first, again = (small_network(base_filters=16) for _ in range(2))
    other = unet(base_filters=16, depth=3)
    initialise(other, torch.Generator().manual_seed(1))
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), again.parameters(), strict=True))
    assert not torch.equal(first.head.weight, other.head.weight)
    convolution = first.down[2][2]
    assert convolution.weight.std().item() == pytest.approx((2 / (9 * 64)) ** 0.5, rel=0.02)
    assert first.up[0].weight.std().item() == pytest.approx((2 / (4 * 32)) ** 0.5, rel=0.04)
    assert not any(weight.any() for name, weight in first.named_parameters() if name.endswith("bias"))


def naive_weights(model, deviation):
    """Every weight in the order of the modules, drawn one after another: what the seed of a run has always meant."""
    generator = torch.Generator().manual_seed(0)
    for module in model.modules():
        if isinstance(module, torch.nn.Conv2d | torch.nn.ConvTranspose2d):
            yield torch.randn(module.weight.shape, generator=generator) * deviation(module)


@pytest.mark.parametrize("norm", ["none", "batch", "group", "instance"])
def test_the_draws_of_he_initialisation_are_those_of_every_norm(norm):
    """The norms draw nothing, and he is the default: no network of an earlier version starts elsewhere."""
    model = small_network(norm=norm)
    drawn = [part for part in model.parameters() if part.ndim == 4]
    expected = naive_weights(model, lambda module: (2.0 / module.weight[0].numel()) ** 0.5)
    assert all(torch.equal(ours, naive) for ours, naive in zip(drawn, expected, strict=True))


def test_xavier_initialisation_is_torchs():
    model, twin = small_network(initialisation="xavier"), small_network()
    generator = torch.Generator().manual_seed(0)
    for module in twin.modules():
        if isinstance(module, torch.nn.Conv2d | torch.nn.ConvTranspose2d):
            torch.nn.init.xavier_normal_(module.weight, generator=generator)
    for (name, ours), theirs in zip(model.named_parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, msg=name)
    assert model.down[2][2].weight.std() < small_network().down[2][2].weight.std()


def test_initialisation_keeps_the_scale_of_a_normalised_image():
    model = unet(base_filters=16)
    initialise(model, torch.Generator().manual_seed(3))
    with torch.no_grad():
        logits = model.eval()(torch.randn(1, 1, 188, 188, generator=torch.Generator().manual_seed(4)))
    assert 0.1 < logits.std() < 10


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_pooling_without_a_gradient_is_pooling(dtype):
    features = torch.randn(2, 5, 12, 8, generator=torch.Generator().manual_seed(0)).to(dtype)
    with torch.no_grad():
        found = pool2(features.contiguous(memory_format=torch.channels_last))
    assert torch.equal(found, torch.nn.functional.max_pool2d(features, 2))
    assert found.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize(
    "arguments", [{}, {"padding": "same"}, {"norm": "batch"}, {"norm": "group"}, {"norm": "instance"}]
)
def test_a_network_says_the_same_with_and_without_a_gradient(arguments):
    model = unet(base_filters=2, depth=3, **arguments).eval()
    images = torch.randn(1, 1, 44, 44, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        without = model(images)
    assert torch.equal(without, model(images))
