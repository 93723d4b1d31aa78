"""Draw a tracked test sequence: its tracks over the last frame, how large its cells are and how fast."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from script import run

from unetlib.datasets.dataset import Dataset
from unetlib.datasets.split_files import frames_with_role
from unetlib.report import figures, track_figures
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
    cells, tracks, last = pd.read_csv(arguments.measurements), pd.read_csv(arguments.tracks), frames[-1]
    markers = [plane for frame in frames if (plane := dataset.markers(frame.frame)) is not None]
    truth = None
    if len(markers) == len(frames):
        truth = track_figures.true_paths(markers).assign(time=lambda rows: rows["time"] + frames[0].time)
    found = track_figures.paths(cells)
    drawn = {
        "tracks": track_figures.tracks_over(
            dataset.image(last.frame), truth, found, last=last.time, pixel_size_um=last.pixel_size_um
        ),
        "motion": track_figures.motion(cells, tracks),
    }
    for name, figure in drawn.items():
        name = f"{name}-{dataset.folder.name}"
        figures.save(figure, arguments.figures / f"{name}.png", arguments.figures / f"{name}.svg")


if __name__ == "__main__":
    run(main, Arguments, __doc__)
