"""Training: updates, validation, early stopping, and checkpoints from which a killed run ends in the same bits."""

import hashlib
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Generic

import torch
from torch import Tensor

from unetlib.io.archives import check_whole
from unetlib.io.files import atomic_path
from unetlib.networks.device import uses_bfloat16
from unetlib.training.objective import Evaluation, Network, Objective, Training, ValidationScores
from unetlib.training.optimisers import optimiser_of, step
from unetlib.training.schedule import learning_rate_at
from unetlib.training.settings import TrainingSettings

Report = Callable[[Mapping[str, object]], None]


class TrainingError(ValueError):
    """A training has diverged, or network, data and checkpoint do not fit together."""


def train(
    model: Network,
    objective: Objective[Network],
    settings: TrainingSettings,
    *,
    seed: int,
    device: str,
    checkpoint: Path | None = None,
    report: Report | None = None,
) -> Training:
    """Train `model` in place on `device`, leave it with the weights of its best evaluation, and return the Training.

    Update u takes accumulation_steps batches from u·accumulation_steps on, and the mean of their losses. The network is
    evaluated every evaluate_every updates and after the last one; select_by keeps one evaluation, and `patience`
    evaluations without a better one end the training (0: never).
    checkpoint: a file written at every evaluation, from which the same call resumes and ends in the same bits; one of
    other settings is ignored. The caller names it after everything else that determines the result (data, loss,
    network, code) and deletes it.
    report gets each history row, {"resumed": update} and {"warning": line}.
    Raises TrainingError for a loss or a score that is not finite.
    """
    report = report or (lambda _: None)
    run = _Run(model, objective, settings, seed, torch.device(device))
    if checkpoint is not None:
        run.resume(checkpoint, report)
    cuda = [run.device] if run.device.type == "cuda" else []
    with torch.random.fork_rng(devices=cuda):
        while not run.finished:
            run.update()
            if run.training.updates % settings.evaluate_every == 0 or run.training.updates == settings.updates:
                report(run.evaluate())
                if checkpoint:
                    run.save(checkpoint)
    model.load_state_dict(run.best)
    return run.training


