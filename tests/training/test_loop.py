"""Training on a toy problem: it learns, it stops, and the same seed gives the same bits."""

import itertools
import math

import pytest
import torch
from builders.toy_training import bright_squares, network, same_bits, trained, without_seconds

from unetlib.training.loop import TrainingError


@pytest.fixture(autouse=True)
def threads_restored():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_learns_the_toy_problem(precision):
    result = trained(network(), updates=80, evaluate_every=20, precision=precision)
    losses = [row["loss"] for row in result.history]
    assert losses[-1] < 0.5 * losses[0] and result.best_dice > 0.9
    assert [row["update"] for row in result.history] == [20, 40, 60, 80] and result.updates == 80
    seconds = [0.0, *(row["seconds"] for row in result.history)]
    assert all(earlier < later for earlier, later in itertools.pairwise(seconds))
    assert result.seconds >= seconds[-1] and not result.stopped_early


@pytest.mark.parametrize("optimiser", ["sgd", "nesterov", "adam", "adamw"])
@pytest.mark.parametrize("schedule", ["constant", "cosine", "plateau", "one_cycle"])
def test_every_optimiser_and_schedule_lowers_the_loss(optimiser, schedule):
    rate = 0.01 if optimiser.startswith("adam") else 0.05
    how = {"optimiser": optimiser, "schedule": schedule, "learning_rate": rate, "weight_decay": 1e-4, "clip_norm": 1.0}
    result = trained(network(), **how, updates=24, warmup_updates=4)
    assert result.history[-1]["loss"] < result.history[0]["loss"]
    rates = [row["learning_rate"] for row in result.history]
    assert (rates[-1] < 0.1 * rate) if schedule in ("cosine", "one_cycle") else (rates[0] == rate)


def test_plateau_halves_what_the_updates_use():
    still = trained(network(), schedule="plateau", updates=10, evaluate_every=1, validate=lambda _: 0.5)
    assert [row["learning_rate"] / 0.05 for row in still.history] == [1] * 5 + [0.5] * 4 + [0.25]


def test_accumulated_gradients_equal_the_larger_batch():
    """In float64, where rounding cannot hide a wrong factor."""

    def one(index):
        images, target, weight = bright_squares(index)
        return images.double(), target, weight

    def both(index):
        return tuple(torch.cat(parts) for parts in zip(one(2 * index), one(2 * index + 1), strict=True))

    how = {"loss": lambda logits, target, _: torch.nn.functional.cross_entropy(logits, target)}
    how |= {"validate": lambda _: 0.5, "optimiser": "adam", "learning_rate": 0.01}
    apart, together, single = (network().double() for _ in range(3))
    first = trained(apart, accumulation_steps=2, batch_of=one, **how)
    second = trained(together, batch_of=both, **how)
    trained(single, batch_of=one, **how)
    for ours, theirs, other in zip(*(model.parameters() for model in (apart, together, single)), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-7, atol=1e-9)
        assert (ours - other).abs().max() > 1e-6
    assert [row["loss"] for row in first.history] == pytest.approx([row["loss"] for row in second.history])


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("norm", ["batch", "group", "instance"])
def test_same_seed_same_bits_other_seed_other_dropout(threads, norm):
    torch.set_num_threads(threads)
    models = [network(dropout=0.5, norm=norm) for _ in range(3)]
    how = {"precision": "bfloat16", "updates": 3, "evaluate_every": 3}
    results = [trained(model, seed=seed, **how) for model, seed in zip(models, (1, 1, 2), strict=True)]
    assert same_bits(models[0], models[1]) and not same_bits(models[0], models[2])
    histories = [without_seconds(result.history) for result in results]
    assert histories[0] == histories[1] != histories[2]


def test_the_callers_random_numbers_are_left_alone():
    model = network(dropout=0.5)
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    trained(model)
    assert torch.equal(torch.rand(3), expected)


def test_the_last_update_is_always_evaluated():
    result = trained(network(), updates=10, evaluate_every=4)
    assert [row["update"] for row in result.history] == [4, 8, 10]
    mean = [trained(network(), updates=10, evaluate_every=1).history[i]["loss"] for i in (8, 9)]
    assert result.history[-1]["loss"] == pytest.approx(sum(mean) / 2)


@pytest.mark.parametrize("poison", [math.nan, math.inf])
@pytest.mark.parametrize("at", [1, 6])
def test_a_loss_that_is_not_finite_names_its_update(poison, at, tmp_path):
    def batch_of(index):
        images, target, weight = bright_squares(index)
        return images, target, weight * poison if index + 1 == at else weight

    with pytest.raises(TrainingError, match=f"the loss is {poison} at update {at}; lower learning_rate"):
        trained(network(), batch_of=batch_of, checkpoint=tmp_path / "checkpoint.pt")
    left = tmp_path / "checkpoint.pt"
    assert not left.exists() or torch.load(left)["training"]["updates"] < at


def test_other_errors_are_one_clear_line():
    with pytest.raises(TrainingError, match="validation Dice is nan at update 4"):
        trained(network(), validate=lambda _: math.nan)
    with pytest.raises(TrainingError, match=r"the network gives 4×4 px but the target has 16×16"):
        trained(
            network(padding="valid", depth=3, base_filters=1),
            batch_of=lambda i: (torch.zeros(1, 1, 44, 44), *bright_squares(i)[1:]),
        )
