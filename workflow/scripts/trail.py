"""Draw a followed test sequence: its tracks over the last frame, how large its cells are and how fast."""

import pandas as pd
from splice import PATH, run

from unetlib import figures, trails
from unetlib.samples import Dataset
from unetlib.sequences import film
from unetlib.splits import frames_with_role


def main(arguments):
    dataset = Dataset(arguments.frames.parent)
    frames = film(dataset.frames, frames_with_role(arguments.split, "test"))
    cells, tracks, last = pd.read_csv(arguments.cells), pd.read_csv(arguments.tracks), frames[-1]
    markers = [dataset.markers(frame.frame) for frame in frames]
    truth = None
    if all(plane is not None for plane in markers):
        truth = trails.true_paths(markers).assign(time=lambda rows: rows["time"] + frames[0].time)
    shown = {"last": last.time, "pixel_size_um": last.pixel_size_um}
    drawn = {
        "tracks": trails.tracks_over(dataset.image(last.frame), truth, trails.paths(cells), **shown),
        "motion": trails.motion(cells, tracks),
    }
    for name, figure in drawn.items():
        name = f"{name}-{dataset.folder.name}"
        figures.save(figure, arguments.figures / f"{name}.png", arguments.figures / f"{name}.svg")


if __name__ == "__main__":
    run(main, __doc__, cells=PATH, tracks=PATH, frames=PATH, split=PATH, figures=PATH)
