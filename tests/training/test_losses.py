"""Each loss against a loop over pixels, and that a pixel of weight 0 is not there."""

import inspect
import math
from typing import get_args

import pytest
import torch

from unetlib.imaging.settings import TargetSettings
from unetlib.training.losses import KNEE, LOSSES, SMOOTH, loss_of, with_distances
from unetlib.training.settings import LOSS_PARAMETERS, LossSettings


def pixels(logits, target, weight):
    """(probability of foreground, is foreground, weight) of every pixel that counts."""
    for b in range(target.shape[0]):
        for row in range(target.shape[1]):
            for column in range(target.shape[2]):
                background, foreground = (float(logits[b, c, row, column]) for c in (0, 1))
                p = math.exp(foreground) / (math.exp(foreground) + math.exp(background))
                if weight[b, row, column] > 0:
                    yield p, int(target[b, row, column]), float(weight[b, row, column])


def naive_ce(*batch):
    terms = [-w * math.log(p if t else 1 - p) for p, t, w in pixels(*batch)]
    return sum(terms) / len(terms)


def naive_overlap(batch, alpha, beta):
    hit = sum(p * t for p, t, _ in pixels(*batch))
    extra = sum(p * (1 - t) for p, t, _ in pixels(*batch))
    missed = sum((1 - p) * t for p, t, _ in pixels(*batch))
    return (hit + SMOOTH) / (hit + alpha * extra + beta * missed + SMOOTH)


def naive_ce_dice(*batch, dice_fraction=0.5):
    return (1 - dice_fraction) * naive_ce(*batch) + dice_fraction * (1 - naive_overlap(batch, 0.5, 0.5))


def naive_bce_tversky(*batch, alpha=0.3, beta=0.7):
    return naive_ce(*batch) + 1 - naive_overlap(batch, alpha, beta)


def naive_inverse_frequency(*batch):
    counted = list(pixels(*batch))
    number = [sum(t == which for _, t, _ in counted) for which in (0, 1)]
    terms = [-math.log(p if t else 1 - p) * len(counted) / (2 * number[t]) for p, t, _ in counted]
    return sum(terms) / len(counted)


NAIVE = {
    "weighted_ce": naive_ce,
    "ce_dice": naive_ce_dice,
    "bce_tversky": naive_bce_tversky,
    "inverse_frequency_bce": naive_inverse_frequency,
}
PARAMETERS = [
    ("weighted_ce", {}),
    ("ce_dice", {}),
    ("ce_dice", {"dice_fraction": 0.9}),
    ("bce_tversky", {}),
    ("bce_tversky", {"alpha": 0.1, "beta": 0.9}),
    ("inverse_frequency_bce", {}),
]
ALL = pytest.mark.parametrize("name", sorted(LOSSES))


def a_batch(seed, scale=2.0):
    random = torch.Generator().manual_seed(seed)
    logits = scale * torch.randn(2, 2, 5, 7, generator=random)
    target = (torch.rand(2, 5, 7, generator=random) < 0.3).long()
    weight = 3 * torch.rand(2, 5, 7, generator=random) * (torch.rand(2, 5, 7, generator=random) < 0.8)
    return logits, target, weight


def test_every_loss_has_a_twin():
    assert LOSSES.keys() == NAIVE.keys() == {name for name, _ in PARAMETERS}


@pytest.mark.parametrize(("name", "parameters"), PARAMETERS)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_equals_the_loop_over_pixels(name, parameters, seed):
    batch = a_batch(seed)
    assert LOSSES[name](*batch, **parameters).item() == pytest.approx(NAIVE[name](*batch, **parameters), rel=1e-5)


def test_weighted_ce_is_torchs_cross_entropy():
    logits, target, weight = a_batch(5)
    terms = torch.nn.functional.cross_entropy(logits, target, reduction="none") * weight
    expected = terms.sum() / (weight > 0).sum()
    torch.testing.assert_close(LOSSES["weighted_ce"](logits, target, weight), expected)


@ALL
def test_a_pixel_of_weight_0_counts_nowhere(name):
    logits, target, weight = a_batch(6)
    logits.requires_grad_()
    loss = LOSSES[name](logits, target, weight)
    loss.backward()
    ignored = (weight == 0)[:, None].expand_as(logits)
    assert ignored.any() and not logits.grad[ignored].any() and logits.grad[~ignored].all()
    other = torch.where(ignored, 9.0, logits.detach())
    unknown = torch.where(weight == 0, 255, target)  # 255: what readers of other projects call "ignore"
    assert torch.equal(LOSSES[name](other, unknown, weight), loss.detach())


@ALL
def test_right_is_better_than_undecided_is_better_than_wrong(name):
    _, target, weight = a_batch(7)
    right = torch.stack([1.0 - 2 * target, 2 * target - 1.0], dim=1) * 4
    values = [LOSSES[name](sign * right, target, weight).item() for sign in (1, 0, -1)]
    assert values == sorted(values) and values[0] < 0.1 and values[2] > 2


