"""Keep an image out of two roles of a split: of the frames that show it, those of the most important role remain."""

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar

# Roles with fewer images come first.
IMPORTANCE = ("test", "validation", "train")


class Frame(Protocol):
    """The fields of a frame that are needed here."""

    @property
    def frame(self) -> str: ...
    @property
    def duplicate_of(self) -> str: ...


F = TypeVar("F", bound=Frame)


def without_shared_images(roles: Mapping[str, Sequence[F]]) -> dict[str, list[F]]:
    """Return the frames of each role, without those that show the same image as a frame of a more important role."""
    kept: dict[str, list[F]] = {}
    shown: set[str] = set()
    for role in IMPORTANCE:
        kept[role] = [frame for frame in roles[role] if frame.duplicate_of not in shown]
        shown |= {frame.duplicate_of for frame in kept[role] if frame.duplicate_of}
    return kept


def left_out(frames: Sequence[F], unused: Sequence[str]) -> list[str]:
    """Return the unused frames that show the same image as a used frame."""
    names = set(unused)
    shown = {frame.duplicate_of for frame in frames if frame.duplicate_of and frame.frame not in names}
    return [frame.frame for frame in frames if frame.frame in names and frame.duplicate_of in shown]
