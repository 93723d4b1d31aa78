"""A test sequence: its frames from the first to the last, the masks of its cells, and what its table says."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TypedDict, TypeVar

from unetlib.datasets.splits import FrameFacts, SplitError


class TrackScores(TypedDict):
    """What was found in a sequence beside what is true; None for what only tracks in the ground truth would tell."""

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
    """The same, and the longest move of a cell between frames in px; None where no frame has a cell."""

    max_distance_px: float | None


COLUMNS = ["experiment", "test_dataset", "fold", "seed", *SequenceScores.__annotations__]

Facts = TypeVar("Facts", bound=FrameFacts)


def sequence_frames(frames: Sequence[Facts], tested: Iterable[str]) -> list[Facts]:
    """Return every frame of the sequence that the tested ones (ids) are of, in time; SplitError if it is not whole."""
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
    """Return the masks in a folder of tracks in the order of time."""
    return sorted(folder.glob("mask*.tif"), key=lambda path: int(path.stem.removeprefix("mask")))