@ALL
@pytest.mark.parametrize("foreground", [0, 1])
@pytest.mark.parametrize("weight", [0.0, 1.0])
def test_one_class_or_no_pixel_at_all_stays_finite(name, foreground, weight):
    logits = torch.zeros(1, 2, 4, 4, requires_grad=True)
    target, weights = torch.full((1, 4, 4), foreground), torch.full((1, 4, 4), weight)
    loss = LOSSES[name](logits, target, weights)
    loss.backward()
    assert torch.isfinite(loss) and torch.isfinite(logits.grad).all()
    if weight == 0:
        assert loss == 0 and not logits.grad.any()


@ALL
def test_huge_logits_give_finite_loss_and_gradient(name):
    logits, target, weight = a_batch(8, scale=1e4)
    logits.requires_grad_()
    loss = LOSSES[name](logits, target, weight)
    loss.backward()
    assert torch.isfinite(loss) and torch.isfinite(logits.grad).all()


@ALL
def test_bfloat16_logits_are_summed_in_float32(name):
    logits, target, weight = a_batch(9)
    rounded = logits.bfloat16()
    with torch.autocast("cpu", torch.bfloat16):
        loss = LOSSES[name](rounded, target, weight)
    assert loss.dtype == torch.float32
    assert torch.equal(loss, LOSSES[name](rounded.float(), target, weight))


def test_what_the_parameters_are_for():
    """Dice alone cannot be lowered by CE's weights; Tversky with β > α minds missed foreground more."""
    logits, target, weight = a_batch(10)
    dice = [LOSSES["ce_dice"](logits, target, w, dice_fraction=1.0) for w in (weight, 2 * weight)]
    assert torch.equal(*dice)
    target = torch.zeros(1, 8, 8, dtype=torch.long)
    target[:, :4] = 1
    ones = torch.ones(1, 8, 8)
    empty, full = (torch.stack([-s * 9 * ones, s * 9 * ones], dim=1) for s in (-1, 1))
    missing, spilling = (LOSSES["bce_tversky"](guess, target, ones).item() for guess in (empty, full))
    assert missing > spilling


def test_the_settings_of_a_loss_are_its_parameters():
    """Every parameter stands in the settings, and one that is not set has the default of its function."""
    for name, known in LOSS_PARAMETERS.items():
        parameters = inspect.signature(LOSSES[name]).parameters.values()
        assert set(known) == {p.name for p in parameters if p.kind is p.KEYWORD_ONLY}
    assert LOSS_PARAMETERS.keys() == LOSSES.keys() == set(get_args(LossSettings.model_fields["name"].annotation))
    batch = a_batch(11)
    for name, parameters in PARAMETERS:
        loss = loss_of(LossSettings.read({"name": name, "params": parameters}))
        assert torch.equal(loss(*batch), LOSSES[name](*batch, **parameters))


@pytest.mark.parametrize("name", ["smooth_l1", "mse"])
def test_the_loss_of_distances_is_that_of_a_loop_over_pixels(name):
    generator = torch.Generator().manual_seed(3)
    outputs, truth = (torch.rand((2, count, 4, 5), generator=generator) for count in (4, 3))
    truth[:, 0] = (truth[:, 0] > 0.5).float()
    weight = torch.rand((2, 4, 5), generator=generator) * (torch.rand((2, 4, 5), generator=generator) > 0.4)
    terms = []
    for image, row, column in torch.nonzero(weight).tolist():
        for channel in (0, 1):
            error = abs(float(outputs[image, 2 + channel, row, column] - truth[image, 1 + channel, row, column]))
            large = error - KNEE / 2 if error >= KNEE else error**2 / (2 * KNEE)
            terms.append(error**2 if name == "mse" else large)
    target = TargetSettings(kind="distances", loss=name, weight=3)
    found = with_distances(loss_of(LossSettings()), target)(outputs, truth, weight)
    mask = naive_ce(outputs[:, :2], truth[:, 0], weight)
    assert float(found) == pytest.approx(mask + 3 * sum(terms) / len(terms), rel=1e-5)


def test_distances_without_a_known_pixel_cost_nothing_and_a_mask_alone_has_its_own_loss():
    outputs = torch.rand((1, 4, 3, 3), requires_grad=True)
    target = TargetSettings(kind="distances")
    loss = with_distances(loss_of(LossSettings()), target)(outputs, torch.ones(1, 3, 3, 3), torch.zeros(1, 3, 3))
    loss.backward()
    assert loss.item() == 0 and not outputs.grad.any()
    plain = loss_of(LossSettings())
    assert with_distances(plain, TargetSettings()) is plain
