"""Optimisers against their formulas, schedules against torch's own."""

import math
from typing import get_args

import numpy as np
import pytest
import torch

from unetlib.training.optimisers import optimiser_of, step
from unetlib.training.schedule import learning_rate_at
from unetlib.training.settings import TrainingSettings

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8
ALL = pytest.mark.parametrize("name", get_args(TrainingSettings.model_fields["optimiser"].annotation))


class Naive:
    """The formulas of SGD, Nesterov (arXiv 1212.0901), Adam (1412.6980) and AdamW (1711.05101), in float64."""

    def __init__(self, weights, name, momentum, decay):
        self.name, self.momentum, self.decay, self.steps = name, momentum, decay, 0
        self.weights = [weight.detach().double().numpy().copy() for weight in weights]
        self.first, self.second = ([np.zeros_like(weight) for weight in self.weights] for _ in range(2))

    def step(self, gradients, rate):
        self.steps += 1
        for place, (weight, gradient) in enumerate(zip(self.weights, gradients, strict=True)):
            if self.name == "adamw":
                weight *= 1 - rate * self.decay
            else:
                gradient = gradient + self.decay * weight
            if self.name.startswith("adam"):
                self.first[place] = BETA_1 * self.first[place] + (1 - BETA_1) * gradient
                self.second[place] = BETA_2 * self.second[place] + (1 - BETA_2) * gradient**2
                mean = self.first[place] / (1 - BETA_1**self.steps)
                deviation = np.sqrt(self.second[place] / (1 - BETA_2**self.steps))
                weight -= rate * mean / (deviation + EPSILON)
            else:
                self.first[place] = self.momentum * self.first[place] + gradient
                ahead = gradient + self.momentum * self.first[place]
                weight -= rate * (ahead if self.name == "nesterov" else self.first[place])


def some_weights():
    random = torch.Generator().manual_seed(0)
    return [torch.nn.Parameter(torch.randn(shape, generator=random)) for shape in ((3, 2), (5,), (1, 2, 3))]


def of(weights, name, momentum=0.9, decay=0.01):
    return optimiser_of(weights, TrainingSettings(optimiser=name, momentum=momentum, weight_decay=decay))


def gradients_of(weights, index):
    """Gradients of a bowl that moves from step to step."""
    return [2 * (weight - index % 3) * (1 + index) for weight in weights]


def descend(weights, optimiser, rates, start=0):
    for index, rate in enumerate(rates, start=start):
        sum(((weight - index % 3) ** 2 * (1 + index)).sum() for weight in weights).backward()
        step(optimiser, rate)


@ALL
@pytest.mark.parametrize(("momentum", "decay"), [(0.99, 0.0), (0.5, 0.1), (0.9, 0.01)])
def test_equals_the_formulas(name, momentum, decay):
    rates = [0.01, 0.02, 0.001, 0.01, 0.05, 0.01, 0.002]
    ours, naive = some_weights(), Naive(some_weights(), name, momentum, decay)
    descend(ours, of(ours, name, momentum, decay), rates)
    for index, rate in enumerate(rates):
        naive.step(gradients_of(naive.weights, index), rate)
    for mine, twin, start in zip(ours, naive.weights, some_weights(), strict=True):
        np.testing.assert_allclose(mine.detach().numpy(), twin, rtol=1e-4, atol=1e-5)
        assert mine.grad is None and not torch.equal(mine, start)


@ALL
def test_a_saved_state_goes_on_to_the_same_bits(name):
    straight, broken = some_weights(), some_weights()
    descend(straight, of(straight, name), [0.01] * 6)
    first, second = of(broken, name), of(broken, name)
    descend(broken, first, [0.01] * 3)
    second.load_state_dict(first.state_dict())
    descend(broken, second, [0.01] * 3, start=3)
    assert all(torch.equal(a, b) for a, b in zip(straight, broken, strict=True))


def test_a_state_of_another_network_is_refused():
    ours, other = of(some_weights(), "adam"), of(some_weights()[:2], "adam")
    with pytest.raises(ValueError, match="doesn't match the size"):
        ours.load_state_dict(other.state_dict())


