"""Split frames into training, validation and test: by sequences, blocks of z or groups of similar images."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import NamedTuple

from unetlib.datasets.settings import SplitBy, SplitSettings
from unetlib.datasets.shared_images import without_shared_images
from unetlib.datasets.split_files import SplitError, role_column
from unetlib.datasets.split_ways import WAYS, FrameFacts, Rules, has_gold, holds_objects, trains
from unetlib.datasets.subsets import evenly_spaced, nested, some_with

_MORE: dict[SplitBy, str] = {
    "sequence": "longer sequences",
    "block": "more frames",
    "group": "more groups (other images, or other subfolders)",
    "random": "more frames",
}
MANY_FOLDS = 5  # that are proposed where so few images are tested on that training has enough
_SHARED = (
    "keep one frame of each image (frames.csv names the others in duplicate_of), put them into one subfolder, or, "
    "where they only look alike, set options: {near_duplicates: false}"
)


class Assignment(NamedTuple):
    """A frame and its role: train, validation, test or unused, or several of the first three (`role_column`)."""

    frame: str
    role: str


def split(
    frames: Sequence[FrameFacts], settings: SplitSettings, *, by: SplitBy, fold: int, dense: Collection[str] = ()
) -> list[Assignment]:
    """Return the role of every frame, in the given order; the same arguments give the same roles.

    by: the way of splitting (settings.by, or else the dataset's own):
    - sequence: fold k tests on the gold frames of the k-th last sequence that has any (fold 0 of the Cell Tracking
      Challenge trains on 01 and tests on 02). The last frames of each other sequence validate, its earlier frames up
      to gap_frames time steps before them train.
    - block: fold k tests on the k-th last of `folds` contiguous blocks and validates on the frames next to it;
      gap_frames frames between roles are unused.
    - group: groups are kept together, and each modality is spread over the folds.
    - random: single frames, only for measuring the effect of this leakage.
    Frames without truth are unused; only gold truth, complete or partial, is tested on. max_train and similar settings
    keep an evenly spaced subset of a role; those of training are nested (1 ⊂ 2 ⊂ 4 … frames). Frames that show the same
    image get one role, the others are unused (except with random).
    settings.test_frames_also, a deliberate mistake, makes the test frames validation frames too, and with "train" also
    training frames, in addition to max_train. With settings.dense_only, frames not in `dense` (ids;
    `Dataset.dense_frames`) neither validate nor test; in a sequence, the last dense frames validate, and frames on both
    sides of them train. With settings.gold_only, frames without gold truth are unused.
    Raises SplitError for a fold that does not exist, a role without frames, and a role whose frames have no object.
    """
    folds = settings.folds
    if not 0 <= fold < folds:
        raise SplitError(f"fold {fold} does not exist: there are {folds} folds, 0 to {folds - 1}")
    usable = [f for f in frames if not settings.gold_only or has_gold(f)]
    chosen = WAYS[by](usable, Rules(settings, fold, frozenset(dense)))
    if settings.test_frames_also != "none":
        chosen["validation"] = []
    roles = chosen if by == "random" else without_shared_images(chosen)
    shared = sum(map(len, chosen.values())) - sum(map(len, roles.values()))
    kept = {
        "train": some_with(holds_objects, nested, roles["train"], settings.max_train),
        "validation": some_with(holds_objects, evenly_spaced, roles["validation"], settings.max_validation),
        "test": some_with(holds_objects, evenly_spaced, roles["test"], settings.max_test),
    }
    if settings.test_frames_also != "none":
        kept["validation"] = kept["test"]
    if settings.test_frames_also == "train":
        kept["train"] = [*kept["train"], *kept["test"]]
    if empty := sorted(role for role, chosen in kept.items() if not chosen):
        raise SplitError(
            f"split by {by}, fold {fold} of {folds}: no frame is left for {' and '.join(empty)} among "
            f"{len(frames)} frames ({sum(map(trains, frames))} with truth"
            + f"; {shared} show the same image as a frame of another role" * bool(shared)
            + f"); {_SHARED if shared else _advice(by, settings, empty, usable)}"
        )
    if empty := [role for role, chosen in kept.items() if not any(map(holds_objects, chosen))]:
        ways = ["another split.seed", *_other_folds(by, settings, empty, usable), "more frames with objects"]
        raise SplitError(
            f"split by {by}, fold {fold} of {folds}: the frames for {' and '.join(empty)} are all negatives (no object "
            f"in their labels); use {_either(ways)}"
        )
    roles_of: dict[str, list[str]] = defaultdict(list)
    for role, own in kept.items():
        for f in own:
            roles_of[f.frame].append(role)
    return [Assignment(f.frame, role_column(roles_of[f.frame])) for f in frames]


def _advice(by: SplitBy, settings: SplitSettings, empty: Sequence[str], frames: Sequence[FrameFacts]) -> str:
    """Return what to do about roles without frames."""
    gap = ["a smaller gap_frames"] if by in ("sequence", "block") and settings.gap_frames else []
    return f"use {_either([*gap, *_other_folds(by, settings, empty, frames), _MORE[by]])}"


def _other_folds(by: SplitBy, settings: SplitSettings, empty: Sequence[str], frames: Sequence[FrameFacts]) -> list[str]:
    """Return the number of folds that may help: fewer test on more frames, more of them train and validate on more."""
    labelled = [f for f in frames if trains(f)]
    parts = len({f.group for f in labelled} if by == "group" else labelled)
    if by == "sequence":
        return []
    if "test" in empty:
        return ["fewer folds"] if settings.folds > 2 else []
    more = min(MANY_FOLDS, parts)
    return [f"more folds (split: {{folds: {more}}})"] if settings.folds < more else []


def _either(ways: Sequence[str]) -> str:
    """Return the ways as a choice.

    >>> _either(["a", "b", "c"]), _either(["a"])
    ('a, b or c', 'a')
    """
    return " or ".join(filter(None, [", ".join(ways[:-1]), ways[-1]]))
