"""Link labels through time and write masks and tracks in the Cell Tracking Challenge's format."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unetlib.imaging.labels import LARGEST_ID
from unetlib.io.calibration import Calibration
from unetlib.io.files import atomic_folder, write_csv
from unetlib.io.pairing import in_frame_order
from unetlib.tracking.frame_files import check_frames, frame_planes
from unetlib.tracking.label_files import AS_LABELS, LabelOptions
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
from unetlib.tracking.result_folder import FILES, NOUN, check_folder, write_masks
from unetlib.tracking.settings import LinkSettings

Planes = Callable[[], Iterable[NDArray[Any]]]  # each call yields the labels (H, W) of all frames in order


@dataclass(frozen=True)
class TrackingResult:
    """Counts of a tracking result; max_distance_px is None if no frame has a cell."""

    frames: int
    cells: int
    tracks: int
    divisions: int
    max_distance_px: float | None
    notes: tuple[str, ...] = ()  # what the user must know about how the files were read


def track_files(
    labels: Sequence[Path],
    folder: Path,
    settings: LinkSettings,
    scale: Scale,
    *,
    overwrite: bool = False,
    options: LabelOptions = AS_LABELS,
) -> TrackingResult:
    """Track label files whose planes are the frames, and write the result as `track_planes` does.

    Files are ordered by the numbers in their names (`pairing.in_frame_order`). What `scale` does not state is read from
    the files, which must agree. One plane is in memory at a time. An earlier result is replaced if it is unchanged
    since it was written, or with overwrite (`check_folder`). Raises OutputError, PairingError, LabelError, ImageError,
    or TrackError, also if no frame has a cell; if several files cannot be frames, it names them all.
    """
    check_folder(folder, labels, overwrite)
    frames = check_frames(in_frame_order(labels), options, scale)
    found = track_planes(
        lambda: frame_planes(frames.files, options),
        folder,
        settings,
        frames.scale,
        where=str(frames.files[0]),
        allow_empty=False,
    )
    return replace(found, notes=frames.notes)


def track_planes(
    planes: Planes, folder: Path, settings: LinkSettings, scale: Scale, *, where: str, allow_empty: bool = True
) -> TrackingResult:
    """Link labels in time; write res_track.txt, mask000.tif… (uint16, cells numbered by track) and tracks.csv.

    Frames count from 0. The folder appears when it is complete; only an earlier result there is replaced. where: the
    name of the labels in errors. Raises TrackError, also if no frame has a cell, unless allow_empty permits a result
    without tracks.
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
    with atomic_folder(folder, FILES, NOUN) as temporary:
        lines = [f"{t.number} {t.cells[0][0]} {t.cells[-1][0]} {t.parent}\n" for t in tracks]
        (temporary / "res_track.txt").write_text("".join(lines), encoding="ascii", newline="\n")
        write_csv(temporary / "tracks.csv", (motion(track, frames, scale) for track in tracks), COLUMNS)
        known = Calibration(size, size, minutes * 60 if minutes else None)
        write_masks(temporary, _numbered(planes(), frames, tracks), len(frames), known)
    mothers = {track.parent for track in tracks if track.origin == "division"}
    return TrackingResult(len(frames), cells, len(tracks), len(mothers), reach_px(frames, settings))


def _numbered(
    planes: Iterable[NDArray[Any]], frames: Sequence[FrameCells], tracks: Sequence[Track]
) -> Iterator[NDArray[np.uint16]]:
    """Yield the mask of each frame, in which every cell has the number of its track."""
    numbers = [np.zeros(len(frame.ids) + 1, np.uint16) for frame in frames]
    for track in tracks:
        for time, index in track.cells:
            numbers[time][index + 1] = track.number
    for time, plane in enumerate(planes):
        mask = np.where(plane > 0, numbers[time][np.searchsorted(frames[time].ids, plane, side="right")], 0)
        yield mask.astype(np.uint16)
