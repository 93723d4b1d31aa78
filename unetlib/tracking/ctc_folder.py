"""Link labels through time and write them as the Cell Tracking Challenge wants: masks and tracks."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from unetlib.imaging.labels import LARGEST_ID
from unetlib.io.calibration import Calibration, tags_of
from unetlib.io.files import atomic_folder, write_csv
from unetlib.io.stacks import open_stack
from unetlib.tracking.linking import (
    COLUMNS,
    FrameCells,
    Scale,
    Track,
    TrackError,
    cells_of_frame,
    link,
    motion,
    reach_px,
)
from unetlib.tracking.measurements import label_plane
from unetlib.tracking.settings import LinkSettings

Planes = Callable[[], Iterable[NDArray[Any]]]  # labels (H, W) of the frames in order, as often as it is called


@dataclass(frozen=True)
class TrackingResult:
    """What was found; max_distance_px is None where no frame has a cell."""

    frames: int
    cells: int
    tracks: int
    divisions: int
    max_distance_px: float | None


def track_files(labels: Sequence[Path], folder: Path, settings: LinkSettings, scale: Scale) -> TrackingResult:
    """Write the folder of `track_planes` of label files, the planes of which are the frames in order.

    What the scale does not say is taken from the first file. One plane is in memory at a time. Raises TrackError,
    also where no frame has a cell, MeasureError or ImageError.
    """
    _check_folder(folder, labels)
    where = str(labels[0])
    with open_stack(labels[0]) as pages:
        calibration = pages.calibration
    seconds = calibration.frame_interval_s
    known = Scale(
        scale.pixel_size_um or calibration.pixel_size_um(where),
        scale.interval_min or (seconds / 60 if seconds else None),
    )
    return track_planes(lambda: _planes(labels), folder, settings, known, where=where, allow_empty=False)


def track_planes(
    planes: Planes, folder: Path, settings: LinkSettings, scale: Scale, *, where: str, allow_empty: bool = True
) -> TrackingResult:
    """Write res_track.txt, mask000.tif… (uint16, a cell has its track's number) and tracks.csv of labels in time.

    Frames count from 0. The folder appears when it is complete; an earlier result there is replaced. where: the name
    of the labels in errors. Raises TrackError; unless allow_empty, also where no frame has a cell: then there is no
    track.
    """
    frames = [cells_of_frame(plane) for plane in planes()]
    if len(frames) < 2:
        raise TrackError(f"{where}: has one frame; give a stack, or the files of a sequence")
    cells = sum(len(frame.ids) for frame in frames)
    if not cells and not allow_empty:
        raise TrackError("there is no cell in any frame; check the labels")
    tracks = link(frames, settings)
    if len(tracks) > LARGEST_ID:
        raise TrackError(f"{len(tracks)} tracks do not fit the challenge's 16-bit masks; cut the sequence")
    size, minutes = scale.pixel_size_um, scale.interval_min
    with atomic_folder(folder) as temporary:
        _write_masks(temporary, planes(), frames, tracks, Calibration(size, size, minutes * 60 if minutes else None))
        lines = [f"{t.number} {t.cells[0][0]} {t.cells[-1][0]} {t.parent}\n" for t in tracks]
        (temporary / "res_track.txt").write_text("".join(lines), encoding="ascii", newline="\n")
        write_csv(temporary / "tracks.csv", (motion(track, frames, scale) for track in tracks), COLUMNS)
    mothers = {track.parent for track in tracks if track.origin == "division"}
    return TrackingResult(len(frames), cells, len(tracks), len(mothers), reach_px(frames, settings))


def _planes(labels: Sequence[Path]) -> Iterator[NDArray[np.int64]]:
    shape: tuple[int, ...] = ()
    for path in labels:
        with open_stack(path) as pages:
            for page in range(len(pages)):
                plane = label_plane(pages, page)
                if shape and plane.shape != shape:
                    sizes = " and ".join("×".join(map(str, size)) for size in (shape, plane.shape))
                    raise TrackError(f"{path}: frames of {sizes} px cannot be one sequence; give frames of one size")
                shape = plane.shape
                yield plane


def _write_masks(
    folder: Path,
    planes: Iterable[NDArray[Any]],
    frames: Sequence[FrameCells],
    tracks: Sequence[Track],
    calibration: Calibration,
) -> None:
    """mask000.tif and on: every cell with the number of its track; packed, for a film is hundreds of them."""
    numbers = [np.zeros(len(frame.ids) + 1, np.uint16) for frame in frames]
    for track in tracks:
        for time, index in track.cells:
            numbers[time][index + 1] = track.number
    digits = max(3, len(str(len(frames) - 1)))
    tags = tags_of(calibration, imagej=False)
    for time, plane in enumerate(planes):
        mask = np.where(plane > 0, numbers[time][np.searchsorted(frames[time].ids, plane, side="right")], 0)
        path = folder / f"mask{time:0{digits}d}.tif"
        tifffile.imwrite(path, mask.astype(np.uint16), compression="zlib", software=False, **tags)


def _check_folder(folder: Path, labels: Sequence[Path]) -> None:
    """TrackError for a folder that holds anything but an earlier result, or the labels themselves."""
    if any(folder.resolve() in path.resolve().parents for path in labels):
        raise TrackError(f"{folder}: holds the labels that were given; choose another folder")
    if folder.is_dir():
        for file in folder.iterdir():
            if not (file.match("mask*.tif") or file.name in ("res_track.txt", "tracks.csv")):
                raise TrackError(f"{folder}: holds {file.name}, which is no result of tracking; choose another folder")
