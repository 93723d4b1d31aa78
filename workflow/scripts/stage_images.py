"""Write the images of a split into folders for the tools that a study trains."""

from dataclasses import dataclass
from pathlib import Path

from script import run

from unetlib.datasets.dataset import Dataset
from unetlib.trained_tools.staging import stage


@dataclass(frozen=True)
class Arguments:
    frames: Path
    split: Path
    part: str  # training or test
    index: Path


def main(arguments: Arguments) -> None:
    count = stage(Dataset(arguments.frames.parent), arguments.split, arguments.part, arguments.index)
    print(f"{count} images for {arguments.part} in {arguments.index.parent}")


if __name__ == "__main__":
    run(main, Arguments, __doc__)
