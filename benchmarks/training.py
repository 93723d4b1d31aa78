"""A training step against a plain PyTorch loop and, per FLOP, against the U-Nets of MONAI and smp.

Our time is that of `unetlib.training.loop.train` and includes drawing batches from a cache; the other contenders get
ready tensors. Each runs in its own process. The peers' networks use padding and other numbers of FLOPs per pixel, so
their ratio is per FLOP of the forward pass, counted by torch; the backward pass takes twice as many.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from statistics import fmean

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.inputs import cells, picture
from benchmarks.subprocess_contender import SubprocessContender
from benchmarks.table import Row, check, faster, skipped
from benchmarks.timing import Times, interleaved
from benchmarks.weight_maps import SETTINGS
from unetlib.networks.blocks import initialise
from unetlib.networks.device import keep_freed_memory
from unetlib.networks.settings import ModelSettings
from unetlib.networks.tiling import valid_input
from unetlib.networks.unet import UNet
from unetlib.training.batches import Batches
from unetlib.training.cached_variants import Variants
from unetlib.training.loop import train
from unetlib.training.losses import weighted_ce
from unetlib.training.objective import Objective, ValidationScores
from unetlib.training.settings import BatchSettings, CacheSettings, RunSettings, TrainingSettings
from unetlib.training.variants import training_targets

RATE = 1e-4


@dataclass(frozen=True)
class Case:
    """A network and its batch. steps: updates per timed call. without: peers that are left out."""

    filters: int
    batch: int
    tile_px: int = 388
    depth: int = 5
    steps: int = 2
    repeats: int = 5
    without: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Name in the table."""
        side = valid_input(self.tile_px, self.depth)
        return f"{self.filters} filters, {side} → {self.tile_px}, batch {self.batch}"


PEERS_FP32 = ("MONAI BasicUNet",)
# MONAI in fp32 takes 15 s per step in the first case (2 cores of AMD EPYC), so that it runs in the second only
FULL = (Case(64, 1, steps=1, repeats=3, without=PEERS_FP32), Case(16, 4, steps=1, repeats=3))
TINY = (Case(4, 2, tile_px=20, depth=3, repeats=1, without=("MONAI BasicUNet, bf16", "smp Unet, resnet18")),)


