"""Decide which frames train, validate and test in one fold."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from script import run

from unetlib.datasets.dataset import Dataset
from unetlib.datasets.settings import SplitSettings
from unetlib.datasets.shared_images import left_out
from unetlib.datasets.splits import split
from unetlib.io.files import write_csv


@dataclass(frozen=True)
class Arguments:
    frames: Path
    settings: SplitSettings
    fold: int
    output: Path


def main(arguments: Arguments) -> None:
    settings, dataset = arguments.settings, Dataset(arguments.frames.parent)
    frames, dense = dataset.frames, dataset.dense_frames() if settings.dense_only else set()
    if settings.by is None:
        raise ValueError("settings.by is null; state what keeps training and test apart")
    assigned = split(frames, settings, by=settings.by, fold=arguments.fold, dense=dense)
    write_csv(arguments.output, ({"frame": each.frame, "role": each.role} for each in assigned), ("frame", "role"))
    print(", ".join(f"{count} {role}" for role, count in Counter(each.role for each in assigned).items()))
    for frame in left_out(frames, [each.frame for each in assigned if each.role == "unused"]):
        print(f"not used: {frame} shows the same image as a frame that is used")


if __name__ == "__main__":
    run(main, Arguments, __doc__)
