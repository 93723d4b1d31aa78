"""No image on both sides of a split: of frames that show the same image, the most important role keeps its own."""

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar

IMPORTANCE = ("test", "validation", "train")  # a test is worth most, and what selects more than what trains


class Frame(Protocol):
    """What must be known of a frame."""

    @property
    def frame(self) -> str: ...
    @property
    def duplicate_of(self) -> str: ...


F = TypeVar("F", bound=Frame)


def without_shared_images(roles: Mapping[str, Sequence[F]]) -> dict[str, list[F]]:
    """Return the frames of each role without those that show what a frame of a more important role shows."""
    kept: dict[str, list[F]] = {}
    shown: set[str] = set()
    for role in IMPORTANCE:
        kept[role] = [frame for frame in roles[role] if frame.duplicate_of not in shown]
        shown |= {frame.duplicate_of for frame in kept[role] if frame.duplicate_of}
    return kept


def left_out(frames: Sequence[F], unused: Sequence[str]) -> list[str]:
    """Return which of the unused frames show what a used one shows."""
    names = set(unused)
    shown = {frame.duplicate_of for frame in frames if frame.duplicate_of and frame.frame not in names}
    return [frame.frame for frame in frames if frame.frame in names and frame.duplicate_of in shown]
