"""How fast this machine trains: updates per second of the processor or, on a GPU, of the wall."""

import time
from itertools import pairwise
from statistics import median

import numpy as np
import torch

from unetlib.networks.device import choose_device, uses_bfloat16
from unetlib.networks.settings import ComputeSettings
from unetlib.training.batches import Batches
from unetlib.training.cached_variants import Variants
from unetlib.training.loop import train
from unetlib.training.losses import loss_of, with_distances
from unetlib.training.objective import Objective, ValidationScores
from unetlib.training.settings import RunSettings
from unetlib.training.starting_weights import started

WARM_UP, MEASURED = 3, 6  # updates
SIDE_PX = 256


def updates_per_second(settings: RunSettings, compute: ComputeSettings) -> float:
    """Return how many updates a training of these settings makes in a second, measured on noise.

    Seconds are of the processor, all threads together, and of the wall on a GPU, as those of a tool's budget. Median of
    a few updates; validation is not among them. The caller sets the number of threads.
    """
    device = choose_device(compute.device)
    clock = time.process_time if device == "cpu" else time.perf_counter
    # Noise teaches nothing: at this rate no network diverges on it.
    changes = {"updates": WARM_UP + MEASURED, "evaluate_every": 1, "patience": 0, "learning_rate": 1e-9}
    schedule = settings.training.model_copy(update=changes)
    batches = Batches([[_noise(distances=settings.target.kind == "distances")]], settings, seed=0, device=device)
    loss = with_distances(loss_of(settings.loss), settings.target)
    ends: list[float] = []
    train(
        started(settings, 0),
        Objective(batches, loss, lambda _: ValidationScores(dice=0.0, iou=0.0, loss=0.0)),
        schedule,
        seed=0,
        device=device,
        report=lambda _: ends.append(clock()),
    )
    steps = [after - before for before, after in pairwise(ends)][WARM_UP - 1 :]
    return 1 / max(median(steps), 1e-6)


def arithmetic(settings: RunSettings, compute: ComputeSettings) -> list[str]:
    """Return what the speed of a training depends on, beside its settings: device, instructions, precision, threads."""
    device = choose_device(compute.device)
    half = uses_bfloat16(settings.training.precision, device)
    kind = torch.backends.cpu.get_cpu_capability()
    return [device, kind, "bfloat16" if half else "float32", f"{compute.threads}"]


def _noise(*, distances: bool) -> Variants:
    """Return an image of noise with a square cell."""
    image = np.random.default_rng(0).integers(0, 255, (1, SIDE_PX, SIDE_PX), dtype=np.uint8)
    mask = np.zeros_like(image)
    mask[:, 64:128, 64:128] = 1
    far = np.zeros((1, 2, SIDE_PX, SIDE_PX), np.uint8) if distances else None
    return Variants("noise", image, mask, np.ones(image.shape, np.float16), far)
