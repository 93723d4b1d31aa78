"""Inputs and results of a training: batches, loss and validation; its evaluations."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, NotRequired, TypedDict, TypeVar

from torch import Tensor, nn

Batch = tuple[Tensor, Tensor, Tensor]
Loss = Callable[[Tensor, Tensor, Tensor], Tensor]
Network = TypeVar("Network", bound=nn.Module)


@dataclass(frozen=True)
class ValidationScores:
    """Means over the validation images: Dice, and IoU and loss if requested."""

    dice: float
    iou: float | None = None
    loss: float | None = None


@dataclass(frozen=True)
class Objective(Generic[Network]):
    """The objective of a training: its batches, its loss, and the scores that select among its evaluations.

    batch_of(i): images, target and weight of batch i, a pure function.
    """

    batch_of: Callable[[int], Batch]
    loss: Loss
    validate: Callable[[Network], ValidationScores]


class Evaluation(TypedDict):
    """A row of a training's history; update counts finished updates from 1.

    loss: mean over the updates since the last row; seconds: wall time so far (of a killed run, up to its checkpoint).
    validation_iou and validation_loss exist if the validation computes them.
    """

    update: int
    loss: float
    validation_dice: float
    validation_iou: NotRequired[float]
    validation_loss: NotRequired[float]
    learning_rate: float
    seconds: float


@dataclass
class Training:
    """The course of a training: its evaluations, the one whose weights were kept ("best"), and how it ended."""

    history: list[Evaluation] = field(default_factory=list)
    best_update: int = 0
    best_dice: float = -math.inf
    updates: int = 0
    seconds: float = 0.0
    stopped_early: bool = False

    @property
    def best_iou(self) -> float | None:
        """The validation IoU of the kept evaluation, if there is one."""
        return next((row.get("validation_iou") for row in self.history if row["update"] == self.best_update), None)
