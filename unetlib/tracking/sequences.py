"""A test sequence: its frames from first to last, the masks of its cells, and its scores."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TypedDict, TypeVar

from unetlib.datasets.splits import FrameFacts, SplitError


class TrackScores(TypedDict):
    """Predicted and true counts and scores of a sequence; None for those that need tracks in the ground truth."""

    sequence: str
    frames: int
    cells: int
    tracks: int
    true_tracks: int | None
    divisions: int
    true_divisions: int | None
    tra: float | None
    det: float | None
    lnk: float | None


class SequenceScores(TrackScores):
    """TrackScores and the longest allowed move between frames in px; None if no frame has a cell."""

    max_distance_px: float | None


COLUMNS = ["experiment", "test_dataset", "fold", "seed", *SequenceScores.__annotations__]

Facts = TypeVar("Facts", bound=FrameFacts)


def sequence_frames(frames: Sequence[Facts], tested: Iterable[str]) -> list[Facts]:
    """Return all frames, in time, of the sequence of the tested frames (ids); raise SplitError if some are missing."""
    wanted = set(tested)
    sequences = sorted({frame.sequence for frame in frames if frame.frame in wanted})
    if len(sequences) != 1:
        names = ", ".join(sequences)
        raise SplitError(f"the test frames are of {len(sequences)} sequences ({names}); split by sequence")
    found = sorted((frame for frame in frames if frame.sequence == sequences[0]), key=lambda frame: frame.time)
    for before, after in pairwise(found):
        if after.time != before.time + 1:
            raise SplitError(
                f"sequence {sequences[0]}: frame {after.frame} follows {before.frame}; cells cannot be followed "
                "through missing frames: add them, or set tracking.networks_of to []"
            )
    return found


def masks_in(folder: Path) -> list[Path]:
    """Return the mask files in a folder of tracks in temporal order."""
    return sorted(folder.glob("mask*.tif"), key=lambda path: int(path.stem.removeprefix("mask")))
