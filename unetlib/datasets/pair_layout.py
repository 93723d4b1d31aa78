"""Find the label image, movie and group of each image in a folder, from file names alone."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from unetlib.datasets.faults import Faults
from unetlib.datasets.unused_files import format_fault
from unetlib.io.image_files import SUFFIXES
from unetlib.io.images import ImageError
from unetlib.io.pairing import hint, name_key, natural_key

Folders = tuple[str, ...]


class Pair(NamedTuple):
    """An image, its label image if there is one, and the folders it is in."""

    image: str
    label: str | None
    folders: Folders  # those above the folder of images, if there are several such folders, and those below it
    name: str
    group: str  # a split keeps it together; "": only the image itself


class _File(NamedTuple):
    """A file in the folder of images or of labels, with the folders above and below that folder."""

    above: Folders
    below: Folders
    name: str

    @property
    def folders(self) -> Folders:
        return self.above + self.below


def find_pairs(names: Iterable[str], *, images: str = "images", labels: str = "labels") -> list[Pair]:
    """Return the pairs in natural order, folder by folder.

    `images` and `labels` are names of folders at any depth. There may be several (plateA/images, plateB/images) if each
    is in its own folder beside its labels; such a folder is a group, otherwise each subfolder of `images` is one. An
    image may lack a label. Names are matched by `pairing.name_key`. Raises ImageError, naming every fault: labels
    without an image, two files of the same name, unsupported image formats in either folder, an ambiguous layout.
    """
    faults = Faults()
    found = {"images": dict[_File, str](), "labels": dict[_File, str]()}
    folders = {"images": PurePosixPath(images).parts, "labels": PurePosixPath(labels).parts}
    for name in sorted(names):
        with faults.collected():
            if place := _kind_of(name, folders):
                _add(found[place[0]], name, place[1], folders[place[0]])
    faults.check()
    for kind, files in found.items():
        if not files:
            where = "/".join(folders[kind])
            raise ImageError(f"no TIFF or PNG in a folder {where!r}; name the folder by the option {kind}")
    above = _telling_folders(found["images"], found["labels"], images, labels)
    pictures, truths = (_cut(files, above) for files in found.values())
    for key in sorted(set(truths) - set(pictures)):
        with faults.collected():
            raise ImageError(f"{truths[key]}: no image of this name in {images!r}{_hint(key, pictures)}")
    faults.check()
    groups = _groups(pictures)
    return [Pair(pictures[key], truths.get(key), key.folders, key.name, groups[key]) for key in _in_order(pictures)]


def _kind_of(name: str, folders: Mapping[str, Folders]) -> tuple[str, int] | None:
    """Return whether a file is among images or labels, and the depth of that folder in its path; None for neither."""
    parts = PurePosixPath(name).parts[:-1]
    places = {}
    for kind, folder in folders.items():
        starts = [i for i in range(len(parts) - len(folder) + 1) if parts[i : i + len(folder)] == folder]
        # The longer name wins where one folder contains the other, such as labels/ and data/labels/.
        if starts:
            places[kind] = (-len(folder), starts[0])
    if len(places) == 2 and len(set(map(len, folders.values()))) == 1:
        both = " and in ".join(repr("/".join(folder)) for folder in folders.values())
        raise ImageError(f"{name} lies in {both}; move it into one of them")
    if not places:
        return None
    kind = min(places, key=lambda kind: places[kind])
    return kind, places[kind][1]


def _add(files: dict[_File, str], name: str, start: int, folder: Folders) -> None:
    path = PurePosixPath(name)
    if path.suffix.lower() not in SUFFIXES:
        if fault := format_fault(name):
            raise ImageError(f"{name}: {fault}, or move it out of {'/'.join(folder)!r}")
        return
    key = _File(path.parts[:start], path.parts[start + len(folder) : -1], name_key(path.stem))
    if key in files:
        raise ImageError(f"{files[key]} and {name} are called the same; rename or remove one of them")
    files[key] = name


def _telling_folders(pictures: Iterable[_File], truths: Iterable[_File], images: str, labels: str) -> int | None:
    """Return the depth from which the folders above `images` differ; None if there is only one such folder.

    Raises ImageError if the folders of images and of labels do not fit each other.
    """
    roots, others = sorted({key.above for key in pictures}), sorted({key.above for key in truths})
    if len(roots) == 1 and len(others) == 1:
        return None
    if len(roots) == 1 or not set(others) <= set(roots):
        alone = sorted(set(others) - set(roots))
        raise ImageError(
            f"the folders {_named(roots, images)} and {_named(others, labels)} do not lie side by side; "
            f"put {_named(alone, labels)} beside the folder of its images"
        )
    for one, other in ((one, other) for one in roots for other in roots if len(one) < len(other)):
        if other[: len(one)] == one:
            raise ImageError(
                f"{_named([other], images)} lies in the folder that holds {_named([one], images)}; move one of them "
                "away, or give each a folder of its own, side by side"
            )
    return _shared(roots)


def _cut(files: Mapping[_File, str], above: int | None) -> dict[_File, str]:
    return {key._replace(above=() if above is None else key.above[above:]): name for key, name in files.items()}


def _hint(key: _File, pictures: Mapping[_File, str]) -> str:
    """Return a hint about the image that a label without an image may belong to."""
    beside = {other.name: name for other, name in pictures.items() if other.folders == key.folders}
    if found := hint(key.name, beside):
        return found
    elsewhere = [name for other, name in sorted(pictures.items()) if other.name == key.name]
    return f"; {elsewhere[0]} lies in another folder: move one of them" if elsewhere else ""


def _in_order(keys: Iterable[_File]) -> list[_File]:
    return sorted(keys, key=lambda key: ([natural_key(part) for part in key.folders], natural_key(key.name)))


def _groups(pictures: Iterable[_File]) -> dict[_File, str]:
    """Return the group of each file: the first of its folders that differs between files; "" if there is none."""
    folders = {key: key.folders for key in pictures}
    shared = min(_shared(list(folders.values())), max(min(map(len, folders.values())) - 1, 0))
    return {key: own[shared] if len(own) > shared else "" for key, own in folders.items()}


def _shared(paths: Sequence[Folders]) -> int:
    """Return the number of leading folders that all paths share."""
    count = 0
    for parts in zip(*paths, strict=False):
        if len(set(parts)) > 1:
            break
        count += 1
    return count


def _named(roots: Iterable[Folders], folder: str) -> str:
    names = ["/".join((*root, folder)) for root in roots]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
