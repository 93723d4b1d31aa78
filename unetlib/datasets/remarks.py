"""Messages about a prepared dataset: number of frames, and which are negatives, unlabelled or duplicates."""

from collections import defaultdict
from collections.abc import Sequence

from unetlib.datasets.frames import FrameRecord

NAMED = 10


def remarks(frames: Sequence[FrameRecord]) -> list[str]:
    """Return the messages about these frames, one line each."""
    annotated = [frame for frame in frames if frame.annotation != "none"]
    lines = [f"{len(frames)} frames in {len({frame.group for frame in frames})} groups, {len(annotated)} with labels"]
    if bare := [frame.frame for frame in frames if frame.annotation == "none"]:
        lines.append(f"without labels, neither trained nor tested on: {_named(bare)}")
    if negatives := [frame.frame for frame in annotated if not frame.instances]:
        lines.append(f"labels without an object, trained and tested on as negatives: {_named(negatives)}")
    same: dict[str, list[FrameRecord]] = defaultdict(list)
    for frame in frames:
        if frame.duplicate_of:
            same[frame.duplicate_of].append(frame)
    for alike in same.values():
        equal = len({frame.image_sha256 for frame in alike}) == 1
        what = (
            "show the same image" if equal else "look the same (where they are not: options: {near_duplicates: false})"
        )
        lines.append(f"{what} and are never parted by a split: {_named([frame.frame for frame in alike])}")
    return lines


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{', '.join(names[:NAMED])}{more} ({len(names)})"
