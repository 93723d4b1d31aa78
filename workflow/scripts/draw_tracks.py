"""Draw a tracked test sequence: its tracks over the last frame, how large its cells are and how fast."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from script import run

from unetlib.datasets.dataset import Dataset
from unetlib.datasets.split_files import frames_with_role
from unetlib.report.study_figures import save_figures, sequence_figures
from unetlib.tracking.sequences import sequence_frames


@dataclass(frozen=True)
class Arguments:
    measurements: Path
    tracks: Path
    frames: Path
    split: Path
    figures: Path


def main(arguments: Arguments) -> None:
    dataset = Dataset(arguments.frames.parent)
    frames = sequence_frames(dataset.frames, frames_with_role(arguments.split, "test"))
    cells, tracks = pd.read_csv(arguments.measurements), pd.read_csv(arguments.tracks)
    save_figures(sequence_figures(dataset, frames, cells, tracks), arguments.figures)


if __name__ == "__main__":
    run(main, Arguments, __doc__)
