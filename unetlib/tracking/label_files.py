"""Open label images of users: check that every plane holds instances and find its place in time and depth."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unetlib.imaging.instance_check import instance_fault, instances_of_mask
from unetlib.io.axes import EVERYTHING, UNNAMED, Choice
from unetlib.io.files import Row
from unetlib.io.stacks import Stack, open_stack
from unetlib.io.wording import counted

LARGEST_INT64 = 2**63 - 1
REMEDIES = "add --masks, and its components are the cells, or label them first: one whole number per cell"


class LabelError(ValueError):
    """A label image does not hold instances."""


@dataclass(frozen=True)
class LabelOptions:
    """A user's options for label files. choice: which planes of them, and of the intensity images, are used.

    masks: the cells are the connected components of nonzero pixels.
    """

    choice: Choice = EVERYTHING
    masks: bool = False


AS_LABELS = LabelOptions()


@contextmanager
def open_labels(path: Path, options: LabelOptions) -> Iterator[Stack]:
    """Yield the planes of a label file; raises ImageError like `stacks.open_stack`."""
    with open_stack(path, choice=options.choice, masks=options.masks) as stack:
        yield stack


def ids_of_plane(stack: Stack, page: int, *, masks: bool = False, check: bool = True) -> NDArray[np.int64]:
    """Return the instance ids (H, W) of a plane; with masks, the components of its nonzero pixels.

    Raises LabelError for NaN and infinity, fractions, negative ids, ids beyond 63 bits, and a structure that instances
    cannot have (`instance_check.instance_fault`, unless checked before), and ImageError for colour.
    """
    where = stack.where(page)
    values = stack.plane(page).labels(where)
    if values.dtype.kind == "f" and not (finite := np.isfinite(values)).all():
        bad = counted(int((~finite).sum()), "pixel")
        raise LabelError(f"{where}: {bad} with NaN or infinity; give 0 for background, 1… for cells")
    if masks:
        return instances_of_mask(values).astype(np.int64)
    if values.dtype.kind == "f" and not np.array_equal(values, np.floor(values)):
        raise LabelError(f"{where}: holds fractions; {REMEDIES}")
    if values.size and values.min() < 0:
        raise LabelError(f"{where}: holds the negative id {values.min()}; give 0 for background, 1… for cells")
    if values.size and int(values.max()) > LARGEST_INT64:
        raise LabelError(f"{where}: holds the id {values.max()}, which 63 bits do not hold; renumber the cells")
    ids = values.astype(np.int64)
    if check and (fault := instance_fault(values if values.dtype.kind == "u" else ids)):
        raise LabelError(f"{where}: {fault}: a mask, not labels of single cells; {REMEDIES}")
    return ids


def place_of(stack: Stack, page: int) -> Row:
    """Return a page's place in time and depth, each from 0: {"frame": …, "z": …}, z None without a depth axis.

    The frame of a mask in a tracking result is its number.
    """
    places = dict(zip(stack.axes, np.unravel_index(page, stack.lengths), strict=True)) if stack.axes else {}
    frame = next((int(place) for axis, place in places.items() if axis in ("T", *UNNAMED)), 0)
    number = re.fullmatch(r"mask(\d{3,})", stack.path.stem)
    if number and (stack.path.parent / "res_track.txt").is_file():
        frame = int(number[1])
    return {"frame": frame, "z": int(places["Z"]) if "Z" in places else None}
