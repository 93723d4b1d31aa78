"""The chosen architecture: what each is made of, that it is built by its settings and refuses what it cannot take."""

from typing import get_args

import pytest
import torch
from builders.images import SETTINGS
from builders.networks import small_network
from torch.nn.functional import interpolate

from unetlib.io.settings import SettingsError
from unetlib.networks import tiling
from unetlib.networks.attention_unet import AttentionGate
from unetlib.networks.blocks import ModelError, initialise, parameter_count
from unetlib.networks.build import ARCHITECTURES, build
from unetlib.networks.predict import Tiling, predict
from unetlib.networks.run_record import RunRecord
from unetlib.networks.settings import ModelSettings
from unetlib.networks.trained_network import load_network, save_model
from unetlib.networks.unet import UNet

HEIRS = ["attention_unet", "unet_plus_plus"]


def small(architecture, **arguments):
    return small_network(**{"architecture": architecture, "depth": 4, "padding": "same", **arguments})


def test_the_default_is_the_papers_network():
    model = build(ModelSettings())
    assert type(model) is UNet and parameter_count(model) == 31_030_658


def double(inputs, filters, norm="none"):
    return 9 * inputs * filters + 9 * filters * filters + 2 * filters * (1 if norm == "none" else 2)


def by_hand(architecture, filters, depth, norm="none"):
    """Weights and biases, node by node, from the papers' figures."""
    count = [filters * 2**level for level in range(depth)]
    total = sum(double(i, o, norm) for i, o in zip([1, *count], count, strict=False)) + 2 * filters + 2
    columns = range(1, depth) if architecture == "unet_plus_plus" else [None]
    for column in columns:
        for level in range(depth - (column or 1)):
            total += 4 * 2 * count[level] * count[level] + count[level]
            total += double((1 + (column or 1)) * count[level], count[level], norm)
    if architecture == "attention_unet":
        for level in range(1, depth - 1):  # W_x 2×2 without bias, W_g and ψ 1×1 with
            total += 4 * count[level] ** 2 + (2 * count[level] + 1) * count[level] + count[level] + 1
    return total


@pytest.mark.parametrize("architecture", ["unet", *HEIRS])
@pytest.mark.parametrize(
    ("filters", "depth", "norm"), [(2, 4, "none"), (3, 3, "batch"), (4, 2, "group"), (5, 1, "none")]
)
def test_parameters_are_those_of_the_papers_figures(architecture, filters, depth, norm):
    model = small(architecture, base_filters=filters, depth=depth, norm=norm)
    assert parameter_count(model) == by_hand(architecture, filters, depth, norm)


@pytest.mark.parametrize(
    ("architecture", "count"), [("unet", 31_030_658), ("attention_unet", 33_096_837), ("unet_plus_plus", 36_156_866)]
)
def test_parameters_at_the_papers_width(architecture, count):
    """What README and LOG may say of 64 filters and five levels; by_hand is the check."""
    with torch.device("meta"):
        model = build(ModelSettings(architecture=architecture, padding="same"))
    assert parameter_count(model) == by_hand(architecture, 64, 5) == count


@pytest.mark.parametrize(("architecture", "millions"), [("unet", 7.76), ("unet_plus_plus", 9.04)])
def test_parameters_are_those_that_zhou_2018_prints(architecture, millions):
    """Its table of segmentation results: 32 base filters, three input channels or one, no deep supervision."""
    assert round(by_hand(architecture, 32, 5) / 1e6, 2) == millions


@pytest.mark.parametrize("architecture", HEIRS)
@pytest.mark.parametrize("upsampling", ["transpose", "bilinear"])
@pytest.mark.parametrize("depth", [1, 2, 4])
def test_logits_have_the_images_size(architecture, depth, upsampling):
    model = small(architecture, depth=depth, upsampling=upsampling, in_channels=3, classes=4)
    assert model(torch.zeros(2, 3, 24, 40)).shape == (2, 4, 24, 40)
    assert (model.depth, model.padding) == (depth, "same")


@pytest.mark.parametrize("architecture", HEIRS)
def test_a_size_that_a_pooling_would_cut_is_one_clear_line(architecture):
    with pytest.raises(ModelError, match=r"an image of 20×24 px is 5×6 at level 3 of 4"):
        small(architecture)(torch.zeros(1, 1, 20, 24))


@pytest.mark.parametrize("architecture", HEIRS)
def test_what_an_architecture_cannot_take_is_refused_by_name(architecture):
    for change, line in (
        ({}, f"model.padding is 'valid', which {architecture} cannot take; set same"),
        ({"padding": "same", "skip": "none"}, f"model.skip is 'none', which {architecture} cannot take; set concat"),
        ({"padding": "same", "norm": "layer"}, "model.norm is 'layer': input should be 'none', 'batch', 'group' or"),
    ):
        with pytest.raises(SettingsError, match=line):
            ModelSettings.read({"architecture": architecture, **change}, "model")


def test_an_unknown_architecture_names_the_known_ones():
    assert set(get_args(ModelSettings.model_fields["architecture"].annotation)) == set(ARCHITECTURES)
    with pytest.raises(SettingsError, match=r"model\.architecture is 'vnet': .*'unet', 'attention_unet' or 'unet_plus"):
        ModelSettings.read({"architecture": "vnet"}, "model")


@pytest.mark.parametrize("architecture", HEIRS)
@pytest.mark.parametrize(("where", "count"), [("none", 0), ("bottom", 2), ("all", None)])
def test_dropout_sits_where_it_does_in_the_unet(architecture, where, count):
    model = small(architecture, dropout=0.25, dropout_at=where)
    found = [m.p for m in model.modules() if isinstance(m, torch.nn.Dropout)]
    blocks = len(model.down) + len(model.merge)
    assert found == [0.25] * (blocks if count is None else count)


