"""Images per second of the paper's network on a GPU, in training and prediction, against a plain loop and a bound.

    python -m benchmarks.gpu --output benchmarks/results-gpu.json

The code is the same as on a CPU. Without a CUDA device the row says so. The floor is a lower bound of the time: the
FLOPs of the forward pass in prediction, and three times these FLOPs in training, at the rate of a large bf16 matrix
product measured in the same run.
"""

import argparse
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch

from benchmarks.machine import ceilings, describe
from benchmarks.table import Row, markdown, skipped, write_results
from benchmarks.timing import Times, interleaved, set_threads
from benchmarks.training import Case, batches, forward_flops, network, plain, train_ours
from unetlib.networks.predict import Tiling, predict
from unetlib.networks.tiling import valid_input

BATCHES = (1, 8, 32)
DEVICE = "cuda"


def rows(sizes: Sequence[int] = BATCHES, *, steps: int = 20, repeats: int = 5) -> Iterator[Row]:
    """Yield rows of training and prediction for each batch size, or one row that says that there is no CUDA device."""
    if not torch.cuda.is_available():
        yield skipped("GPU", "paper network, batch 1, 8, 32", "plain loop", "PyTorch sees no CUDA device")
        return
    flops_per_s = ceilings(side=8192, megabytes=2048, device=DEVICE)["bf16_flops_per_s"]
    for size in sizes:
        case = Case(64, size, steps=steps)
        draw = batches(case, DEVICE)
        model, naive = network(case), network(case).to(DEVICE)
        flops = forward_flops(network(case).to(DEVICE), draw(0)[0])
        times = interleaved(
            {
                "ours": partial(train_ours, model, draw, steps, device=DEVICE),
                "plain": plain(naive, draw(0), steps),
            },
            repeats=repeats,
            synchronise=torch.cuda.synchronize,
        )
        floor = size * flops_per_s / (3 * flops)
        note = f"floor {floor:.0f}/s; plain fp32 loop {size * steps / times['plain'].median:.1f}/s"
        aim = "≥ 400" if size >= 8 else ""
        yield _rate(f"training, batch {size}", times["ours"], size * steps, "images/s", aim, note)
        side = 388 * 4
        image = torch.randn(side, side).numpy()
        found = interleaved(
            {"ours": partial(infer_once, model, image, size)}, repeats=repeats, synchronise=torch.cuda.synchronize
        )["ours"]
        note = (
            f"floor {size * flops_per_s / flops:.0f}/s; 16 tiles of {valid_input(388, 5)} px, image in, probability out"
        )
        yield _rate(f"inference, batch {size}", found, 16, "tiles/s", "≥ 1500" if size >= 8 else "", note)


def infer_once(model: torch.nn.Module, image: np.ndarray, batch: int) -> None:
    """Predict one whole image in tiles."""
    predict(model, image, Tiling(388, batch, DEVICE, "bfloat16"))  # type: ignore[arg-type]


def _rate(case: str, times: Times, count: int, unit: str, aim: str, note: str) -> Row:
    low, high = times.quartiles
    n = str(len(times.seconds))
    return Row(
        "GPU", f"paper network, {case}", "–", count / times.median, unit, count / high, count / low, n, aim, note=note
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results-gpu.json"))
    arguments = parser.parse_args()
    set_threads(2)
    found = list(rows())
    print(markdown(found))
    if torch.cuda.is_available():
        write_results(arguments.output, found, describe(2))


if __name__ == "__main__":
    main()
