"""Draw a followed test sequence: its tracks over the last frame, how large its cells are and how fast."""

import pandas as pd
from script import PATH, run

from unetlib.datasets.dataset import Dataset
from unetlib.datasets.split_files import frames_with_role
from unetlib.report import figures, track_figures
from unetlib.tracking.sequences import sequence_frames


def main(arguments):
    dataset = Dataset(arguments.frames.parent)
    frames = sequence_frames(dataset.frames, frames_with_role(arguments.split, "test"))
    cells, tracks, last = pd.read_csv(arguments.cells), pd.read_csv(arguments.tracks), frames[-1]
    markers = [dataset.markers(frame.frame) for frame in frames]
    truth = None
    if all(plane is not None for plane in markers):
        truth = track_figures.true_paths(markers).assign(time=lambda rows: rows["time"] + frames[0].time)
    shown = {"last": last.time, "pixel_size_um": last.pixel_size_um}
    drawn = {
        "tracks": track_figures.tracks_over(dataset.image(last.frame), truth, track_figures.paths(cells), **shown),
        "motion": track_figures.motion(cells, tracks),
    }
    for name, figure in drawn.items():
        name = f"{name}-{dataset.folder.name}"
        figures.save(figure, arguments.figures / f"{name}.png", arguments.figures / f"{name}.svg")


if __name__ == "__main__":
    run(main, __doc__, cells=PATH, tracks=PATH, frames=PATH, split=PATH, figures=PATH)
