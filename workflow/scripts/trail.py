"""Draw a tracked test sequence: its tracks over the last frame, how large its cells are and how fast."""

import argparse

import pandas as pd
from splice import PATH, run

from unetlib.datasets.dataset import Dataset
from unetlib.datasets.split_files import frames_with_role
from unetlib.report.study_figures import save_figures, sequence_figures
from unetlib.tracking.sequences import sequence_frames


def main(arguments: argparse.Namespace) -> None:
    dataset = Dataset(arguments.frames.parent)
    frames = sequence_frames(dataset.frames, frames_with_role(arguments.split, "test"))
    cells, tracks = pd.read_csv(arguments.cells), pd.read_csv(arguments.tracks)
    save_figures(sequence_figures(dataset, frames, cells, tracks), arguments.figures)


if __name__ == "__main__":
    run(main, __doc__, cells=PATH, tracks=PATH, frames=PATH, split=PATH, figures=PATH)
