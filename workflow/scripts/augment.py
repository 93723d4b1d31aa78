"""Write the augmented copies of a fold's training frames, with masks and weight maps: one cache per settings."""

from dataclasses import dataclass
from pathlib import Path

from script import run

from unetlib.datasets.dataset import Dataset
from unetlib.datasets.split_files import frames_with_role
from unetlib.networks.device import use_threads
from unetlib.training.cache import write_cache
from unetlib.training.settings import CacheSettings


@dataclass(frozen=True)
class Arguments:
    frames: Path
    split: Path
    settings: list[CacheSettings]
    seed: int
    code: str
    indexes: list[Path]


def main(arguments: Arguments) -> None:
    use_threads(1)
    for settings, index in zip(arguments.settings, arguments.indexes, strict=True):
        write_cache(
            index.parent,
            Dataset(arguments.frames.parent),
            frames_with_role(arguments.split, "train"),
            settings,
            seed=arguments.seed,
            code=arguments.code,
            progress=lambda done, total: print(f"{done} of {total} frames"),
        )


if __name__ == "__main__":
    run(main, Arguments, __doc__)
