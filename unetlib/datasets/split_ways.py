"""The ways to separate training from test frames: by sequence, by block of z, by group, and at random (leaky)."""

import random
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Protocol

from unetlib.datasets.settings import SplitSettings
from unetlib.datasets.split_files import SplitError


class FrameFacts(Protocol):
    """The fields of a frame that a split needs; `frames.FrameRecord` has them."""

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


_Roles = dict[str, list[FrameFacts]]
_Groups = list[list[FrameFacts]]


@dataclass(frozen=True)
class Rules:
    """The arguments of a split: settings, fold, and the dense frames, which dense_only needs."""

    settings: SplitSettings
    fold: int
    dense: Collection[str]

    @property
    def gold(self) -> str:
        """Return the name of the truth that a test frame needs, for errors."""
        return "dense gold truth" if self.settings.dense_only else "gold truth"

    def tests(self, frame: FrameFacts) -> bool:
        """Return whether a frame's truth is good enough to test on."""
        return has_gold(frame) and self.validates(frame)

    def validates(self, frame: FrameFacts) -> bool:
        """Return whether an annotated frame's truth is good enough to validate on."""
        return not self.settings.dense_only or frame.frame in self.dense


def trains(frame: FrameFacts) -> bool:
    """Return whether a frame has any truth."""
    return frame.annotation != "none"


def has_gold(frame: FrameFacts) -> bool:
    """Return whether a frame has gold truth, complete or partial."""
    return frame.annotation in ("gold", "partial")


def holds_objects(frame: FrameFacts) -> bool:
    """Return whether a frame's truth has an object."""
    return frame.instances > 0


def _fewer_folds(most: int, otherwise: str) -> str:
    return f"use at most {most} folds" if most > 1 else otherwise


def _in_time(frames: Iterable[FrameFacts]) -> list[FrameFacts]:
    return sorted(filter(trains, frames), key=lambda f: (f.sequence, f.time, f.frame))


def _share(count: int, fraction: float) -> int:
    return max(1, round(count * fraction)) if count and fraction else 0


def _by_sequence(frames: Sequence[FrameFacts], rules: Rules) -> _Roles:
    settings, fold = rules.settings, rules.fold
    # Only sequences with gold truth can be tested on; fold 0 tests on the last of them.
    judged = sorted({f.sequence for f in frames if rules.tests(f)})
    if settings.folds > len(judged):
        raise SplitError(
            f"{settings.folds} folds, but only {len(judged)} sequences have {rules.gold} to test on "
            f"({', '.join(judged) or 'none'}); {_fewer_folds(len(judged), 'split by block, or add sequences')}"
        )
    tested = judged[-1 - fold]
    roles: _Roles = {"train": [], "validation": [], "test": []}
    for sequence in sorted({f.sequence for f in frames}):
        own = _in_time(f for f in frames if f.sequence == sequence)
        if sequence == tested:
            roles["test"] = [f for f in own if rules.tests(f)]
        elif own:
            able = [f for f in own if rules.validates(f)]
            validation = able[len(able) - _share(len(able), settings.validation_fraction) :]
            roles["validation"] += validation
            roles["train"] += [f for f in own if all(abs(f.time - v.time) > settings.gap_frames for v in validation)]
    return roles


