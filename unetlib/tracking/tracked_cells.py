"""Measure the cells of a tracked sequence: one row per cell and frame."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from unetlib.datasets.dataset import Dataset
from unetlib.datasets.frames import FrameRecord
from unetlib.io.files import Row
from unetlib.io.images import decode_image
from unetlib.tracking.measurements import INTENSITY, MICROMETRES, SHAPE, measure
from unetlib.tracking.sequences import masks_in

MEASURED_COLUMNS = ("frame", "time", "track", *SHAPE, *MICROMETRES, *INTENSITY)


def measure_tracked(dataset: Dataset, frames: Sequence[FrameRecord], folder: Path) -> Iterator[Row]:
    """Yield a row (MEASURED_COLUMNS) per cell and frame of the tracks in a folder."""
    for frame, path in zip(frames, masks_in(folder), strict=True):
        mask = decode_image(path.read_bytes(), str(path)).labels()
        for row in measure(mask, dataset.image(frame.frame), frame.pixel_size_um):
            yield {"frame": frame.frame, "time": frame.time, "track": row.pop("label"), **row}
