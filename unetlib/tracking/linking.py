"""Link the cells of consecutive frames by least total squared distance, and measure how far each moved."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray

from unetlib.tracking.settings import LinkSettings

# set here because laptrack's own estimates from the links lost, with few cells, a division in 24 (LOG.md)
COSTS = ("track_start_cost", "track_end_cost", "segment_start_cost", "segment_end_cost", "no_splitting_cost")
Cell = tuple[int, int]  # frame, index among the ids of that frame


class TrackError(ValueError):
    """Labels cannot be linked, tracks cannot be scored, or a folder cannot be written to."""


@dataclass(frozen=True)
class FrameCells:
    """The cells of one frame: ascending ids (n,), centroids (n, 2) in px (row, column), areas (n,) in px."""

    ids: NDArray[np.int64]
    centroids: NDArray[np.float64]
    areas: NDArray[np.int64]


@dataclass(frozen=True)
class Track:
    """One cell in consecutive frames, numbered from 1; parent 0 = none. origin: appears, division, or gap."""

    number: int
    parent: int
    origin: str
    cells: tuple[Cell, ...]


def cells_of_frame(labels: NDArray[Any]) -> FrameCells:
    """Return the cells of a label image (H, W)."""
    ids, index, areas = np.unique(labels, return_inverse=True, return_counts=True)
    index = index.reshape(labels.shape)
    rows = np.bincount(index.ravel(), np.repeat(np.arange(labels.shape[0]), labels.shape[1]))
    columns = np.bincount(index.ravel(), np.tile(np.arange(labels.shape[1]), labels.shape[0]))
    cells = ids > 0
    return FrameCells(ids[cells], (np.stack([rows, columns], axis=1) / areas[:, None])[cells], areas[cells])


def typical_diameter_px(frames: Iterable[FrameCells]) -> float:
    """Return the median diameter of circles with the cells' areas; raise TrackError if there is no cell."""
    areas = np.concatenate([frame.areas for frame in frames])
    if not len(areas):
        raise TrackError("there is no cell in any frame; check the labels")
    return float(2 * np.sqrt(np.median(areas) / math.pi))


def reach_px(frames: Sequence[FrameCells], settings: LinkSettings) -> float | None:
    """Return how far a cell may move between frames, in px, or None if it is not set and no frame has a cell."""
    if settings.max_distance_px is not None or not any(len(frame.ids) for frame in frames):
        return settings.max_distance_px
    # ASSUME: between frames a cell moves less than its own diameter, and its daughters stay within that distance.
    return typical_diameter_px(frames)


def link(frames: Sequence[FrameCells], settings: LinkSettings) -> list[Track]:
    """Link cells by linear assignment (Jaqaman et al. 2008; laptrack); tracks are numbered by first frame and id.

    The cost of a link is the squared distance of the centroids, at most `reach_px`² (between frames, over up to
    max_gap missing frames, and from a mother to each daughter). Starting, ending and not dividing cost as much as the
    farthest link, so that an allowed link is always cheaper. A track with a gap ends there and continues as a new one
    whose parent it is, as the challenge's format requires. Raises TrackError without laptrack.
    """
    if not any(len(frame.ids) for frame in frames):
        return []
    try:
        from laptrack import LapTrack
    except ImportError as error:
        raise TrackError(f"tracking needs laptrack ({error}); pip install laptrack") from error
    cost = (reach_px(frames, settings) or 0.0) ** 2
    tracker = LapTrack(
        metric="sqeuclidean",
        cutoff=cost,
        gap_closing_cutoff=cost if settings.max_gap else False,
        gap_closing_max_frame_count=settings.max_gap + 1,  # laptrack counts frames from one to the next
        splitting_cutoff=cost if settings.divisions else False,
        merging_cutoff=False,
        **dict.fromkeys(COSTS, cost),
    )
    tree = tracker.predict([frame.centroids for frame in frames])
    return tracks_of(frames, [(first, second) for first, second in tree.edges])


def tracks_of(frames: Sequence[FrameCells], links: Iterable[tuple[Cell, Cell]]) -> list[Track]:
    """Build tracks from links between cells (earlier, later); a cell has at most one link to an earlier one."""
    after: dict[Cell, list[Cell]] = defaultdict(list)
    before: dict[Cell, Cell] = {}
    for first, second in links:
        after[first].append(second)
        before[second] = first
    tracks: list[Track] = []
    owner: dict[Cell, int] = {}
    # In the order of time, so that a mother has her number before her daughters need it.
    for start in ((time, index) for time, frame in enumerate(frames) for index in range(len(frame.ids))):
        if start in owner:
            continue
        cells = [start]
        # A track goes on while its cell has one successor, in the very next frame: a division or a gap ends it.
        while len(after[cells[-1]]) == 1 and after[cells[-1]][0][0] == cells[-1][0] + 1:
            cells.append(after[cells[-1]][0])
        number = len(tracks) + 1
        owner |= dict.fromkeys(cells, number)
        mother = before.get(start)
        origin = "appears" if mother is None else "division" if len(after[mother]) > 1 else "gap"
        tracks.append(Track(number, owner[mother] if mother else 0, origin, tuple(cells)))
    return tracks


class TrackMotion(TypedDict):
    """A row of tracks.csv: a track and the motion of its cell.

    distance: length of the path; displacement: from the first to the last position; speed: distance per time. None if
    a scale is unknown, and for the speed of a cell in a single frame.
    """

    track: int
    parent: int
    origin: str
    first_frame: int
    last_frame: int
    frames: int
    distance_px: float
    displacement_px: float
    speed_px_per_frame: float | None
    distance_um: float | None
    displacement_um: float | None
    speed_um_per_min: float | None


COLUMNS = tuple(TrackMotion.__annotations__)


@dataclass(frozen=True)
class Scale:
    """Pixel size in µm and minutes between frames; None if unknown."""

    pixel_size_um: float | None = None
    interval_min: float | None = None


def motion(track: Track, frames: Sequence[FrameCells], scale: Scale) -> TrackMotion:
    """Return the motion of a track's cell."""
    path = np.array([frames[time].centroids[index] for time, index in track.cells])
    distance = float(np.hypot(*np.diff(path, axis=0).T).sum())
    displacement = float(np.hypot(*(path[-1] - path[0])))
    steps = len(path) - 1
    size, interval_min = scale.pixel_size_um, scale.interval_min
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