def batches(case: Case, device: str = "cpu") -> Batches:
    """Return batches of tiles of a synthetic frame and one variant of it."""
    side = case.tile_px + 64
    labels = cells((side, side), max(2, side // 20), side / 20)
    mask, weight = training_targets(labels, None, CacheSettings(weight_map=SETTINGS))
    image = picture(labels)
    arrays = [np.stack([part, part[::-1]]) for part in (image, mask, weight.astype(np.float16))]
    settings = RunSettings(
        model=ModelSettings(depth=case.depth), batch=BatchSettings(size=case.batch, tile_px=case.tile_px)
    )
    return Batches([[Variants("0", *arrays)]], settings, seed=0, device=device)


def network(case: Case, dropout: float = 0.5) -> UNet:
    """Return our network with fixed weights."""
    model = UNet(ModelSettings(base_filters=case.filters, depth=case.depth, dropout=dropout))
    initialise(model, torch.Generator().manual_seed(0))
    return model


def train_ours(model: UNet, draw: Callable, steps: int, precision: str = "bfloat16", device: str = "cpu") -> float:
    """Train for some updates as a study does; return the mean loss."""
    settings = TrainingSettings.read(
        {
            "optimiser": "adam",
            "learning_rate": RATE,
            "schedule": "constant",
            "warmup_updates": 0,
            "updates": steps,
            "evaluate_every": steps,
            "precision": precision,
        }
    )
    objective: Objective[UNet] = Objective(draw, weighted_ce, lambda _: ValidationScores(0.0))
    return train(model, objective, settings, seed=0, device=device).history[0]["loss"]


def plain_step(model: nn.Module, optimiser: torch.optim.Optimizer, batch: tuple[Tensor, ...]) -> float:
    """Make one update by the usual code: fp32, torch.optim, weighted cross-entropy; return the loss."""
    images, target, weight = batch
    model.train()
    optimiser.zero_grad()
    loss = (cross_entropy(model(images), target, reduction="none") * weight).mean()
    loss.backward()
    optimiser.step()
    return float(loss.detach())


def plain(model: nn.Module, batch: tuple[Tensor, ...], steps: int) -> Callable[[], object]:
    """Return the plain loop over one batch."""
    optimiser = torch.optim.Adam(model.parameters(), lr=RATE)
    return lambda: [plain_step(model, optimiser, batch) for _ in range(steps)]


def by_monai(case: Case) -> nn.Module:
    """Return MONAI's BasicUNet with our widths."""
    from monai.networks.nets import BasicUNet

    f = case.filters
    return BasicUNet(2, in_channels=1, out_channels=2, features=(f, 2 * f, 4 * f, 8 * f, 16 * f, f), dropout=0.5)


def by_smp(case: Case) -> nn.Module:
    """Return the Unet of segmentation-models-pytorch with its smallest common encoder and our widths in the decoder."""
    import segmentation_models_pytorch as smp

    decoder = tuple(case.filters * 2**level for level in (4, 3, 2, 1, 0))
    return smp.Unet("resnet18", encoder_weights=None, in_channels=1, classes=2, decoder_channels=decoder)


def by_monai_bf16(case: Case) -> nn.Module:
    """Return the same under bf16 autocast, so that the ratio does not reflect the precision."""
    return _Autocast(by_monai(case))


class _Autocast(nn.Module):
    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> Tensor:
        with torch.autocast(images.device.type, torch.bfloat16):
            return self.model(images).float()


PEERS: Mapping[str, Callable[[Case], nn.Module]] = {
    "MONAI BasicUNet": by_monai,
    "MONAI BasicUNet, bf16": by_monai_bf16,
    "smp Unet, resnet18": by_smp,
}


def forward_flops(model: nn.Module, images: Tensor) -> float:
    """Return the FLOPs of one forward pass."""
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model.eval()(images)
    return float(counter.get_total_flops())


def padded_batch(case: Case) -> tuple[Tensor, Tensor, Tensor]:
    """Return images, target and weights of the input's size, cropped to a multiple of 32 as padding networks need."""
    side = max(32, valid_input(case.tile_px, case.depth) // 32 * 32)
    random = torch.Generator().manual_seed(0)
    images = torch.randn(case.batch, 1, side, side, generator=random)
    return images, (images[:, 0] > 0).long(), torch.ones(case.batch, side, side)


def same_as_plain(case: Case) -> str:
    """Check that `train` and the plain loop give equal losses in fp32, and that bf16 differs by at most 5 %."""
    draw, updates = batches(case), case.steps + 1
    first, second, third = (network(case, dropout=0.0) for _ in range(3))
    mine = train_ours(first, draw, updates, "float32")
    optimiser = torch.optim.Adam(second.parameters(), lr=RATE)
    theirs = fmean(plain_step(second, optimiser, draw(update)) for update in range(updates))
    check(abs(train_ours(third, draw, updates) / theirs - 1), 0.05, "loss in bf16 against fp32")
    return check(abs(mine / theirs - 1), 1e-4, f"loss of {updates} fp32 updates, relative")


def ours(case: Case) -> Callable[[], object]:
    """Return our training, as `workflow/scripts/train.py` runs it."""
    keep_freed_memory()
    model, draw = network(case), batches(case)
    return lambda: train_ours(model, draw, case.steps)


def the_plain_loop(case: Case) -> Callable[[], object]:
    """Return the plain loop over our network."""
    return plain(network(case), batches(case)(0), case.steps)


def a_peer(case: Case, name: str) -> Callable[[], object]:
    """Return the plain loop over a peer's network."""
    return plain(PEERS[name](case), padded_batch(case), case.steps)


def load(draw: Callable[[int], object], steps: int) -> None:
    """Draw the batches of some updates."""
    for update in range(steps):
        draw(update)


def rows(cases: tuple[Case, ...] = FULL, flops_per_s: float | None = None, threads: int = 2) -> Iterator[Row]:
    """Yield a row against the plain loop, one against each peer, and the share of data loading."""
    for case in cases:
        draw = batches(case)
        checked = same_as_plain(case)
        with ExitStack() as stack:
            contenders: dict[str, Callable[[], object]] = {
                "ours": stack.enter_context(SubprocessContender(ours, case, threads=threads)),
                "plain": stack.enter_context(SubprocessContender(the_plain_loop, case, threads=threads)),
                "loading": partial(load, draw, case.steps),
            }
            flops = {"ours": forward_flops(network(case), draw(0)[0])}
            for name in (peer for peer in PEERS if peer not in case.without):
                contender = stack.enter_context(SubprocessContender(a_peer, case, name, threads=threads))
                if contender.missing:
                    yield skipped("training step", case.name, f"{name}, per FLOP", contender.missing)
                    continue
                flops[name] = forward_flops(PEERS[name](case), padded_batch(case)[0])
                contenders[name] = contender
            times = interleaved(contenders, repeats=case.repeats)
        yield from _rows(case, {name: _each(case, time) for name, time in times.items()}, flops, checked, flops_per_s)


def _each(case: Case, times: Times) -> Times:
    return Times(tuple(seconds / case.steps for seconds in times.seconds))


def _rows(
    case: Case, times: dict[str, Times], flops: dict[str, float], checked: str, flops_per_s: float | None
) -> Iterator[Row]:
    what, ours = ("training step", case.name), times["ours"]
    note = ""
    if flops_per_s:
        floor = 3 * flops["ours"] / flops_per_s
        note = f"floor {floor:.3g} s (3 × {flops['ours'] / 1e9:.4g} GFLOP at the measured bf16 ceiling)"
    yield faster((*what, "plain fp32 loop"), ours, times["plain"], aim="≥ 2.4", checked=checked, note=note)
    for name in list(flops)[1:]:
        note = f"{flops[name] / 1e9:.4g} GFLOP forward, ours {flops['ours'] / 1e9:.4g}"
        work = flops["ours"] / flops[name]
        yield faster((*what, f"{name}, per FLOP"), ours, times[name], aim="≥ 1", note=note, work=work)
    loading, (low, high) = times["loading"], times["loading"].quartiles
    share = (100 * seconds / ours.median for seconds in (loading.median, low, high))
    n = f"{len(ours.seconds)}, {len(loading.seconds)}"
    yield Row(*what, "data loading", next(share), "% of the step", next(share), next(share), n, "≤ 2", ours.median)
