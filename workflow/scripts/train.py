"""Train networks that differ by their seed; a killed job goes on from its checkpoints and ends in the same bits."""

import argparse

import torch
from script import PATHS, run

from unetlib.datasets.dataset import Dataset
from unetlib.networks.device import keep_freed_memory
from unetlib.networks.settings import ComputeSettings
from unetlib.study.runs import run_of
from unetlib.training.run import TrainingData, train_networks
from unetlib.training.settings import RunSettings


def main(arguments: argparse.Namespace) -> None:
    keep_freed_memory()
    torch.set_num_threads(arguments.compute.threads)
    torch.backends.cudnn.deterministic = True  # same machine, same bytes; the CPU is so by itself
    train_networks(
        {path: run_of(path.parent) for path in arguments.models},
        [
            TrainingData(Dataset(frames.parent), split, cache)
            for frames, split, cache in zip(arguments.frames, arguments.splits, arguments.caches, strict=True)
        ],
        arguments.settings,
        arguments.compute,
        code=arguments.code,
        say=print,
    )


if __name__ == "__main__":
    settings = {"settings": {"type": RunSettings.from_json}, "compute": {"type": ComputeSettings.from_json}}
    run(main, __doc__, caches=PATHS, frames=PATHS, splits=PATHS, **settings, code={}, models=PATHS)