class _Run(Generic[Network]):
    """The state of one training between two updates."""

    def __init__(
        self,
        model: Network,
        objective: Objective[Network],
        settings: TrainingSettings,
        seed: int,
        device: torch.device,
    ) -> None:
        # channels last is the faster layout on CUDA and on the CPU (blocks.crop has the milliseconds)
        self.model = model.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.objective, self.settings, self.seed, self.device = objective, settings, seed, device
        self.half = uses_bfloat16(settings.precision, str(device))
        self.optimiser = optimiser_of(self.model.parameters(), self.settings)
        self.training = Training()
        self.best: dict[str, Tensor] = {}
        self.losses: list[float] = []  # losses of the updates since the last evaluation
        self.pending: list[Tensor] = []  # the same, still on the device: reading each one would wait for the device
        self.clock = time.perf_counter()

    @property
    def finished(self) -> bool:
        return self.training.stopped_early or self.training.updates >= self.settings.updates

    def learning_rate(self, update: int) -> float:
        return learning_rate_at(self.settings, update, [self.score(row) for row in self.training.history])

    def score(self, row: Evaluation) -> float:
        """Return the score by which evaluations are compared; larger is better."""
        return -row["validation_loss"] if self.settings.select_by == "loss" else row["validation_dice"]

    def update(self) -> None:
        """Make one update; its random numbers (dropout) depend only on the seed and its index."""
        index, parts = self.training.updates, self.settings.accumulation_steps
        torch.manual_seed(_seed_of(self.seed, index))
        self.model.train()
        total = torch.zeros((), device=self.device)
        for batch in range(index * parts, (index + 1) * parts):
            value = self._loss(*self.objective.batch_of(batch)) / parts
            value.backward()
            total += value.detach()
        step(self.optimiser, self.learning_rate(index), self.settings.clip_norm)
        self.pending.append(total)
        self.training.updates += 1

    def _loss(self, images: Tensor, target: Tensor, weight: Tensor) -> Tensor:
        images = images.to(self.device, memory_format=torch.channels_last, non_blocking=True)
        target, weight = (part.to(self.device, non_blocking=True) for part in (target, weight))
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.half):
            logits = self.model(images)
        if logits.shape[-2:] != target.shape[-2:]:
            sizes = ["×".join(map(str, part.shape[-2:])) for part in (logits, target)]
            raise TrainingError(f"the network gives {sizes[0]} px but the target has {sizes[1]}; fit tile_px")
        return self.objective.loss(logits, target, weight)

    def settle(self) -> None:
        """Read the pending losses; raise TrainingError for the first that is not finite."""
        if self.pending:
            first = self.training.updates - len(self.pending) + 1
            for update, value in enumerate(torch.stack(self.pending).tolist(), start=first):
                if not math.isfinite(value):
                    advice = f"lower learning_rate ({self.settings.learning_rate}) or check the data"
                    raise TrainingError(f"the loss is {value} at update {update}; {advice}")
                self.losses.append(value)
        self.pending = []
        self.training.seconds += time.perf_counter() - self.clock
        self.clock = time.perf_counter()

    def evaluate(self) -> Evaluation:
        """Add a row to the history; keep the weights if they are the best, stop if patience is over."""
        training = self.training
        rate = self.learning_rate(training.updates - 1)
        self.settle()
        scores = self.validated()
        loss = math.fsum(self.losses) / len(self.losses)
        self.losses = []
        self.settle()
        row = Evaluation(
            update=training.updates,
            loss=loss,
            validation_dice=scores.dice,
            learning_rate=rate,
            seconds=training.seconds,
        )
        if scores.iou is not None:
            row["validation_iou"] = scores.iou
        if scores.loss is not None:
            row["validation_loss"] = scores.loss
        before = [self.score(each) for each in training.history]
        training.history.append(row)
        if self.settings.select_by == "last" or self.score(row) > max(before, default=-math.inf):
            training.best_dice, training.best_update = scores.dice, training.updates
            self.best = {name: part.detach().clone() for name, part in self.model.state_dict().items()}
        failed = sum(row["update"] > training.best_update for row in training.history)
        patience, last = self.settings.patience, training.updates >= self.settings.updates
        training.stopped_early = 0 < patience <= failed and not last
        return row

    def validated(self) -> ValidationScores:
        """Return the network's current scores; raise TrainingError for one that is not finite."""
        self.model.eval()
        with torch.no_grad():
            scores = self.objective.validate(self.model)
        for name, value in asdict(scores).items():
            if value is not None and not math.isfinite(value):
                shown = {"dice": "Dice", "iou": "IoU"}.get(name, name)
                raise TrainingError(
                    f"the validation {shown} is {value} at update {self.training.updates}; check its frames"
                )
        return scores

    def save(self, path: Path) -> None:
        """Write the whole state right after an evaluation, atomically."""
        self.settle()
        state = {
            "settings": self._identity(),
            "training": asdict(self.training),
            "model": self.model.state_dict(),
            "best": self.best,
            "optimiser": self.optimiser.state_dict(),
        }
        with atomic_path(path) as temporary, temporary.open("wb") as stream:
            torch.save(state, stream)

    def _identity(self) -> dict[str, object]:
        return {**self.settings.identity(), "seed": self.seed}

    def resume(self, path: Path, report: Report) -> None:
        """Resume from the state at `path`; a file that is damaged or of other settings is reported and ignored."""
        for stale in path.parent.glob(f".tmp-*-{path.name}"):  # left by a run that was killed while writing
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
            self.optimiser = optimiser_of(self.model.parameters(), self.settings)
            first = (str(error).splitlines() or [type(error).__name__])[0].removeprefix(f"{path}: ")
            report({"warning": f"{path}: checkpoint not usable ({first}); training starts from zero"})
        else:
            report({"resumed": self.training.updates})

    def _take(self, state: Mapping[str, Any]) -> None:
        made, now = state["settings"], self._identity()
        for name in {**made, **now}:
            if made.get(name) != now.get(name):
                raise TrainingError(f"made with {name} {made.get(name)!r}, now {now.get(name)!r}")
        training, best = Training(**state["training"]), state["best"]
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.training, self.best = training, best


def _seed_of(seed: int, update: int) -> int:
    digest = hashlib.blake2b(f"{seed} {update}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big")
