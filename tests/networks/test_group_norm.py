"""Group and instance normalisation: against loops over groups, and our gradient against torch's own."""

import numpy as np
import pytest
import torch
from builders.networks import small_network

from unetlib.networks.group_norm import GroupNorm, group_norm, instance_norm
from unetlib.networks.predict import Tiling, predict

SHAPES = [(1, 16, 8), (3, 12, 4), (2, 8, 8), (2, 6, 1)]  # tiles, channels, groups


def filled(norm, seed=0):
    random = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for part in norm.parameters():
            part.copy_(torch.randn(part.shape, generator=random))
    return norm


def some(*shape, dtype=torch.float64, layout=torch.channels_last):
    random = torch.Generator().manual_seed(1)
    return (3 * torch.randn(shape, generator=random) + 2).to(dtype=dtype, memory_format=layout)


def naive(features, norm):
    """One tile and one group after the other."""
    found = np.empty(features.shape)
    channels = features.shape[1] // norm.num_groups
    for tile, values in enumerate(features.numpy()):
        for first in range(0, features.shape[1], channels):
            group = values[first : first + channels]
            mean = sum(group.ravel()) / group.size
            variance = sum((group.ravel() - mean) ** 2) / group.size
            found[tile, first : first + channels] = (group - mean) / (variance + norm.eps) ** 0.5
    weight, bias = (part.detach().numpy()[:, None, None] for part in (norm.weight, norm.bias))
    return found * weight + bias


@pytest.mark.parametrize(("channels", "groups"), [(2, 2), (3, 1), (8, 8), (12, 4), (16, 8), (1024, 8)])
def test_groups_are_eight_or_as_many_as_divide_the_filters(channels, groups):
    assert group_norm(channels).num_groups == groups
    assert instance_norm(channels).num_groups == channels


@pytest.mark.parametrize(("tiles", "channels", "groups"), SHAPES)
@pytest.mark.parametrize("gradient", [True, False])
def test_equals_loops_over_groups(tiles, channels, groups, gradient):
    norm, features = filled(GroupNorm(groups, channels).double()), some(tiles, channels, 5, 7)
    with torch.set_grad_enabled(gradient):
        found = norm(features)
    np.testing.assert_allclose(found.detach().numpy(), naive(features, norm), atol=1e-9)


@pytest.mark.parametrize(("tiles", "channels", "groups"), SHAPES)
@pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format])
@pytest.mark.parametrize("layout_of_gradient", [torch.channels_last, torch.contiguous_format])
@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float64, 1e-12), (torch.float32, 1e-4), (torch.bfloat16, 0.05)], ids=str
)
def test_gradients_are_torchs(tiles, channels, groups, layout, layout_of_gradient, dtype, tolerance):
    gradient = some(tiles, channels, 9, 7, dtype=dtype, layout=layout_of_gradient).sin()
    found = []
    for kind in (GroupNorm, torch.nn.GroupNorm):
        norm = filled(kind(groups, channels).to(torch.float64 if dtype == torch.float64 else torch.float32))
        features = some(tiles, channels, 9, 7, dtype=dtype, layout=layout).requires_grad_()
        output = norm(features)
        output.backward(gradient)
        found.append([output, features.grad, norm.weight.grad, norm.bias.grad])
    for ours, theirs in zip(*found, strict=True):
        scale = float(theirs.detach().abs().max())
        assert ours.dtype == theirs.dtype and float((ours - theirs).detach().abs().max()) <= tolerance * scale


@pytest.mark.parametrize(("tiles", "channels", "groups"), SHAPES)
def test_gradients_are_those_of_small_changes(tiles, channels, groups):
    norm = filled(GroupNorm(groups, channels).double())
    assert torch.autograd.gradcheck(norm, some(tiles, channels, 3, 2).requires_grad_())


def test_channels_last_stays():
    norm, features = group_norm(16), some(2, 16, 6, 6, dtype=torch.float32).requires_grad_()
    output = norm(features)
    output.sum().backward()
    assert all(part.is_contiguous(memory_format=torch.channels_last) for part in (output, features.grad))


def test_a_tile_does_not_see_the_others_of_its_batch():
    model, images = small_network(norm="group", base_filters=8).eval(), torch.randn(3, 1, 44, 44)
    with torch.no_grad():
        together = model(images)
        for index, image in enumerate(images):
            torch.testing.assert_close(together[index], model(image[None])[0])


def test_brightness_and_contrast_of_a_tile_do_not_matter():
    """Without a norm they do: what a convolution of a constant and of a doubled image leaves is taken away."""
    image = np.random.default_rng(0).normal(size=(60, 60)).astype(np.float32)
    for norm, same in (("instance", True), ("none", False)):
        model = small_network(norm=norm, base_filters=8)
        plain, changed = (predict(model, picture, Tiling(60)) for picture in (image, 3 * image + 5))
        assert np.allclose(plain, changed, atol=1e-3) == same
