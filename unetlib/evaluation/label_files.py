"""Read the label images of a tool for a whole test set, and tell poor predictions from masks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unetlib.datasets.checks import DatasetError, check_instances, instances_or_mask, size
from unetlib.imaging.instance_check import VERY_FEW_IDS
from unetlib.io.axes import ImageError
from unetlib.io.images import decode_image

MASK_REMEDIES = (
    "have the tool write one number per object, or set masks: true in the tool's entry, which takes its components as"
    " the objects"
)
Labels = NDArray[np.uint16]


@dataclass
class LabelImages:
    """The label images of a test set by frame, and the errors of those that cannot be scored.

    suspects: errors of images whose structure is that of a mask: one number covers several cells. They are in `found`,
    too, as such an image may be a poor prediction.
    """

    found: dict[str, Labels] = field(default_factory=dict)
    errors: list[ValueError] = field(default_factory=list)
    suspects: dict[str, ValueError] = field(default_factory=dict)


def are_masks(sets: Sequence[LabelImages]) -> bool:
    """Return whether the suspects in all label images of a tool show that it writes masks, not instances.

    They do if half of its images with objects are suspects, or if no other image numbers more than a few objects.
    """
    suspects = sum(len(each.suspects) for each in sets)
    if not suspects:
        return False
    others = [labels for each in sets for frame, labels in each.found.items() if frame not in each.suspects]
    numbered = [count for labels in others if (count := len(np.unique(labels[labels > 0])))]
    return suspects >= len(numbered) or max(numbered) <= VERY_FEW_IDS


def read_label_files(
    files: Mapping[str, Path], shapes: Mapping[str, tuple[int, int]], *, masks: bool = False
) -> LabelImages:
    """Return the label images of frames; with masks, the components of the masks in them.

    files, shapes: frame → label image, and its size (H, W).
    """
    read = LabelImages()
    for frame, path in files.items():
        try:
            read.found[frame] = read_labels(path, shapes[frame], masks=masks)
        except ImageError as error:
            read.errors.append(error)
        except DatasetError as error:
            try:
                if masks:
                    raise
                read.found[frame] = _of_size(check_instances(_values(path), str(path)), shapes[frame], path)
            except DatasetError:
                read.errors.append(error)
            else:
                read.suspects[frame] = error
    return read


def read_labels(path: Path, shape: tuple[int, int], *, masks: bool = False) -> Labels:
    """Return the label image of a TIFF or PNG file, (H, W) uint16; with masks, the components of the mask in it.

    Raises ImageError or DatasetError, naming the file, if it is unreadable, has another shape, is float or negative,
    or is a mask that is not declared as one.
    """
    labels = instances_or_mask(_values(path), str(path), masks=masks, remedies=MASK_REMEDIES)
    return _of_size(labels, shape, path)


def _values(path: Path) -> NDArray[Any]:
    return decode_image(path.read_bytes(), str(path)).labels()


def _of_size(labels: Labels, shape: tuple[int, int], path: Path) -> Labels:
    if labels.shape != shape:
        found, wanted = size(labels), "×".join(map(str, shape))
        raise DatasetError(f"{path}: the label image is {found} but its image is {wanted}; write labels of equal size")
    return labels
