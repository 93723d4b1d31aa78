"""Measure the cells of label files: one row per cell, with grey values from the image of the same name."""

import math
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from unetlib.io.files import Row
from unetlib.io.pairing import image_of_each
from unetlib.io.stacks import Stack, open_stack
from unetlib.io.wording import counted
from unetlib.tracking.label_files import AS_LABELS, LabelOptions, ids_of_plane, open_labels, place_of
from unetlib.tracking.measurements import INTENSITY, MICROMETRES, SHAPE, measure

IDENTITY = ("file", "page", "frame", "z", "label")
COLUMNS = IDENTITY + SHAPE + MICROMETRES + INTENSITY


class MeasureError(ValueError):
    """Label images and intensity images do not fit each other."""


@dataclass(frozen=True)
class MeasuredFile:
    """The rows (COLUMNS) of one label file, and what the user must know about how it was read."""

    rows: list[Row]
    notes: tuple[str, ...] = ()


def pair(labels: Sequence[Path], intensities: Sequence[Path]) -> dict[Path, Path]:
    """Pair each label file with the intensity image of the same name, if any are given; raises PairingError."""
    return dict(zip(labels, image_of_each(labels, intensities), strict=True)) if intensities else {}


def measure_file(
    path: Path, intensity: Path | None, pixel_size_um: float | None, options: LabelOptions = AS_LABELS
) -> MeasuredFile:
    """Measure all planes of one label file; pages, frames and z planes count from 0.

    frame: the plane's place in time, as in tracks.csv (`label_files.place_of`). The pixel size is the given one, else
    the label file's, else the intensity image's. Labels may be whole numbers stored as floats, as Fiji saves them.
    options.choice: channel and z plane of the intensity image, and of labels that have several. One plane is in memory
    at a time. Raises MeasureError, LabelError and ImageError, naming the file.
    """
    of_labels = replace(options, choice=replace(options.choice, if_several=True))
    with ExitStack() as stack:
        labels = stack.enter_context(open_labels(path, of_labels))
        image = None if intensity is None else stack.enter_context(open_stack(intensity, choice=options.choice))
        size, notes = _pixel_size(labels, image, pixel_size_um)
        if image is not None:
            _check_same_size(labels, image)
        rows = list[Row]()
        for page in range(len(labels)):
            picture = None if image is None else image.plane(page)[:, :]
            place = {"file": str(path), "page": page, **place_of(labels, page)}
            rows += [place | row for row in measure(ids_of_plane(labels, page, masks=options.masks), picture, size)]
        unmeasured = _without_grey_values(rows, intensity)
        return MeasuredFile(rows, (*labels.notes, *(image.notes if image else ()), *notes, *unmeasured))


def _without_grey_values(rows: Sequence[Row], intensity: Path | None) -> tuple[str, ...]:
    """Return a note on the cells whose grey values are NaN or infinite, as some pixels of the image are."""
    sums = [row["intensity_sum"] for row in rows]
    bad = sum(isinstance(each, float) and not math.isfinite(each) for each in sums)
    note = f"{intensity}: {counted(bad, 'cell')} with NaN or infinity among the grey values, as in the table"
    return (note,) if bad else ()


def _pixel_size(labels: Stack, image: Stack | None, given: float | None) -> tuple[float | None, tuple[str, ...]]:
    """Return the pixel size in µm and a note for the user."""
    files = [labels] if image is None else [labels, image]
    if given is not None:
        return given, tuple(note for file in files for note in file.calibration.notes(pixel_size_given=True))
    sizes = [file.calibration.pixel_size_um(str(file.path)) for file in files]
    size = next(filter(None, sizes), None)
    notes = [note for file in files for note in file.calibration.notes(pixel_size_given=size is not None)]
    if None not in sizes and not math.isclose(sizes[0], sizes[-1], rel_tol=0.01):  # type: ignore[arg-type]
        notes.append(
            f"{labels.path}: its pixels are {sizes[0]:g} µm, which counts, but {sizes[-1]:g} µm in {files[-1].path}; "
            "--pixel-size overrules both"
        )
    return size, tuple(notes)


def _check_same_size(labels: Stack, image: Stack) -> None:
    ours, theirs = (f"{len(part)}×{part.height}×{part.width}" for part in (labels, image))
    if ours != theirs:
        raise MeasureError(
            f"{image.path}: planes × rows × columns are {theirs}, but {ours} in {labels.path}; "
            "give images of the same size"
        )
