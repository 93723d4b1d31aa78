"""Find the image files at the paths that a user gives: folders are listed, each file is used once, the rest named."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from unetlib.io.hidden_files import is_hidden
from unetlib.io.images import ImageError
from unetlib.io.pairing import natural_key
from unetlib.io.wording import counted, named

SUFFIXES = (".tif", ".tiff", ".btf", ".tf8", ".png")
RESULTS = ("probability", "mask", "labels", "overlay")  # what `predict` writes for each image, as NAME_labels.tif
TRACKS = ("res_track.txt", "tracks.csv")  # the files that `track` writes beside its masks
_RESULT = re.compile(rf"(?P<name>.+)_(?P<kind>{'|'.join(RESULTS)})", re.DOTALL)
_NAMED = 5  # at most so many unused files are named in a message


@dataclass
class ImageFiles:
    """The image files, in order, and the other files of their folders; paths as the user would type them."""

    files: list[Path] = field(default_factory=list)
    unused: list[Path] = field(default_factory=list)  # visible files that are not images of the wanted kind
    hidden: int = 0  # number of files of the system, of a copy from a Mac, of an interrupted program
    repeated: list[Path] = field(default_factory=list)  # files given twice, possibly under another name (a link)

    def remarks(self) -> list[str]:
        """Return messages about files that are not used, one line each."""
        lines = []
        if self.unused:
            lines.append(f"not used: {_named(self.unused)}" + _besides(self.hidden))
        if self.repeated:
            lines.append(f"given twice and used once: {_named(self.repeated)}")
        return lines


def find_images(paths: Iterable[Path], *, labels: bool = False) -> ImageFiles:
    """Return the image files at these paths; a folder stands for the TIFF and PNG files in it, t2 before t10.

    Links are followed; hidden and temporary files are ignored. If a folder has results of `predict`, labels=True takes
    only NAME_labels.tif; otherwise results are left out if the image NAME is in the same folder. Raises ImageError for
    a path that does not exist and for a folder without images.
    """
    found = ImageFiles()
    known: set[Path] = set()
    for path in paths:
        if path.is_dir():
            inside = _images_in(path, labels, found)
        elif path.is_file():
            inside = [path]
        else:
            raise ImageError(f"{path}: {_not_there(path)}")
        for file in inside:
            real = file.resolve()
            (found.repeated if real in known else found.files).append(file)
            known.add(real)
    return found


def _images_in(folder: Path, labels: bool, found: ImageFiles) -> list[Path]:
    entries = sorted(folder.iterdir(), key=lambda path: natural_key(path.name))
    visible = [path for path in entries if not is_hidden(path.name)]
    images = [path for path in visible if path.suffix.lower() in SUFFIXES and path.is_file()]
    chosen = _labels_of(images) if labels else _without_results(images)
    ours = _beside_labels(chosen) if labels else set()
    unused = [path for path in visible if path not in chosen and path.name not in ours]
    if not chosen:
        raise ImageError(f"{folder}: no TIFF or PNG in this folder{_instead(unused)}")
    found.hidden += len(entries) - len(visible)
    found.unused += unused
    return chosen


def _labels_of(images: list[Path]) -> list[Path]:
    """Return the NAME_labels files if there are any; else all images, because `predict` did not write this folder."""
    return [path for path in images if _kind(path) == "labels"] or images


def _beside_labels(labels: list[Path]) -> set[str]:
    """Return the names of files that `predict` and `track` write beside label images: no message is needed."""
    names = [match["name"] for path in labels if (match := _RESULT.fullmatch(path.stem))]
    return {f"{name}_{kind}.{suffix}" for name in names for kind in RESULTS for suffix in ("tif", "png")} | set(TRACKS)


def _without_results(images: list[Path]) -> list[Path]:
    names = {path.stem for path in images}
    results = {path for path in images if (match := _RESULT.fullmatch(path.stem)) and match["name"] in names}
    return [path for path in images if path not in results]


def _kind(path: Path) -> str:
    match = _RESULT.fullmatch(path.stem)
    return match["kind"] if match else ""


def _named(paths: list[Path]) -> str:
    names = [f"{path}/ (a folder)" if path.is_dir() else str(path) for path in paths]
    return f"{counted(len(paths), 'file')}: {named(names, _NAMED)}"


def _besides(hidden: int) -> str:
    return f"; and {counted(hidden, 'hidden or temporary file')}" if hidden else ""


def _instead(unused: list[Path]) -> str:
    folders = [path for path in unused if path.is_dir()]
    if folders:
        return f", but folders in it; give them: {', '.join(map(str, folders[:_NAMED]))}"
    return f" (only {', '.join(path.name for path in unused[:_NAMED])}); export the images as one of them" * bool(
        unused
    )


def _not_there(path: Path) -> str:
    if path.is_symlink():
        return f"a link to {path.readlink()}, which is not there; repair the link"
    if path.exists():
        return "neither a file nor a folder; give an image file"
    return "no such image; check the path"