def test_dropout_rises_with_the_level_in_nested_skips():
    model = small("unet_plus_plus", dropout=0.1, dropout_deepest=0.4, dropout_at="all")
    assert [block[-1].p for block in model.down] == pytest.approx([0.1, 0.2, 0.3, 0.4])
    assert {name: round(block[-1].p, 6) for name, block in model.merge.items()} == {
        f"{level},{column}": round(0.1 + 0.1 * level, 6) for column in range(1, 4) for level in range(4 - column)
    }


@pytest.mark.parametrize("architecture", HEIRS)
def test_the_weights_depend_on_the_generator_alone(architecture):
    one, other = small(architecture), small(architecture)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))
    initialise(other, torch.Generator().manual_seed(1))
    assert not torch.equal(one.head.weight, other.head.weight)
    biases = [part for name, part in one.named_parameters() if name.endswith("bias")]
    assert biases and not any(part.any() for part in biases)


def naive_gate(gate, skipped, signal):
    """Equation 1, one coarse pixel at a time."""
    rows, columns = signal.shape[-2:]
    alpha = torch.zeros(1, 1, rows, columns)
    for row in range(rows):
        for column in range(columns):
            window = skipped[0, :, 2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
            q = torch.einsum("ocij,cij->o", gate.of_skip.weight, window)
            q = q + gate.of_gate.weight[:, :, 0, 0] @ signal[0, :, row, column] + gate.of_gate.bias
            alpha[0, 0, row, column] = torch.sigmoid(gate.psi.weight[0, :, 0, 0] @ q.clamp(min=0) + gate.psi.bias)
    return skipped * interpolate(alpha, scale_factor=2, mode="bilinear", align_corners=False)


def test_a_gate_is_equation_one():
    torch.manual_seed(0)
    gate, skipped, signal = AttentionGate(3), torch.randn(1, 3, 6, 8), torch.randn(1, 6, 3, 4)
    with torch.no_grad():
        torch.testing.assert_close(gate(skipped, signal), naive_gate(gate, skipped, signal))


def test_open_gates_are_the_unet_and_closed_ones_pass_the_first_level_alone():
    model, plain = small("attention_unet", dropout=0.0), small("unet", dropout=0.0)
    plain.load_state_dict({k: v for k, v in model.state_dict().items() if not k.startswith("gates")})
    image = torch.randn(1, 1, 24, 24)
    with torch.no_grad():
        assert (model(image) - plain(image)).abs().max() > 1e-3
        for gate in model.gates:
            gate.psi.weight.zero_()
            gate.psi.bias.fill_(40.0)
        torch.testing.assert_close(model(image), plain(image))
    assert len(model.gates) == model.depth - 2


def naive_nested(model, image):
    """The figure of the paper by recursion: X(i, j) from its row and from below."""

    def x(i, j):
        if j == 0:
            below = image if i == 0 else torch.nn.functional.max_pool2d(x(i - 1, 0), 2)
            return model.down[i](below)
        up = model.up[f"{i},{j}"](x(i + 1, j - 1))
        return model.merge[f"{i},{j}"](torch.cat([*(x(i, k) for k in range(j)), up], dim=1))

    return model.head(x(0, model.depth - 1))


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_nested_nodes_are_wired_as_in_the_paper(depth):
    model = small("unet_plus_plus", depth=depth).eval()
    image = torch.randn(1, 1, 24, 16)
    with torch.no_grad():
        torch.testing.assert_close(model(image), naive_nested(model, image))


@pytest.mark.parametrize("architecture", HEIRS)
def test_every_weight_learns(architecture):
    model = small(architecture, base_filters=4, depth=3)
    model(torch.randn(1, 1, 16, 16, generator=torch.Generator().manual_seed(2))).square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for n, p in model.named_parameters() if "weight" in n)


@pytest.mark.parametrize(("architecture", "tolerance"), [("attention_unet", 2e-2), ("unet_plus_plus", 1e-5)])
def test_tiles_hide_the_zero_border(architecture, tolerance):
    """As for the padded U-Net; a gate is interpolated, which reaches past the margin."""
    model = small(architecture, depth=3)
    image = torch.randn(40, 50, generator=torch.Generator().manual_seed(1)).numpy()
    whole = predict(model, image, Tiling(64))
    for tile_px in (8, 24):
        assert abs(predict(model, image, Tiling(tile_px, batch=4)) - whole).max() <= tolerance


@pytest.mark.parametrize("architecture", HEIRS)
def test_bfloat16_in_channels_last_is_close(architecture):
    model = small(architecture, base_filters=8)
    image = torch.randn(40, 48, generator=torch.Generator().manual_seed(1)).numpy()
    exact, rounded = (predict(model, image, Tiling(48, precision=p)) for p in ("float32", "bfloat16"))
    assert 0 < abs(exact - rounded).max() < 0.05


@pytest.mark.parametrize("architecture", sorted(ARCHITECTURES))
def test_a_model_file_is_built_again_by_its_settings(architecture, tmp_path):
    chosen = {"architecture": architecture, "base_filters": 2, "depth": 3, "padding": "same", "norm": "batch"}
    model = small(**chosen).eval()
    save_model(tmp_path / "model.pt", model.state_dict(), RunRecord(settings={**SETTINGS, "model": chosen}))
    again = load_network(tmp_path / "model.pt", "cpu").model
    image = torch.randn(1, 1, tiling.step_px(3) * 4, 16)
    assert torch.equal(again(image), model(image))


def test_a_model_file_of_before_there_was_a_choice_is_a_unet():
    assert type(build(ModelSettings.read({"base_filters": 2, "depth": 3}))) is UNet
