"""Cells through time: labels of consecutive frames linked by least total squared distance, and how far each moved."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unetlib.calibration import Calibration
from unetlib.files import atomic_folder, write_csv
from unetlib.labels import LARGEST_ID
from unetlib.measure import label_plane
from unetlib.pages import open_pages
from unetlib.stacks import create_stack

COLUMNS = (
    "track",
    "parent",
    "origin",
    "first_frame",
    "last_frame",
    "frames",
    "distance_px",
    "displacement_px",
    "speed_px_per_frame",
    "distance_um",
    "displacement_um",
    "speed_um_per_min",
)
# laptrack would estimate them from the links: of few cells that lost a division in 24 which this finds (LOG.md)
PRICES = ("track_start_cost", "track_end_cost", "segment_start_cost", "segment_end_cost", "no_splitting_cost")
Cell = tuple[int, int]  # frame, index among the ids of that frame


class TrackError(ValueError):
    """Labels that cannot be linked, or a folder that cannot be written to."""


@dataclass(frozen=True)
class Frame:
    """The cells of one frame: ids (n,) rising, centroids (n, 2) in px (row, column), areas (n,) in px."""

    ids: NDArray[np.int64]
    centroids: NDArray[np.float64]
    areas: NDArray[np.int64]


@dataclass(frozen=True)
class Track:
    """One cell without a break, from 1; parent 0 = none. origin: appears, division, or gap (missing in between)."""

    number: int
    parent: int
    origin: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Tracked:
    """What `track_files` found."""

    frames: int
    tracks: int
    divisions: int
    max_distance_px: float


def frame_of(labels: NDArray[Any]) -> Frame:
    """Return the cells of a label image (H, W)."""
    ids, index, areas = np.unique(labels, return_inverse=True, return_counts=True)
    index = index.reshape(labels.shape)
    rows = np.bincount(index.ravel(), np.repeat(np.arange(labels.shape[0]), labels.shape[1]))
    columns = np.bincount(index.ravel(), np.tile(np.arange(labels.shape[1]), labels.shape[0]))
    cells = ids > 0
    return Frame(ids[cells], (np.stack([rows, columns], axis=1) / areas[:, None])[cells], areas[cells])


def typical_diameter_px(frames: Iterable[Frame]) -> float:
    """Return the median diameter of the circles that have the cells' areas; TrackError when there is no cell."""
    areas = np.concatenate([frame.areas for frame in frames])
    if not len(areas):
        raise TrackError("there is no cell in any frame; check the labels")
    return float(2 * np.sqrt(np.median(areas) / math.pi))


def link(frames: Sequence[Frame], *, max_distance_px: float, max_gap: int, divisions: bool) -> list[Track]:
    """Return the tracks, numbered by first frame and id, of linear assignment (Jaqaman et al. 2008; laptrack).

    Cost: squared distance of the centroids, at most max_distance_px² (between frames, over up to max_gap missing
    frames, and from a mother to each daughter); to begin, to end and not to divide cost as much as the farthest
    link, so that a link that is allowed is always the better choice. A track that misses a frame ends there and
    goes on as a new one whose parent it is, as the challenge's format wants it. TrackError without laptrack.
    """
    try:
        from laptrack import LapTrack
    except ImportError as error:
        raise TrackError(f"tracking needs laptrack ({error}); pip install 'unetlib[track]'") from error
    cost = max_distance_px**2
    tracker = LapTrack(
        metric="sqeuclidean",
        cutoff=cost,
        gap_closing_cutoff=cost if max_gap else False,
        gap_closing_max_frame_count=max_gap + 1,  # laptrack counts frames from one to the next
        splitting_cutoff=cost if divisions else False,
        merging_cutoff=False,
        **dict.fromkeys(PRICES, cost),
    )
    tree = tracker.predict([frame.centroids for frame in frames])
    return tracks_of(frames, [(first, second) for first, second in tree.edges])


def tracks_of(frames: Sequence[Frame], links: Iterable[tuple[Cell, Cell]]) -> list[Track]:
    """Return the tracks that links between cells (earlier, later) make; a cell has at most one link from before."""
    after: dict[Cell, list[Cell]] = defaultdict(list)
    before: dict[Cell, Cell] = {}
    for first, second in links:
        after[first].append(second)
        before[second] = first
    tracks: list[Track] = []
    owner: dict[Cell, int] = {}
    for start in ((time, index) for time, frame in enumerate(frames) for index in range(len(frame.ids))):
        if start in owner:
            continue
        cells = [start]
        while len(after[cells[-1]]) == 1 and after[cells[-1]][0][0] == cells[-1][0] + 1:
            cells.append(after[cells[-1]][0])
        number = len(tracks) + 1
        owner |= dict.fromkeys(cells, number)
        mother = before.get(start)
        origin = "appears" if mother is None else "division" if len(after[mother]) > 1 else "gap"
        tracks.append(Track(number, owner[mother] if mother else 0, origin, tuple(cells)))
    return tracks


