"""Measure every cell of a followed test sequence: one row per cell and frame."""

from splice import PATH, PATHS, run

from unetlib.files import write_csv
from unetlib.images import decode
from unetlib.measure import INTENSITY, MICROMETRES, SHAPE, measure
from unetlib.samples import Dataset
from unetlib.sequences import film, masks_in
from unetlib.splits import frames_with_role

COLUMNS = ("frame", "time", "track", *SHAPE, *MICROMETRES, *INTENSITY)


def main(arguments):
    dataset = Dataset(arguments.frames.parent)
    frames = film(dataset.frames, frames_with_role(arguments.split, "test"))
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
