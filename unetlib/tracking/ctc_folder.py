"""Link labels through time and write them as the Cell Tracking Challenge wants: masks and tracks."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unetlib.imaging.labels import LARGEST_ID
from unetlib.io.axes import EVERYTHING, Choice, check_movie
from unetlib.io.calibration import Calibration
from unetlib.io.files import atomic_folder, write_csv
from unetlib.io.pairing import in_frame_order
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


def track_files(
    labels: Sequence[Path],
    folder: Path,
    settings: LinkSettings,
    scale: Scale,
    *,
    overwrite: bool = False,
    choice: Choice = EVERYTHING,
    masks: bool = False,
) -> TrackingResult:
    """Write the folder of `track_planes` of label files, the planes of which are the frames.

    The files are taken in the order of the numbers in their names (`pairing.in_frame_order`), whatever order they are
    given in. What the scale does not state is what the files say, refused where they say different things. choice: the
    z plane, or the axis that counts frames. masks: the components of what is not 0 are the cells. One plane is in
    memory at a time. An earlier result is replaced where it is as it was written, or with overwrite (`check_folder`).
    Raises OutputError, PairingError, TrackError, also where no frame has a cell, MeasureError or ImageError.
    """
    check_folder(folder, labels, overwrite)
    labels = in_frame_order(labels)
    calibration = _calibration(labels, choice, masks, scale)
    where, seconds = str(labels[0]), calibration.frame_interval_s
    known = Scale(
        scale.pixel_size_um or calibration.pixel_size_um(where),
        scale.interval_min or (seconds / 60 if seconds else None),
    )
    return track_planes(lambda: _planes(labels, choice, masks), folder, settings, known, where=where, allow_empty=False)


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


def _calibration(labels: Sequence[Path], choice: Choice, masks: bool, known: Scale) -> Calibration:
    """What the files say of their scale; TrackError where two of them differ and it is not known."""
    stated = (known.pixel_size_um, known.interval_min)
    found = Calibration()
    for path in labels:
        with open_stack(path, choice=choice, masks=masks) as pages:
            check_movie(pages.axes, str(path))
            own = pages.calibration
        said = ((found.column_um, own.column_um), (found.frame_interval_s, own.frame_interval_s))
        for (one, other), given, noun, option in zip(
            said, stated, ("pixel sizes (µm)", "frame intervals (s)"), ("--pixel-size", "--interval"), strict=True
        ):
            if given is None and one and other and not math.isclose(one, other, rel_tol=0.01):
                raise TrackError(f"{labels[0]} and {path}: {noun} {one:g} and {other:g} in one movie; set {option}")
        found = Calibration(
            found.row_um or own.row_um, found.column_um or own.column_um, found.frame_interval_s or own.frame_interval_s
        )
    return found


def _planes(labels: Sequence[Path], choice: Choice, masks: bool) -> Iterator[NDArray[np.int64]]:
    shape: tuple[int, ...] = ()
    for path in labels:
        with open_stack(path, choice=choice, masks=masks) as pages:
            for page in range(len(pages)):
                plane = label_plane(pages, page, masks=masks)
                if shape and plane.shape != shape:
                    sizes = " and ".join("×".join(map(str, size)) for size in (shape, plane.shape))
                    raise TrackError(f"{path}: frames of {sizes} px cannot be one sequence; give frames of one size")
                shape = plane.shape
                yield plane


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
