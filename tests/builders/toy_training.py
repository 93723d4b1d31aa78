"""A toy problem that a tiny network learns in a second: squares brighter than their noisy surroundings."""

import torch
from builders.networks import small_network

from unetlib.training.loop import train
from unetlib.training.losses import weighted_ce
from unetlib.training.objective import Objective, ValidationScores
from unetlib.training.settings import TrainingSettings

SETTINGS = TrainingSettings(
    learning_rate=0.05,
    momentum=0.9,
    schedule="constant",
    warmup_updates=0,
    updates=12,
    evaluate_every=4,
    precision="float32",
)


def network(**settings):
    return small_network(**{"base_filters": 4, "depth": 2, "padding": "same", "dropout": 0.0, **settings})


def bright_squares(index, size=1):
    """The toy problem: squares brighter than their noisy surroundings."""
    random = torch.Generator().manual_seed(index)
    target = torch.zeros(size, 16, 16, dtype=torch.long)
    for image in target:
        row, column = torch.randint(0, 8, (2,), generator=random).tolist()
        image[row : row + 8, column : column + 8] = 1
    images = 2 * target[:, None] + 0.5 * torch.randn(size, 1, 16, 16, generator=random)
    return images, target, torch.ones(size, 16, 16)


def dice(model):
    images, target, _ = bright_squares(10_000, size=4)
    guess = model(images).argmax(dim=1)
    return float(2 * (guess * target).sum() / (guess.sum() + target.sum()).clamp(min=1))


def without_seconds(history):
    return [{name: value for name, value in row.items() if name != "seconds"} for row in history]


def scores_of(found):
    """Scores, or a Dice alone."""
    return found if isinstance(found, ValidationScores) else ValidationScores(found)


def trained(
    model, *, batch_of=bright_squares, validate=dice, loss=weighted_ce, seed=0, checkpoint=None, report=None, **changes
):
    """Train the model on the toy problem; settings replace those above."""
    settings = SETTINGS.model_copy(update=changes)
    objective = Objective(batch_of, loss, lambda model: scores_of(validate(model)))
    return train(model, objective, settings, seed=seed, device="cpu", checkpoint=checkpoint, report=report)


def same_bits(first, second):
    """Say whether two networks have the same weights to the bit."""
    ours, theirs = first.state_dict(), second.state_dict()
    return ours.keys() == theirs.keys() and all(torch.equal(ours[name], theirs[name]) for name in ours)
