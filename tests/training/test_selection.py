"""Which network of a training is kept: the best on validation images, or the last."""

import math

import pytest
import torch
from builders.toy_training import network, trained

from unetlib.training.loop import TrainingError
from unetlib.training.objective import ValidationScores


def scripted(*dices):
    """A validation that returns these values in turn and remembers the weights it saw."""
    seen = []

    def validate(model):
        assert not model.training and not torch.is_grad_enabled()
        seen.append({name: part.clone() for name, part in model.state_dict().items()})
        return dices[len(seen) - 1]

    return validate, seen


@pytest.mark.parametrize(
    ("patience", "stops_at"),
    [(0, 6), (1, 3), (2, 4), (3, 6)],  # 0.6 at the fifth evaluation comes too late for a patience of 2
)
def test_early_stopping_restores_the_best_weights(patience, stops_at):
    dices = (0.2, 0.5, 0.5, 0.4, 0.6, 0.1)
    validate, seen = scripted(*dices)
    model = network(norm="batch")
    result = trained(model, validate=validate, patience=patience, updates=6, evaluate_every=1)
    assert len(seen) == result.updates == stops_at and result.stopped_early == (stops_at < 6)
    best = dices[:stops_at].index(max(dices[:stops_at]))
    assert (result.best_update, result.best_dice) == (best + 1, dices[best])
    assert all(torch.equal(part, seen[best][name]) for name, part in model.state_dict().items())


def losses_of(*losses):
    """A validation whose Dice falls whatever the loss does."""
    rows = iter([ValidationScores(1 - number / 10, loss=loss) for number, loss in enumerate(losses)])
    return lambda _: next(rows)


@pytest.mark.parametrize(("patience", "stops_at"), [(0, 6), (1, 3), (2, 4), (3, 6)])
def test_selection_by_the_loss(patience, stops_at):
    losses = (0.9, 0.5, 0.5, 0.6, 0.3, 0.7)
    how = {"patience": patience, "updates": 6, "evaluate_every": 1, "select_by": "loss"}
    result = trained(network(), validate=losses_of(*losses), **how)
    best = losses[:stops_at].index(min(losses[:stops_at]))
    assert (result.updates, result.best_update, result.best_dice) == (stops_at, best + 1, 1 - best / 10)
    assert [row["validation_loss"] for row in result.history] == list(losses[:stops_at])


def test_the_plateau_follows_what_selects():
    how = {"schedule": "plateau", "plateau_patience": 0, "plateau_factor": 0.1, "updates": 4, "evaluate_every": 1}
    for select_by, shares in (("loss", [1, 1, 1, 1]), ("dice", [1, 1, 0.1, 0.01])):
        result = trained(network(), validate=losses_of(4, 3, 2, 1), select_by=select_by, **how)
        assert [row["learning_rate"] / 0.05 for row in result.history] == pytest.approx(shares)


def test_the_last_network_can_be_kept():
    validate, seen = scripted(0.9, 0.5, 0.4)
    model = network(norm="batch")
    result = trained(model, validate=validate, select_by="last", patience=1, updates=3, evaluate_every=1)
    assert (result.updates, result.best_update, result.best_dice, result.stopped_early) == (3, 3, 0.4, False)
    assert all(torch.equal(part, seen[2][name]) for name, part in model.state_dict().items())


def test_scores_beside_the_dice_are_recorded_where_there_are_any():
    both = trained(network(), validate=lambda _: ValidationScores(0.5, iou=0.4), updates=4)
    assert both.history[0]["validation_iou"] == both.best_iou == 0.4 and "validation_loss" not in both.history[0]
    assert trained(network(), updates=4).best_iou is None


@pytest.mark.parametrize("name", ["iou", "loss"])
def test_a_score_that_is_not_finite_is_named(name):
    scores = ValidationScores(0.5, **{name: math.inf})
    with pytest.raises(TrainingError, match=f"validation {'IoU' if name == 'iou' else name} is inf at update 4"):
        trained(network(), validate=lambda _: scores)
