"""Which frames train, validate and test: whole sequences, blocks of z, groups of similar images; no arrays."""

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import NamedTuple, Protocol

from unetlib.datasets.settings import SplitBy, SplitSettings
from unetlib.datasets.shared_images import without_shared_images
from unetlib.datasets.split_files import SplitError, role_column
from unetlib.datasets.subsets import evenly_spaced, nested, some_with

_ADVICE: dict[SplitBy, str] = {
    "sequence": "use a smaller gap_frames or longer sequences",
    "block": "use a smaller gap_frames, fewer folds or more frames",
    "group": "use fewer folds or more groups (other images, or other subfolders)",
    "random": "use fewer folds or more frames",
}


class FrameFacts(Protocol):
    """What a split must know of a frame; `dataset.FrameRecord` has it."""

    @property
    def frame(self) -> str: ...
    @property
    def sequence(self) -> str: ...
    @property
    def time(self) -> int: ...
    @property
    def group(self) -> str: ...
    @property
    def modality(self) -> str: ...
    @property
    def annotation(self) -> str: ...
    @property
    def instances(self) -> int: ...
    @property
    def duplicate_of(self) -> str: ...


class Assignment(NamedTuple):
    """One frame and its role: train, validation, test or unused, or several of the first three (`role_column`)."""

    frame: str
    role: str


_Roles = dict[str, list[FrameFacts]]
_Groups = list[list[FrameFacts]]


def split(frames: Sequence[FrameFacts], settings: SplitSettings, *, by: SplitBy, fold: int) -> list[Assignment]:
    """Return the role of every frame, in the order given; the same arguments give the same roles.

    by: what keeps training and test apart on this dataset (settings.by, else the dataset's own).
    sequence: fold k tests on the gold frames of the k-th last sequence that has any (fold 0 of the Cell Tracking
    Challenge trains on 01 and tests on 02), and trains on the others, each of which validates with its last frames,
    gap_frames time steps after its training frames.
    block: fold k tests on the k-th last of `folds` contiguous blocks, validates on the frames next to it, and leaves
    gap_frames frames unused between roles. group: whole groups, each modality spread over the folds. random: single
    frames, for measuring what such leakage is worth and for nothing else.
    Frames without truth are unused; only gold (or partial gold) truth tests. max_train and its like keep an evenly
    spaced subset of a role, for training a nested one (1 ⊂ 2 ⊂ 4 … frames). Of frames that show the same image, those
    of one role are used and the others are unused (but by random). With settings.test_frames_also, a mistake on
    purpose, the test frames are also the validation frames, and with "train" some of the training frames, beyond
    max_train. Raises SplitError for a fold that does not exist, a role without frames, and a role whose frames hold no
    object.
    """
    folds = settings.folds
    if not 0 <= fold < folds:
        raise SplitError(f"fold {fold} does not exist: there are {folds} folds, 0 to {folds - 1}")
    chosen = _WAYS[by](frames, settings, fold)
    if settings.test_frames_also != "none":
        chosen["validation"] = []
    roles = chosen if by == "random" else without_shared_images(chosen)
    shared = sum(map(len, chosen.values())) - sum(map(len, roles.values()))
    kept = {
        "train": some_with(_holds_objects, nested, roles["train"], settings.max_train),
        "validation": some_with(_holds_objects, evenly_spaced, roles["validation"], settings.max_validation),
        "test": some_with(_holds_objects, evenly_spaced, roles["test"], settings.max_test),
    }
    if settings.test_frames_also != "none":
        kept["validation"] = kept["test"]
    if settings.test_frames_also == "train":
        kept["train"] = [*kept["train"], *kept["test"]]
    if empty := sorted(role for role, chosen in kept.items() if not chosen):
        raise SplitError(
            f"split by {by}, fold {fold} of {folds}: no frame is left for {' and '.join(empty)} among "
            f"{len(frames)} frames ({sum(map(_trains, frames))} with truth"
            + f"; {shared} show the same image as a frame of another role" * bool(shared)
            + f"); {_ADVICE[by]}"
        )
    if empty := [role for role, chosen in kept.items() if not any(map(_holds_objects, chosen))]:
        raise SplitError(
            f"split by {by}, fold {fold} of {folds}: the frames for {' and '.join(empty)} are all negatives (no object "
            "in their labels); use another split.seed, fewer folds or more frames with objects"
        )
    roles_of: dict[str, list[str]] = defaultdict(list)
    for role, chosen in kept.items():
        for f in chosen:
            roles_of[f.frame].append(role)
    return [Assignment(f.frame, role_column(roles_of[f.frame])) for f in frames]


def _holds_objects(frame: FrameFacts) -> bool:
    return frame.instances > 0


def _fewer_folds(most: int, otherwise: str) -> str:
    return f"use at most {most} folds" if most > 1 else otherwise


def _trains(frame: FrameFacts) -> bool:
    return frame.annotation != "none"


def _judges(frame: FrameFacts) -> bool:
    return frame.annotation in ("gold", "partial")


def _in_time(frames: Iterable[FrameFacts]) -> list[FrameFacts]:
    return sorted(filter(_trains, frames), key=lambda f: (f.sequence, f.time, f.frame))


def _share(count: int, fraction: float) -> int:
    return max(1, round(count * fraction)) if count and fraction else 0


