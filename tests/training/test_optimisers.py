"""Optimisers and schedules against torch's own (the one test file that pays for importing torch.optim)."""

from typing import get_args

import numpy as np
import pytest
import torch

from unetlib.training.optimisers import Optimiser
from unetlib.training.schedule import PLATEAU_FACTOR, PLATEAU_PATIENCE, learning_rate_at
from unetlib.training.settings import TrainingSettings

TWINS = {
    "sgd": lambda weights, momentum, decay: torch.optim.SGD(weights, lr=1.0, momentum=momentum, weight_decay=decay),
    "nesterov": lambda weights, momentum, decay: torch.optim.SGD(
        weights, lr=1.0, momentum=momentum, weight_decay=decay, nesterov=True
    ),
    "adam": lambda weights, _, decay: torch.optim.Adam(weights, lr=1.0, weight_decay=decay),
    "adamw": lambda weights, _, decay: torch.optim.AdamW(weights, lr=1.0, weight_decay=decay),
}
ALL = pytest.mark.parametrize("name", TWINS)


def some_weights():
    random = torch.Generator().manual_seed(0)
    return [torch.nn.Parameter(torch.randn(shape, generator=random)) for shape in ((3, 2), (5,), (1, 2, 3))]


def descend(weights, step, rates, start=0):
    """Steps down a bowl whose gradients also depend on the step."""
    for index, rate in enumerate(rates, start=start):
        sum(((weight - index % 3) ** 2 * (1 + index)).sum() for weight in weights).backward()
        step(rate)


def twin_of(name, weights, momentum, decay):
    optimiser = TWINS[name](weights, momentum, decay)

    def step(rate):
        optimiser.param_groups[0]["lr"] = rate
        optimiser.step()
        optimiser.zero_grad()

    return step


@ALL
@pytest.mark.parametrize(("momentum", "decay"), [(0.99, 0.0), (0.5, 0.1), (0.9, 0.01)])
def test_equals_torchs(name, momentum, decay):
    rates = [0.01, 0.02, 0.001, 0.01, 0.05, 0.01, 0.002]
    ours, theirs = some_weights(), some_weights()
    descend(ours, Optimiser(ours, name=name, momentum=momentum, weight_decay=decay).step, rates)
    descend(theirs, twin_of(name, theirs, momentum, decay), rates)
    for mine, twin, start in zip(ours, theirs, some_weights(), strict=True):
        torch.testing.assert_close(mine, twin, rtol=1e-5, atol=1e-6)
        assert mine.grad is None and not torch.equal(mine, start)


@ALL
def test_a_saved_state_goes_on_to_the_same_bits(name):
    settings = {"name": name, "momentum": 0.9, "weight_decay": 0.01}
    straight, broken = some_weights(), some_weights()
    descend(straight, Optimiser(straight, **settings).step, [0.01] * 6)
    first, second = Optimiser(broken, **settings), Optimiser(broken, **settings)
    descend(broken, first.step, [0.01] * 3)
    second.load_state_dict(first.state_dict())
    descend(broken, second.step, [0.01] * 3, start=3)
    assert all(torch.equal(a, b) for a, b in zip(straight, broken, strict=True))


def test_a_state_of_another_network_is_refused():
    settings = {"name": "adam", "momentum": 0.9, "weight_decay": 0.0}
    ours, other = Optimiser(some_weights(), **settings), Optimiser(some_weights()[:2], **settings)
    with pytest.raises(ValueError, match="do not fit"):
        ours.load_state_dict(other.state_dict())


def test_an_unused_parameter_is_an_error():
    weights = some_weights()
    weights[0].sum().backward()
    with pytest.raises(ValueError, match="no gradient"):
        Optimiser(weights, name="sgd", momentum=0.9, weight_decay=0.0).step(0.1)


def test_every_optimiser_of_the_settings_has_a_twin():
    assert get_args(TrainingSettings.model_fields["optimiser"].annotation) == tuple(TWINS)


def torchs(make, steps):
    """Learning rates that a scheduler of torch gives, one per step."""
    optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    scheduler, rates = make(optimiser), []
    for step in steps:
        rates.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        scheduler.step(*step)
    return rates


def test_cosine_is_torchs():
    expected = torchs(lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, T_max=30), [()] * 30)
    ours = TrainingSettings(learning_rate=0.1, schedule="cosine", warmup_updates=10, updates=40)
    assert [learning_rate_at(ours, u, []) for u in range(10, 40)] == pytest.approx(expected)
    assert learning_rate_at(ours, 10, []) == 0.1


@pytest.mark.parametrize("seed", range(5))
def test_plateau_is_torchs(seed):
    dices = np.round(np.random.default_rng(seed).random(60) * 8) / 8  # ties occur
    expected = torchs(
        lambda o: torch.optim.lr_scheduler.ReduceLROnPlateau(
            o, mode="max", factor=PLATEAU_FACTOR, patience=PLATEAU_PATIENCE, threshold=0.0
        ),
        [(dice,) for dice in dices],
    )
    ours = TrainingSettings(learning_rate=0.1, schedule="plateau", updates=1000)
    assert [learning_rate_at(ours, 500, dices[:n].tolist()) for n in range(60)] == pytest.approx(expected)