def _by_block(frames: Sequence[FrameFacts], rules: Rules) -> _Roles:
    settings, fold = rules.settings, rules.fold
    own, gap = _in_time(frames), settings.gap_frames
    if settings.folds > len(own):
        more = _fewer_folds(len(own), "add frames with truth")
        raise SplitError(f"{settings.folds} folds, but only {len(own)} frames have truth; {more}")
    block = settings.folds - 1 - fold
    start, stop = (k * len(own) // settings.folds for k in (block, block + 1))
    count = _share(len(own) - (stop - start), settings.validation_fraction)
    first = stop + gap  # validation follows the test block, or precedes it at the end of the stack
    if first + count > len(own):
        first = max(start - gap - count, 0)
        count = max(min(count, start - gap), 0)
    near = {*range(start - gap, stop + gap), *(range(first - gap, first + count + gap) if count else ())}
    return {
        "test": [f for f in own[start:stop] if rules.tests(f)],
        "validation": [f for f in own[first : first + count] if rules.validates(f)],
        "train": [f for position, f in enumerate(own) if position not in near],
    }


def _by_group(frames: Sequence[FrameFacts], rules: Rules) -> _Roles:
    settings, fold = rules.settings, rules.fold
    groups: dict[str, list[FrameFacts]] = defaultdict(list)
    for f in sorted(filter(trains, frames), key=lambda f: f.frame):
        groups[f.group].append(f)
    if settings.folds > len(groups):
        alone = "split by block, or add images of other movies, dishes or fields (each in a folder of its own)"
        more = _fewer_folds(len(groups), alone)
        raise SplitError(f"{settings.folds} folds, but {len(groups)} groups of frames that belong together; {more}")
    rng = random.Random(settings.seed)
    # Strata: each modality, and within it groups with and without objects, is spread evenly over the folds.
    strata: dict[tuple[str, bool], _Groups] = defaultdict(list)
    for name in rng.sample(sorted(groups), len(groups)):
        strata[groups[name][0].modality, any(map(holds_objects, groups[name]))].append(groups[name])
    test: list[FrameFacts] = []
    rest: _Groups = []
    validation: _Groups = []
    sizes = [0] * settings.folds
    for stratum in sorted(strata):
        shares = _deal(strata[stratum], sizes)
        test += [f for group in shares[fold] for f in group if rules.tests(f)]
        others = [group for k, share in enumerate(shares) if k != fold for group in share]
        chosen, kept = _draw(others, settings.validation_fraction, rng)
        validation, rest = validation + chosen, rest + kept
    # Few large groups: none was small enough to draw, so the smallest one (with objects, if possible) validates.
    if not validation and settings.validation_fraction and len(rest) > 1:
        smallest = min(range(len(rest)), key=lambda i: (not any(map(holds_objects, rest[i])), len(rest[i])))
        validation.append(rest.pop(smallest))
    roles = {"test": test, "validation": [*filter(rules.validates, chain(*validation))], "train": [*chain(*rest)]}
    return {role: sorted(fs, key=lambda f: (f.modality, f.group, f.frame)) for role, fs in roles.items()}


def _deal(groups: _Groups, sizes: list[int]) -> list[_Groups]:
    """Deal the groups, largest first, to the fold with fewest frames of this stratum; update the folds' `sizes`."""
    shares: list[_Groups] = [[] for _ in sizes]
    own = [0] * len(sizes)
    for group in sorted(groups, key=len, reverse=True):
        fold = min(range(len(sizes)), key=lambda k: (own[k], sizes[k]))
        shares[fold].append(group)
        own[fold] += len(group)
        sizes[fold] += len(group)
    return shares


def _draw(groups: _Groups, fraction: float, rng: random.Random) -> tuple[_Groups, _Groups]:
    """Draw groups with about `fraction` of the frames, but never all groups; return them and the rest."""
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


def _by_random(frames: Sequence[FrameFacts], rules: Rules) -> _Roles:
    settings, fold = rules.settings, rules.fold
    rng = random.Random(settings.seed)
    own = _in_time(frames)
    judged = [f for f in own if rules.tests(f)]
    test = {f.frame for f in rng.sample(judged, len(judged))[fold :: settings.folds]}
    others = rng.sample([f for f in own if f.frame not in test], len(own) - len(test))
    validation = [f for f in others if rules.validates(f)][: _share(len(others), settings.validation_fraction)]
    train = [f for f in others if f not in validation]
    roles = {"test": [f for f in own if f.frame in test], "validation": validation, "train": train}
    return {role: _in_time(fs) for role, fs in roles.items()}


WAYS = {"sequence": _by_sequence, "block": _by_block, "group": _by_group, "random": _by_random}