def _by_sequence(frames: Sequence[FrameFacts], settings: SplitSettings, fold: int) -> _Roles:
    judged = sorted({f.sequence for f in frames if _judges(f)})
    if settings.folds > len(judged):
        raise SplitError(
            f"{settings.folds} folds, but only {len(judged)} sequences have gold truth to test on "
            f"({', '.join(judged) or 'none'}); {_fewer_folds(len(judged), 'split by block, or add sequences')}"
        )
    tested = judged[-1 - fold]
    roles: _Roles = {"train": [], "validation": [], "test": []}
    for sequence in sorted({f.sequence for f in frames}):
        own = _in_time(f for f in frames if f.sequence == sequence)
        if sequence == tested:
            roles["test"] = [f for f in own if _judges(f)]
        elif own:
            validation = own[len(own) - _share(len(own), settings.validation_fraction) :]
            roles["validation"] += validation
            roles["train"] += [f for f in own if all(abs(f.time - v.time) > settings.gap_frames for v in validation)]
    return roles


def _by_block(frames: Sequence[FrameFacts], settings: SplitSettings, fold: int) -> _Roles:
    own, gap = _in_time(frames), settings.gap_frames
    if settings.folds > len(own):
        more = _fewer_folds(len(own), "add frames with truth")
        raise SplitError(f"{settings.folds} folds, but only {len(own)} frames have truth; {more}")
    block = settings.folds - 1 - fold
    start, stop = (k * len(own) // settings.folds for k in (block, block + 1))
    count = _share(len(own) - (stop - start), settings.validation_fraction)
    first = stop + gap  # validation follows the test block, or precedes it where the stack ends
    if first + count > len(own):
        first = max(start - gap - count, 0)
        count = max(min(count, start - gap), 0)
    near = {*range(start - gap, stop + gap), *(range(first - gap, first + count + gap) if count else ())}
    return {
        "test": [f for f in own[start:stop] if _judges(f)],
        "validation": own[first : first + count],
        "train": [f for position, f in enumerate(own) if position not in near],
    }


def _by_group(frames: Sequence[FrameFacts], settings: SplitSettings, fold: int) -> _Roles:
    groups: dict[str, list[FrameFacts]] = defaultdict(list)
    for f in sorted(filter(_trains, frames), key=lambda f: f.frame):
        groups[f.group].append(f)
    if settings.folds > len(groups):
        alone = "split by block, or add images of other movies, dishes or fields (each in a folder of its own)"
        more = _fewer_folds(len(groups), alone)
        raise SplitError(f"{settings.folds} folds, but {len(groups)} groups of frames that belong together; {more}")
    rng = random.Random(settings.seed)
    strata: dict[tuple[str, bool], _Groups] = defaultdict(list)  # negatives are spread like everything else
    for name in rng.sample(sorted(groups), len(groups)):
        strata[groups[name][0].modality, any(map(_holds_objects, groups[name]))].append(groups[name])
    test: list[FrameFacts] = []
    rest: _Groups = []
    validation: _Groups = []
    sizes = [0] * settings.folds
    for stratum in sorted(strata):
        shares = _deal(strata[stratum], sizes)
        test += [f for group in shares[fold] for f in group if _judges(f)]
        others = [group for k, share in enumerate(shares) if k != fold for group in share]
        chosen, kept = _draw(others, settings.validation_fraction, rng)
        validation, rest = validation + chosen, rest + kept
    if not validation and settings.validation_fraction and len(rest) > 1:
        smallest = min(range(len(rest)), key=lambda i: (not any(map(_holds_objects, rest[i])), len(rest[i])))
        validation.append(rest.pop(smallest))
    roles = {"test": test, "validation": [*chain(*validation)], "train": [*chain(*rest)]}
    return {role: sorted(fs, key=lambda f: (f.modality, f.group, f.frame)) for role, fs in roles.items()}


def _deal(groups: _Groups, sizes: list[int]) -> list[_Groups]:
    """Give each group, largest first, to the fold with fewest frames of this modality; `sizes` (of all) grow."""
    shares: list[_Groups] = [[] for _ in sizes]
    own = [0] * len(sizes)
    for group in sorted(groups, key=len, reverse=True):
        fold = min(range(len(sizes)), key=lambda k: (own[k], sizes[k]))
        shares[fold].append(group)
        own[fold] += len(group)
        sizes[fold] += len(group)
    return shares


def _draw(groups: _Groups, fraction: float, rng: random.Random) -> tuple[_Groups, _Groups]:
    """Part groups into some with about `fraction` of the frames (never all groups) and the rest."""
    target, count = sum(map(len, groups)) * fraction, 0.0
    chosen: _Groups = []
    kept: _Groups = []
    for group in rng.sample(groups, len(groups)):
        if count + len(group) / 2 <= target and len(chosen) < len(groups) - 1:
            chosen.append(group)
            count += len(group)
        else:
            kept.append(group)
    return chosen, kept


def _by_random(frames: Sequence[FrameFacts], settings: SplitSettings, fold: int) -> _Roles:
    rng = random.Random(settings.seed)
    own = _in_time(frames)
    judged = [f for f in own if _judges(f)]
    test = {f.frame for f in rng.sample(judged, len(judged))[fold :: settings.folds]}
    others = rng.sample([f for f in own if f.frame not in test], len(own) - len(test))
    count = _share(len(others), settings.validation_fraction)
    roles = {"test": [f for f in own if f.frame in test], "validation": others[:count], "train": others[count:]}
    return {role: _in_time(fs) for role, fs in roles.items()}


_WAYS = {"sequence": _by_sequence, "block": _by_block, "group": _by_group, "random": _by_random}
