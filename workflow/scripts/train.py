"""Train networks that differ by their seed; a killed job resumes from its checkpoints and ends in the same bits."""

from dataclasses import dataclass
from pathlib import Path

import torch
from script import run

from unetlib.datasets.dataset import Dataset
from unetlib.networks.device import keep_freed_memory
from unetlib.networks.settings import ComputeSettings
from unetlib.study.runs import run_of
from unetlib.training.run import TrainingData, train_networks
from unetlib.training.settings import RunSettings


@dataclass(frozen=True)
class Arguments:
    caches: list[Path]
    frames: list[Path]
    splits: list[Path]
    settings: RunSettings
    compute: ComputeSettings
    code: str
    models: list[Path]


def main(arguments: Arguments) -> None:
    keep_freed_memory()
    torch.set_num_threads(arguments.compute.threads)
    torch.backends.cudnn.deterministic = True  # same machine, same bytes; the CPU is so by itself
    places = zip(arguments.frames, arguments.splits, arguments.caches, strict=True)
    train_networks(
        {path: run_of(path.parent) for path in arguments.models},
        [TrainingData(Dataset(frames.parent), split, cache) for frames, split, cache in places],
        arguments.settings,
        arguments.compute,
        code=arguments.code,
        say=print,
    )


if __name__ == "__main__":
    run(main, Arguments, __doc__)