def motion(
    track: Track, frames: Sequence[Frame], pixel_size_um: float | None, interval_min: float | None
) -> dict[str, Any]:
    """Return the row (COLUMNS) of a track.

    distance: length of its path; displacement: from its first to its last place; speed: distance per time. None
    where a scale is not known, and for the speed of a cell that is seen once.
    """
    path = np.array([frames[time].centroids[index] for time, index in track.cells])
    distance = float(np.hypot(*np.diff(path, axis=0).T).sum())
    displacement = float(np.hypot(*(path[-1] - path[0])))
    steps = len(path) - 1
    size = pixel_size_um
    speed = None if size is None or interval_min is None or not steps else distance * size / (steps * interval_min)
    return {
        "track": track.number,
        "parent": track.parent,
        "origin": track.origin,
        "first_frame": track.cells[0][0],
        "last_frame": track.cells[-1][0],
        "frames": len(path),
        "distance_px": distance,
        "displacement_px": displacement,
        "speed_px_per_frame": distance / steps if steps else None,
        "distance_um": None if size is None else distance * size,
        "displacement_um": None if size is None else displacement * size,
        "speed_um_per_min": speed,
    }


def track_files(
    labels: Sequence[Path],
    folder: Path,
    *,
    max_distance_px: float | None,
    max_gap: int,
    divisions: bool,
    interval_min: float | None,
    pixel_size_um: float | None,
) -> Tracked:
    """Write res_track.txt, mask000.tif… and tracks.csv of label files, the planes of which are the frames in order.

    max_distance_px: None is the cells' typical diameter. Frames count from 0. pixel size and interval: None is what
    the first file says. The folder appears when it is complete; an earlier result there is replaced. One plane is
    in memory at a time. Raises TrackError, MeasureError or ImageError.
    """
    _check_folder(folder, labels)
    frames, calibration = [], Calibration()
    shape: tuple[int, ...] = ()
    for path, plane, scale in _planes(labels):
        if shape and plane.shape != shape:
            sizes = " and ".join("×".join(map(str, size)) for size in (shape, plane.shape))
            raise TrackError(f"{path}: frames of {sizes} px cannot be one sequence; give frames of one size")
        calibration = calibration if shape else scale
        shape = plane.shape
        frames.append(frame_of(plane))
    if len(frames) < 2:
        raise TrackError(f"{labels[0]}: has one frame; give a stack, or the files of a sequence")
    size = pixel_size_um or calibration.pixel_size_um(str(labels[0]))
    # ASSUME: a cell moves less than its own diameter between frames, and its daughters lie that near to it.
    reach = max_distance_px or typical_diameter_px(frames)
    tracks = link(frames, max_distance_px=reach, max_gap=max_gap, divisions=divisions)
    if len(tracks) > LARGEST_ID:
        raise TrackError(f"{len(tracks)} tracks do not fit the challenge's 16-bit masks; cut the sequence")
    seconds = calibration.frame_interval_s
    interval = interval_min or (seconds / 60 if seconds else None)
    known = Calibration(size, size, interval * 60 if interval else None)
    with atomic_folder(folder) as temporary:
        _write_masks(temporary, labels, frames, tracks, known)
        lines = [f"{t.number} {t.cells[0][0]} {t.cells[-1][0]} {t.parent}\n" for t in tracks]
        (temporary / "res_track.txt").write_text("".join(lines), encoding="ascii", newline="\n")
        write_csv(temporary / "tracks.csv", (motion(track, frames, size, interval) for track in tracks), COLUMNS)
    mothers = {track.parent for track in tracks if track.origin == "division"}
    return Tracked(len(frames), len(tracks), len(mothers), reach)


def _planes(labels: Sequence[Path]) -> Iterator[tuple[Path, NDArray[np.int64], Calibration]]:
    for path in labels:
        with open_pages(path) as pages:
            for page in range(len(pages)):
                yield path, label_plane(pages, page), pages.calibration


def _write_masks(
    folder: Path, labels: Sequence[Path], frames: Sequence[Frame], tracks: Sequence[Track], calibration: Calibration
) -> None:
    """mask000.tif and on: every cell with the number of its track."""
    numbers = [np.zeros(len(frame.ids) + 1, np.uint16) for frame in frames]
    for track in tracks:
        for time, index in track.cells:
            numbers[time][index + 1] = track.number
    digits = max(3, len(str(len(frames) - 1)))
    for time, (_, plane, _) in enumerate(_planes(labels)):
        mask = create_stack(folder / f"mask{time:0{digits}d}.tif", "", plane.shape, np.uint16, calibration)
        mask[0] = np.where(plane > 0, numbers[time][np.searchsorted(frames[time].ids, plane, side="right")], 0)
        mask.flush()


def _check_folder(folder: Path, labels: Sequence[Path]) -> None:
    """TrackError for a folder that holds anything but an earlier result, or the labels themselves."""
    if any(folder.resolve() in path.resolve().parents for path in labels):
        raise TrackError(f"{folder}: holds the labels that were given; choose another folder")
    if folder.is_dir():
        for file in folder.iterdir():
            if not (file.match("mask*.tif") or file.name in ("res_track.txt", "tracks.csv")):
                raise TrackError(f"{folder}: holds {file.name}, which is no result of tracking; choose another folder")
