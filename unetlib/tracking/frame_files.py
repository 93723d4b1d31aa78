"""Read label files as the frames of one movie: check them together, name every bad one, read plane by plane."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unetlib.datasets.faults import Faults
from unetlib.io.axes import check_movie
from unetlib.io.calibration import Calibration
from unetlib.io.pairing import uneven_frames
from unetlib.io.wording import named
from unetlib.tracking.label_files import LabelError, LabelOptions, ids_of_plane, open_labels
from unetlib.tracking.linking import Scale, TrackError

NAMED = 10  # how many files an error names


@dataclass(frozen=True)
class Frames:
    """The files of a movie in order, its scale, and what the user must know about how they were read."""

    files: Sequence[Path]
    scale: Scale
    notes: tuple[str, ...]


def check_frames(files: Sequence[Path], options: LabelOptions, scale: Scale) -> Frames:
    """Check that label files, in this order, are the frames of one movie; return them with their scale.

    Raises LabelError or ImageError for a file that cannot be a frame; TrackError, naming each file, for several of
    them, for frames of different sizes, and for files that state different scales unless `scale` decides.
    """
    faults, notes = Faults(TrackError, LabelError), list[str]()
    stated: dict[Path, Calibration] = {}
    shapes: list[tuple[Path, tuple[float, ...]]] = []
    for path in files:
        with faults.collected(), open_labels(path, options) as stack:
            check_movie(stack.axes, str(path))
            for page in range(len(stack)):
                ids_of_plane(stack, page, masks=options.masks)
            stated[path] = stack.calibration
            shapes.append((path, (stack.height, stack.width)))
            notes += stack.notes
    faults.check()
    notes += [note for note in [uneven_frames(files)] if note]
    _agreed(shapes, "different sizes (px)", "give frames of one size", tolerance=0)
    size, minutes = scale.pixel_size_um, scale.interval_min
    given = {"pixel_size_given": size is not None, "interval_given": minutes is not None}
    notes += [note for calibration in stated.values() for note in calibration.notes(**given)]
    if size is None:
        sizes = [(path, (each.pixel_size_um(str(path)),)) for path, each in stated.items()]
        size = _agreed(sizes, "different pixel sizes (µm)", "set --pixel-size")
    if minutes is None:
        intervals = [(path, (each.frame_interval_s,)) for path, each in stated.items()]
        seconds = _agreed(intervals, "different frame intervals (s)", "set --interval")
        minutes = seconds / 60 if seconds else None
    return Frames(files, Scale(size, minutes), tuple(notes))


def frame_planes(files: Sequence[Path], options: LabelOptions) -> Iterator[NDArray[np.int64]]:
    """Yield the labels (H, W) of every frame of files that `check_frames` has accepted."""
    for path in files:
        with open_labels(path, options) as stack:
            for page in range(len(stack)):
                yield ids_of_plane(stack, page, masks=options.masks, check=False)


def _agreed(
    stated: Sequence[tuple[Path, tuple[float | None, ...]]], what: str, remedy: str, *, tolerance: float = 0.01
) -> float | None:
    """Return the value that the files state, or None; raise TrackError, naming the files, if they differ."""
    groups: list[tuple[tuple[float, ...], list[Path]]] = []
    for path, numbers in stated:
        values = tuple(number for number in numbers if number is not None)
        if not values:
            continue
        same = (files for known, files in groups if np.allclose(known, values, rtol=tolerance, atol=0))
        files = next(same, None)
        if files is None:
            groups.append((values, [path]))
        else:
            files.append(path)
    if len(groups) > 1:
        shown = [f"{'×'.join(f'{value:g}' for value in values)} in {named(files, 2)}" for values, files in groups]
        raise TrackError(f"{what} in one movie: {named(shown, NAMED)}; {remedy}")
    return groups[0][0][0] if groups else None
