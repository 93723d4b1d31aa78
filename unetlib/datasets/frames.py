"""Read and write the metadata of a dataset's frames: frames.csv and pixel_sizes.csv.

Pixel sizes have their own file because no network depends on them, while any change of frames.csv trains networks
again.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from unetlib.datasets.checks import DatasetError, check_frame_id
from unetlib.datasets.settings import Lengths, Truth
from unetlib.io.files import read_csv, write_csv


@dataclass(frozen=True)
class FrameRecord:
    """The metadata of one frame: a row of frames.csv."""

    frame: str
    sequence: str
    time: int
    group: str
    modality: str
    height: int
    width: int
    instances: int
    annotation: str  # gold | partial | silver | none
    silver: int = 0  # 1: dense silver truth exists
    pixel_size_um: float | None = None
    overlap_px: int = 0  # number of pixels annotated as several objects; each was assigned to one
    binning: int = 1  # networks see blocks of binning × binning pixels averaged into one
    duplicate_of: str = ""  # the first of the frames that show the same image as this one; "" if no other does
    image_sha256: str = ""  # of the grey values alone, so that the same image in another dataset has the same value
    sha256: str = ""  # of the frame's arrays, so that a changed pixel changes frames.csv and reruns what depends on it
    training_truth: str = "silver"  # gold | silver: the truth to train on if there are both
    px_per_length: float = 1.0  # pixels of the image per unit of length in the settings


# Columns that are written only if a frame has another value, so that new columns leave existing datasets unchanged.
AT_REST = {"training_truth": "silver", "px_per_length": 1.0}
FRAME_COLUMNS = [f.name for f in fields(FrameRecord) if f.name not in ("pixel_size_um", *AT_REST)]
PIXEL_SIZE_COLUMNS = ("frame", "pixel_size_um")
_WHOLE_NUMBERS = {"time", "height", "width", "instances", "silver", "overlap_px", "binning"}


def marked(frame: FrameRecord, *, training_truth: Truth, lengths: Lengths) -> FrameRecord:
    """Return the frame with a dataset's settings; DatasetError if lengths are in µm and the pixel size is unknown."""
    if training_truth == "gold" and frame.annotation == "gold" and frame.silver:
        frame = replace(frame, training_truth="gold")
    if lengths == "pixels":
        return frame
    if not frame.pixel_size_um:
        raise DatasetError(f"{frame.frame}: lengths are in micrometres, but its pixel size is not known; state it")
    return replace(frame, px_per_length=1 / frame.pixel_size_um)


def write_frames(folder: Path, frames: Iterable[FrameRecord]) -> None:
    """Write frames.csv and pixel_sizes.csv."""
    rows = [vars(frame) | {"pixel_size_um": frame.pixel_size_um or ""} for frame in frames]
    used = [name for name, rest in AT_REST.items() if any(row[name] != rest for row in rows)]
    for name, columns in (("frames.csv", [*FRAME_COLUMNS, *used]), ("pixel_sizes.csv", PIXEL_SIZE_COLUMNS)):
        write_csv(folder / name, ({column: row[column] for column in columns} for row in rows), columns)


def read_frames(folder: Path) -> list[FrameRecord]:
    """Return the frames of a prepared dataset in the order of frames.csv; DatasetError, FileError if it is not one."""
    table = folder / "frames.csv"
    if not table.is_file():
        raise DatasetError(f"{folder}: no frames.csv here; prepare the dataset first")
    sizes = _pixel_sizes(folder / "pixel_sizes.csv")
    rows = read_csv(table, FRAME_COLUMNS)
    frames = [_frame(row, sizes.get(row["frame"]), f"{table}, line {n}") for n, row in enumerate(rows, 2)]
    if len({frame.frame for frame in frames}) < len(frames):
        raise DatasetError(f"{table}: a frame is listed twice; prepare the dataset again")
    return frames


def common_pixel_size(table: Path) -> float | None:
    """Return the side of a pixel in µm that all frames of a pixel_sizes.csv share; None if they differ.

    Raises DatasetError or FileError for a damaged table.
    """
    sizes = set(_pixel_sizes(table).values())
    return sizes.pop() if len(sizes) == 1 else None


def _pixel_sizes(table: Path) -> dict[str, float | None]:
    """Return the pixel size of each frame; None if it is unknown."""
    if not table.is_file():
        return {}
    try:
        rows = read_csv(table, PIXEL_SIZE_COLUMNS)
        sizes = {row["frame"]: float(row["pixel_size_um"]) if row["pixel_size_um"] else None for row in rows}
    except ValueError as error:
        raise DatasetError(f"{table}: {str(error)[:200]}; prepare the dataset again") from error
    if not all(size is None or 0 < size < math.inf for size in sizes.values()):
        raise DatasetError(f"{table}: a pixel size is not a positive length; prepare the dataset again")
    return sizes


def _frame(row: Mapping[str, str], pixel_size_um: float | None, where: str) -> FrameRecord:
    try:
        values: dict[str, Any] = {name: row[name] for name in FRAME_COLUMNS}
        values |= {name: int(row[name]) for name in _WHOLE_NUMBERS}
        values |= {name: row.get(name, rest) for name, rest in AT_REST.items()}
        values["px_per_length"] = float(values["px_per_length"])
    except ValueError as error:
        raise DatasetError(f"{where}: bad row ({str(error)[:200]}); prepare the dataset again") from error
    frame = FrameRecord(**values, pixel_size_um=pixel_size_um)
    check_frame_id(frame.frame, where)  # the id becomes part of paths
    known = frame.annotation in ("gold", "partial", "silver", "none") and frame.silver in (0, 1)
    known &= frame.training_truth in ("gold", "silver") and 0 < frame.px_per_length < math.inf
    if not (known and 1 <= frame.binning <= min(frame.height, frame.width)):
        raise DatasetError(f"{where}: bad row (no frame can be like this); prepare the dataset again")
    return frame
