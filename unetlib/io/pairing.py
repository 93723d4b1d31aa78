"""Pair label files with images and order frames by their names, in natural order, whatever order the shell gives.

Standard library only, because this also runs in the environments of other tools.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

# Endings that programs append to an image's name for its labels: ours, Fiji's, Cellpose's, StarDist's, ilastik's.
_ENDING = re.compile(r"[ ._-](?:cp[ ._-])?(?:labels?|masks?|seg|segmentation|instances)$", re.IGNORECASE)
_OME = re.compile(r"\.ome$", re.IGNORECASE)
NaturalKey = tuple[list[tuple[int, int, str]], str]


class PairingError(ValueError):
    """Files whose names do not determine their order or which of them belong together."""


def natural_key(name: str) -> NaturalKey:
    """Return a sort key by which t2 comes before t10; case matters only if nothing else differs.

    >>> sorted(["t10", "T2", "t1"], key=natural_key)
    ['t1', 'T2', 't10']
    """
    return _parts(name), name


def natural_path_key(path: Path) -> list[NaturalKey]:
    """Return a natural sort key of a path: by its folders, then by its name."""
    return [natural_key(part) for part in (*path.parts[:-1], path.stem, path.suffix)]


def in_natural_order(paths: Iterable[Path]) -> list[Path]:
    """Return the paths in natural order, without duplicates."""
    once = {path.absolute(): path for path in reversed(list(paths))}
    return sorted(once.values(), key=natural_path_key)


def in_frame_order(paths: Iterable[Path]) -> list[Path]:
    """Return the files of one movie in the order of their frames, by the numbers in their names.

    Raises PairingError, naming two files, if their names do not tell which comes first (t1 and t01, t1.tif and t1.png,
    frames of two movies in two folders) or that they are one movie (a and b, or pos1_t1, pos1_t2, pos2_t1, pos2_t2).
    """
    ordered = in_natural_order(paths)
    names = _frame_names(ordered)
    for (first, one), (second, other) in pairwise(zip(map(_parts, names), ordered, strict=True)):
        if first >= second:
            raise PairingError(
                f"{one} and {other}: their names do not tell which frame comes first; give the frames of one movie, "
                "with one number each"
            )
    if len(ordered) > 1:
        _check_one_movie(ordered, names)
    return ordered


def uneven_frames(ordered: Sequence[Path]) -> str:
    """Return a note if the numbers of a movie's files, in order, are not evenly spaced (a file is missing); else "".

    >>> uneven_frames([Path("t1.tif"), Path("t2.tif"), Path("t4.tif")])
    't4.tif: its number is 2 after that of t2.tif, others are 1 apart; each file counts as the next frame'
    """
    differing = _numbers(_frame_names(ordered))
    if len(ordered) < 3 or differing is None:
        return ""
    counts = next(place for place in zip(*differing[1], strict=True) if len(set(place)) == len(place))
    steps = [later - earlier for earlier, later in pairwise(counts)]
    widest = max(range(len(steps)), key=lambda place: steps[place])
    if min(steps) == steps[widest]:
        return ""
    after = f"its number is {steps[widest]} after that of {ordered[widest]}"
    return f"{ordered[widest + 1]}: {after}, others are {min(steps)} apart; each file counts as the next frame"


def _frame_names(ordered: Sequence[Path]) -> list[str]:
    """Return the names that number the frames: those of the files, or of their folders if the files have one name."""
    stems = [name_key(path.stem) for path in ordered]
    folders = [path.parent.as_posix() for path in ordered]
    one_name = all(_parts(stem) == _parts(stems[0]) for stem in stems)
    return folders if one_name and len(set(folders)) > 1 else stems


def _check_one_movie(ordered: Sequence[Path], names: Sequence[str]) -> None:
    """Raise PairingError unless the names differ only by numbers, one of which is another one in every file."""
    remedy = "give the frames of one movie, with one number each"
    differing = _numbers(names)
    if differing is None:
        other = next(place for place, name in enumerate(names) if _texts(name) != _texts(names[0]))
        raise PairingError(
            f"{ordered[0]} and {ordered[other]}: their names differ by more than a number, so they may not be frames "
            f"of one movie; {remedy}"
        )
    counts = list(zip(*differing[1], strict=True))
    if any(len(set(place)) == len(place) for place in counts):
        return
    again = next(place for place in range(1, len(ordered)) if counts[-1][place] in counts[-1][:place])
    first = counts[-1].index(counts[-1][again])
    raise PairingError(
        f"{ordered[first]} and {ordered[again]}: may be frames of two movies, as no number in the names differs in "
        f"every file; {remedy}"
    )


def name_key(stem: str) -> str:
    """Return a stem in a form that is equal for equivalent names: composed characters, without `.ome`.

    >>> name_key("cells.ome")
    'cells'
    """
    return _OME.sub("", unicodedata.normalize("NFC", stem))


def matches(stem: str, keys: Collection[str]) -> list[str]:
    """Return the `keys` (of `name_key`) that the label file `stem` may belong to: its name, or that without an ending.

    >>> matches("cell_1_labels", {"cell", "cell_1"})
    ['cell_1']
    """
    own = name_key(stem)
    return [key for key in dict.fromkeys((own, name_key(_ENDING.sub("", own)))) if key in keys]


def image_of_each(labels: Sequence[Path], images: Sequence[Path]) -> list[Path]:
    """Return the image of each label file, found by name in any order; images may be left over.

    One label file and one image are a pair, whatever their names. Otherwise names must agree, apart from the file type
    and an ending such as `_labels`; or labels must differ from each other only by numbers, images too, and the numbers
    agree (mask000 … and t000 …). Raises PairingError, naming the files, if a label has no image or could have two.
    """
    if len(labels) == 1 and len(images) == 1:
        return list(images)
    named: dict[str, list[Path]] = {}
    for image in images:
        named.setdefault(name_key(image.stem), []).append(image)
    found = [[image for key in matches(label.stem, named) for image in named[key]] for label in labels]
    if not any(found):
        found = _by_number(labels, images) or found
    for label, candidates in zip(labels, found, strict=True):
        if len(candidates) > 1:
            raise PairingError(f"{label}: its image may be {candidates[0]} or {candidates[1]}; rename or leave out one")
        if not candidates:
            more = hint(label.stem, {image.stem: str(image) for image in images})
            raise PairingError(f"{label}: no image of this name among the {len(images)} that were given{more}")
    return [candidates[0] for candidates in found]


def hint(stem: str, names: Mapping[str, str]) -> str:
    """Return a hint for a missing name: one of `names` (stem to file) that differs only slightly, or ""."""
    ways = (
        ("in how its accents are stored", lambda text: unicodedata.normalize("NFC", text)),
        ("by .ome", name_key),
        ("in case", lambda text: name_key(text).casefold()),
        ("in leading zeros", _parts),
        ("by an ending", lambda text: _parts(_ENDING.sub("", name_key(text)))),
        ("in spaces and signs", lambda text: re.sub(r"[\W_]+", "", name_key(text)).casefold()),
    )
    for difference, form in ways:
        for other, file in sorted(names.items()):
            if form(other) == form(stem):
                return f"; {file} differs only {difference}: rename one"
    return ""


def _by_number(labels: Sequence[Path], images: Sequence[Path]) -> list[list[Path]] | None:
    """Return the images with the labels' numbers; None unless only numbers differ within the labels and the images."""
    ours, theirs = _numbers([label.stem for label in labels]), _numbers([image.stem for image in images])
    if ours is None or theirs is None or (ours[0] and theirs[0] and ours[0] != theirs[0]):
        return None
    places: dict[tuple[int, ...], list[Path]] = {}
    for number, image in zip(theirs[1], images, strict=True):
        places.setdefault(number, []).append(image)
    found = [places.get(number, []) for number in ours[1]]
    return found if all(found) else None


def _numbers(stems: Sequence[str]) -> tuple[list[int], list[tuple[int, ...]]] | None:
    """Return the numbers that all names share, and those of each name that differ; None if more than these differ."""
    split = [_parts(name_key(stem)) for stem in stems]
    shape = _texts(stems[0])
    if any(_texts(stem) != shape for stem in stems):
        return None
    places = [place for place, (kind, _) in enumerate(shape) if kind == 0]
    same = [place for place in places if len({parts[place] for parts in split}) == 1]
    differ = [place for place in places if place not in same]
    numbers = [tuple(parts[place][1] for place in differ) for parts in split]
    return ([split[0][place][1] for place in same], numbers) if differ else None


def _texts(name: str) -> list[tuple[int, str]]:
    """Return kind and text of each part of a name, without its numbers: equal for names that differ only by numbers."""
    return [(kind, text) for kind, _, text in _parts(name_key(name))]


def _parts(name: str) -> list[tuple[int, int, str]]:
    """Return the name in parts that sort naturally: numbers before text, text without case."""
    plain = unicodedata.normalize("NFC", name).casefold()
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in re.split(r"(\d+)", plain) if part]