@pytest.mark.parametrize("clip_norm", [None, 1e9, 1.5])
def test_gradients_above_a_norm_are_scaled_down_to_it(clip_norm):
    ours, twin = some_weights(), some_weights()
    for weights in (ours, twin):
        sum(((weight - 3) ** 2).sum() for weight in weights).backward()
    gradients = [weight.grad.clone() for weight in twin]
    norm = sum(float((gradient**2).sum()) for gradient in gradients) ** 0.5
    share = min(1.0, (clip_norm or math.inf) / norm)
    step(of(ours, "sgd", momentum=0.0, decay=0.0), 0.1, clip_norm)
    for weight, start, gradient in zip(ours, some_weights(), gradients, strict=True):
        torch.testing.assert_close(weight.detach(), start.detach() - 0.1 * share * gradient)
    assert (share < 1) == (clip_norm == 1.5)


def test_an_unused_parameter_is_an_error():
    weights = some_weights()
    weights[0].sum().backward()
    with pytest.raises(ValueError, match="no gradient"):
        step(of(weights, "sgd"), 0.1)


def torchs(make, steps):
    """Learning rates that a scheduler of torch gives, one per step."""
    optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    scheduler, rates = make(optimiser), []
    for metrics in steps:
        rates.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        scheduler.step(*metrics)
    return rates


def test_cosine_is_torchs():
    expected = torchs(lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, T_max=30), [()] * 30)
    ours = TrainingSettings(learning_rate=0.1, schedule="cosine", warmup_updates=10, updates=40)
    assert [learning_rate_at(ours, u, []) for u in range(10, 40)] == pytest.approx(expected)
    assert learning_rate_at(ours, 10, []) == 0.1


@pytest.mark.parametrize("updates", [4, 10, 37, 1000])
def test_one_cycle_is_torchs(updates):
    expected = torchs(
        lambda o: torch.optim.lr_scheduler.OneCycleLR(o, max_lr=0.1, total_steps=updates, cycle_momentum=False),
        [()] * (updates - 1),
    )
    ours = TrainingSettings(learning_rate=0.1, schedule="one_cycle", warmup_updates=100, updates=updates)
    assert [learning_rate_at(ours, u, []) for u in range(updates - 1)] == pytest.approx(expected)
    assert learning_rate_at(ours, updates - 1, []) == pytest.approx(0.1 / 25e4)


def test_no_schedule_goes_below_the_minimum_but_the_warmup():
    for schedule in ("cosine", "one_cycle", "constant"):
        how = {"learning_rate": 0.1, "schedule": schedule, "updates": 50, "warmup_updates": 5}
        plain, floored = TrainingSettings(**how), TrainingSettings(**how, minimum_learning_rate=0.03)
        for update in range(50):
            rate = learning_rate_at(plain, update, [])
            warms = schedule != "one_cycle" and update < 5
            assert learning_rate_at(floored, update, []) == (rate if warms else max(rate, 0.03))


@pytest.mark.parametrize(
    ("patience", "factor", "least"), [(3, 0.5, 0.0), (0, 0.1, 0.0), (15, 0.5, 0.0), (1, 0.3, 2e-3)]
)
@pytest.mark.parametrize("seed", range(5))
def test_plateau_is_torchs(seed, patience, factor, least):
    dices = np.round(np.random.default_rng(seed).random(60) * 8) / 8  # ties occur
    expected = torchs(
        lambda o: torch.optim.lr_scheduler.ReduceLROnPlateau(
            o, mode="max", factor=factor, patience=patience, threshold=0.0, min_lr=least, eps=0.0
        ),
        [(dice,) for dice in dices],
    )
    plateau = {"plateau_patience": patience, "plateau_factor": factor, "minimum_learning_rate": least}
    ours = TrainingSettings(learning_rate=0.1, schedule="plateau", updates=1000, **plateau)
    assert [learning_rate_at(ours, 500, dices[:n].tolist()) for n in range(60)] == pytest.approx(expected)
