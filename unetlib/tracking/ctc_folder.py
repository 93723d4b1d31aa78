"""Link labels through time and write them as the Cell Tracking Challenge wants: masks and tracks."""

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

Planes = Callable[[], Iterable[NDArray[Any]]]  # labels (H, W) of the frames in order, as often as it is called


@dataclass(frozen=True)
class TrackingResult:
    """What was found; max_distance_px is None where no frame has a cell."""

    frames: int
    cells: int
    tracks: int
    divisions: int
    max_distance_px: float | None
    notes: tuple[str, ...] = ()  # what a person must be told of how the files were read


def track_files(
    labels: Sequence[Path],
    folder: Path,
    settings: LinkSettings,
    scale: Scale,
    *,
    overwrite: bool = False,
    options: LabelOptions = AS_LABELS,
) -> TrackingResult:
    """Write the folder of `track_planes` of label files, the planes of which are the frames.

    The files are taken in the order of the numbers in their names (`pairing.in_frame_order`), whatever order they are
    given in. What the scale does not state is what the files say, refused where they say different things. One plane is
    in memory at a time. An earlier result is replaced where it is as it was written, or with overwrite
    (`check_folder`). Raises OutputError, PairingError, LabelError or ImageError, and TrackError, also where no frame
    has a cell, and where several files cannot be frames: it names them.
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
    """Write res_track.txt, mask000.tif… (uint16, a cell has its track's number) and tracks.csv of labels in time.

    Frames count from 0. The folder appears when it is complete; an earlier result there is replaced, and nothing else.
    where: the name of the labels in errors. Raises TrackError; unless allow_empty, also where no frame has a cell:
    then there is no track.
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
    """The masks of the frames: every cell with the number of its track."""
    numbers = [np.zeros(len(frame.ids) + 1, np.uint16) for frame in frames]
    for track in tracks:
        for time, index in track.cells:
            numbers[time][index + 1] = track.number
    for time, plane in enumerate(planes):
        mask = np.where(plane > 0, numbers[time][np.searchsorted(frames[time].ids, plane, side="right")], 0)
        yield mask.astype(np.uint16)
