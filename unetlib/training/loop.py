"""Training: updates, validation, early stopping, and checkpoints from which a killed run ends in the same bits."""

import hashlib
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from unetlib.io.archives import check_whole
from unetlib.io.files import atomic_path
from unetlib.networks.device import uses_bfloat16
from unetlib.training.optimisers import Optimiser
from unetlib.training.settings import TrainingSettings

Batch = tuple[Tensor, Tensor, Tensor]
BatchOf = Callable[[int], Batch]
Loss = Callable[[Tensor, Tensor, Tensor], Tensor]
Report = Callable[[Mapping[str, Any]], None]


class TrainingError(ValueError):
    """A training that has diverged, or a network, data and checkpoint that do not fit each other."""


@dataclass
class Training:
    """What a training came to. history has one row per evaluation; update counts finished updates from 1.

    A row: update, loss (mean over the updates since the last row), validation_dice, learning_rate and seconds
    (wall time so far; of a killed run only what its checkpoint had counted).
    """

    history: list[dict[str, float]] = field(default_factory=list)
    best_update: int = 0
    best_dice: float = -math.inf
    updates: int = 0
    seconds: float = 0.0
    stopped_early: bool = False


def train(
    model: nn.Module,
    batch_of: BatchOf,
    loss: Loss,
    validate: Callable[[nn.Module], float],
    *,
    optimiser: str,
    learning_rate: float,
    momentum: float,
    weight_decay: float,
    schedule: str,
    warmup_updates: int,
    updates: int,
    accumulate: int,
    evaluate_every: int,
    patience: int,
    precision: str,
    device: str,
    seed: int,
    checkpoint: Path | None,
    checkpoint_every: int,
    report: Report | None = None,
) -> Training:
    """Trains `model` in place on `device`, leaves it with the weights of its best evaluation, returns the Training.

    batch_of(i): images, target, weight of batch i, a pure function; update u takes batches u·accumulate and on,
    and the mean of their losses. momentum: of sgd and nesterov (Adam keeps β = 0.9, 0.999). An evaluation every
    `evaluate_every` updates and after the last; `patience` evaluations without a better Dice stop (0: never).
    checkpoint: a file written every `checkpoint_every` updates and at the end, from which the same call goes on
    to the same bits; one of other settings is not used. The caller names it after whatever else decides the
    result (data, loss, network, code) and deletes it.
    report gets each history row, {"resumed": update} and {"warning": line}.
    Raises RecipeError for an unknown setting, TrainingError for a loss or a Dice that is not finite.
    """
    given = locals()
    recipe = TrainingSettings(**{setting.name: given[setting.name] for setting in fields(TrainingSettings)})
    report = report or (lambda _: None)
    run = _Run(model, recipe, torch.device(device))
    if checkpoint is not None:
        run.resume(checkpoint, report)
    cuda = [run.device] if run.device.type == "cuda" else []
    with torch.random.fork_rng(devices=cuda):
        while not run.finished:
            run.update(batch_of, loss)
            if run.training.updates % evaluate_every == 0 or run.training.updates == updates:
                report(run.evaluate(validate))
            if checkpoint and (run.finished or run.training.updates % checkpoint_every == 0):
                run.save(checkpoint)
    model.load_state_dict(run.best)
    return run.training


