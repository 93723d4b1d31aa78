"""Train networks that differ by their seed; a killed job resumes from its checkpoints and ends in the same bits."""

from dataclasses import dataclass
from pathlib import Path

from script import run

from unetlib.datasets.dataset import Dataset
from unetlib.networks.device import keep_freed_memory, use_threads
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
    use_threads(arguments.compute.threads)
    runs = {path: run_of(path.parent) for path in arguments.models}
    places = zip(arguments.frames, arguments.splits, arguments.caches, strict=True)
    data = [TrainingData(Dataset(frames.parent), split, cache) for frames, split, cache in places]
    train_networks(runs, data, arguments.settings, arguments.compute, code=arguments.code, say=print)


if __name__ == "__main__":
    run(main, Arguments, __doc__)
