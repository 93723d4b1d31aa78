"""Measure every cell of a tracked test sequence: one row per cell and frame."""

from dataclasses import dataclass
from pathlib import Path

from script import run

from unetlib.datasets.dataset import Dataset
from unetlib.datasets.split_files import frames_with_role
from unetlib.io.files import write_csv
from unetlib.tracking.sequences import sequence_frames
from unetlib.tracking.tracked_cells import MEASURED_COLUMNS, measure_tracked


@dataclass(frozen=True)
class Arguments:
    tracks: list[Path]
    frames: Path
    split: Path
    measurements: list[Path]


def main(arguments: Arguments) -> None:
    dataset = Dataset(arguments.frames.parent)
    frames = sequence_frames(dataset.frames, frames_with_role(arguments.split, "test"))
    for lines, output in zip(arguments.tracks, arguments.measurements, strict=True):
        write_csv(output, measure_tracked(dataset, frames, lines.parent), MEASURED_COLUMNS)


if __name__ == "__main__":
    run(main, Arguments, __doc__)
