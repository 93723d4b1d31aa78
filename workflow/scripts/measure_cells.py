"""Measure every cell of a followed test sequence: one row per cell and frame."""

from script import PATH, PATHS, run

from unetlib.datasets.dataset import Dataset
from unetlib.datasets.split_files import frames_with_role
from unetlib.io.files import write_csv
from unetlib.io.images import decode
from unetlib.tracking.measurements import INTENSITY, MICROMETRES, SHAPE, measure
from unetlib.tracking.sequences import masks_in, sequence_frames

COLUMNS = ("frame", "time", "track", *SHAPE, *MICROMETRES, *INTENSITY)


def main(arguments):
    dataset = Dataset(arguments.frames.parent)
    frames = sequence_frames(dataset.frames, frames_with_role(arguments.split, "test"))
    for lines, cells in zip(arguments.tracks, arguments.cells, strict=True):
        write_csv(cells, rows(dataset, frames, masks_in(lines.parent)), COLUMNS)


def rows(dataset, frames, masks):
    """Yield the rows of a film; the id of a cell in a mask is the number of its track."""
    for frame, path in zip(frames, masks, strict=True):
        mask = decode(path.read_bytes(), str(path))
        for row in measure(mask, dataset.image(frame.frame), frame.pixel_size_um):
            yield {"frame": frame.frame, "time": frame.time, "track": row.pop("label"), **row}


if __name__ == "__main__":
    run(main, __doc__, tracks=PATHS, frames=PATH, split=PATH, cells=PATHS)
