"""A test sequence as a film: its frames from the first to the last, and the masks of its cells."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

from unetlib.datasets.splits import FrameFacts, SplitError

# of the table of films: what was found in each, beside what is true
COLUMNS = ["experiment", "test_dataset", "fold", "seed", "sequence", "frames", "cells", "tracks", "true_tracks"]
COLUMNS += ["divisions", "true_divisions", "tra", "det", "lnk", "max_distance_px"]

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
