"""Frames to split, one letter each, and the roles that a split gives them, one letter each."""

from collections.abc import Collection
from dataclasses import dataclass

from hypothesis import strategies as st

from unetlib.datasets.settings import SplitSettings
from unetlib.datasets.splits import Assignment, split


@dataclass(frozen=True)
class Facts:
    frame: str
    sequence: str
    time: int
    group: str = ""
    modality: str = "grey"
    annotation: str = "gold"
    instances: int = 1
    duplicate_of: str = ""


def movie(sequence: str, letters: str) -> list[Facts]:
    """One frame per letter: g gold, p partial, s silver, . nothing."""
    kinds = {"g": "gold", "p": "partial", "s": "silver", ".": "none"}
    return [
        Facts(f"{sequence}-t{t:03d}", sequence, t, sequence, annotation=kinds[letter])
        for t, letter in enumerate(letters)
    ]


def drawn(frames: list[Facts], **rules: object) -> str:
    """The roles as one letter per frame: T train, v validation, X test, x validates and tests, A all, . unused."""
    letters = {"train": "T", "validation": "v", "test": "X", "unused": "."}
    letters |= {"validation+test": "x", "train+validation+test": "A"}
    return "".join(letters[a.role] for a in roles_of(frames, **rules))


def roles_of(
    frames: list[Facts], *, by: str, fold: int = 0, dense: Collection[str] = (), **rules: object
) -> list[Assignment]:
    settings = {"folds": 2, "validation_fraction": 0.2, "gap_frames": 0, **rules}
    return split(frames, SplitSettings(**settings), by=by, fold=fold, dense=dense)  # type: ignore[arg-type]


TWO = movie("01", "sgsspsss.s") + movie("02", "ssgsssssgs")
short_movies = st.lists(st.text("ggps..", min_size=1, max_size=30), min_size=1, max_size=4).map(
    lambda movies: [f for n, letters in enumerate(movies) for f in movie(f"{n:02d}", letters)]
)