class _Run:
    """The state of one training between two updates."""

    def __init__(self, model: nn.Module, recipe: TrainingSettings, device: torch.device) -> None:
        # channels last is the faster layout on CUDA and on the CPU (model._crop has the milliseconds)
        self.model = model.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.recipe, self.device = recipe, device
        self.half = uses_bfloat16(recipe.precision, str(device))
        self.optimiser = self._fresh_optimiser()
        self.training = Training()
        self.best: dict[str, Tensor] = {}
        self.losses: list[float] = []  # of the updates since the last evaluation
        self.pending: list[Tensor] = []  # the same, still on the device: reading each would wait for it
        self.clock = time.perf_counter()

    def _fresh_optimiser(self) -> Optimiser:
        recipe, parameters = self.recipe, self.model.parameters()
        return Optimiser(parameters, name=recipe.optimiser, momentum=recipe.momentum, weight_decay=recipe.weight_decay)

    @property
    def finished(self) -> bool:
        return self.training.stopped_early or self.training.updates >= self.recipe.updates

    def learning_rate(self, update: int) -> float:
        dices = [row["validation_dice"] for row in self.training.history]
        return self.recipe.learning_rate_at(update, dices)

    def update(self, batch_of: BatchOf, loss: Loss) -> None:
        """One update; its random numbers (dropout) depend on the seed and its index alone."""
        index, parts = self.training.updates, self.recipe.accumulate
        torch.manual_seed(_seed_of(self.recipe.seed, index))
        self.model.train()
        total = torch.zeros((), device=self.device)
        for batch in range(index * parts, (index + 1) * parts):
            images, target, weight = batch_of(batch)
            value = self._loss(images, target, weight, loss) / parts
            value.backward()
            total += value.detach()
        self.optimiser.step(self.learning_rate(index))
        self.pending.append(total)
        self.training.updates += 1

    def _loss(self, images: Tensor, target: Tensor, weight: Tensor, loss: Loss) -> Tensor:
        images = images.to(self.device, memory_format=torch.channels_last, non_blocking=True)
        target, weight = (part.to(self.device, non_blocking=True) for part in (target, weight))
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.half):
            logits = self.model(images)
        if logits.shape[-2:] != target.shape[-2:]:
            sizes = ["×".join(map(str, part.shape[-2:])) for part in (logits, target)]
            raise TrainingError(f"the network gives {sizes[0]} px but the target has {sizes[1]}; fit tile_px")
        return loss(logits, target, weight)

    def settle(self) -> None:
        """Reads the pending losses; TrainingError for the first that is not finite."""
        if self.pending:
            first = self.training.updates - len(self.pending) + 1
            for update, value in enumerate(torch.stack(self.pending).tolist(), start=first):
                if not math.isfinite(value):
                    advice = f"lower learning_rate ({self.recipe.learning_rate}) or check the data"
                    raise TrainingError(f"the loss is {value} at update {update}; {advice}")
                self.losses.append(value)
        self.pending = []
        self.training.seconds += time.perf_counter() - self.clock
        self.clock = time.perf_counter()

    def evaluate(self, validate: Callable[[nn.Module], float]) -> dict[str, float]:
        """Adds a row to the history; keeps the weights if they are the best, stops if patience is over."""
        training = self.training
        rate = self.learning_rate(training.updates - 1)
        self.settle()
        self.model.eval()
        with torch.no_grad():
            dice = float(validate(self.model))
        if not math.isfinite(dice):
            raise TrainingError(f"the validation Dice is {dice} at update {training.updates}; check its frames")
        loss = math.fsum(self.losses) / len(self.losses)
        self.losses = []
        self.settle()
        training.history.append(
            {
                "update": training.updates,
                "loss": loss,
                "validation_dice": dice,
                "learning_rate": rate,
                "seconds": training.seconds,
            }
        )
        if dice > training.best_dice:
            training.best_dice, training.best_update = dice, training.updates
            self.best = {name: part.detach().clone() for name, part in self.model.state_dict().items()}
        failed = sum(row["update"] > training.best_update for row in training.history)
        patience, last = self.recipe.patience, training.updates >= self.recipe.updates
        training.stopped_early = 0 < patience <= failed and not last
        return training.history[-1]

    def save(self, path: Path) -> None:
        """Writes the whole state atomically."""
        self.settle()
        state = {
            "recipe": asdict(self.recipe),
            "training": asdict(self.training),
            "losses": self.losses,
            "model": self.model.state_dict(),
            "best": self.best,
            "optimiser": self.optimiser.state_dict(),
        }
        with atomic_path(path) as temporary, temporary.open("wb") as stream:
            torch.save(state, stream)

    def resume(self, path: Path, report: Report) -> None:
        """Takes the state at `path`; a file that is damaged or of another recipe is reported and left aside."""
        for stale in path.parent.glob(f".tmp-*-{path.name}"):  # of a run killed while it wrote
            stale.unlink(missing_ok=True)
        if not path.exists():
            return
        fresh = {name: part.detach().clone() for name, part in self.model.state_dict().items()}
        try:
            check_whole(path)
            state = torch.load(path, map_location=self.device, weights_only=True)
            self._take(state)
        except Exception as error:  # torch raises half a dozen types for a damaged file
            self.model.load_state_dict(fresh)
            self.optimiser = self._fresh_optimiser()
            first = (str(error).splitlines() or [type(error).__name__])[0].removeprefix(f"{path}: ")
            report({"warning": f"{path}: checkpoint not usable ({first}); training starts from zero"})
        else:
            report({"resumed": self.training.updates})

    def _take(self, state: dict[str, Any]) -> None:
        ours = asdict(self.recipe)
        for name, value in ours.items():
            if state["recipe"][name] != value:
                raise TrainingError(f"made with {name} {state['recipe'][name]!r}, now {value!r}")
        training, best, losses = Training(**state["training"]), state["best"], list(state["losses"])
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.training, self.best, self.losses = training, best, losses


def _seed_of(seed: int, update: int) -> int:
    digest = hashlib.blake2b(f"{seed} {update}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big")
