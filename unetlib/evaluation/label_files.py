"""Read the label images of a tool for a whole test set, and tell poor predictions from masks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

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
            read.found[frame], suspect = _read(path, shapes[frame], masks=masks)
        except (ImageError, DatasetError) as error:
            read.errors.append(error)
        else:
            if suspect is not None:
                read.suspects[frame] = suspect
    return read


def _read(path: Path, shape: tuple[int, int], *, masks: bool) -> tuple[Labels, DatasetError | None]:
    """Return the label image of a TIFF or PNG file, (H, W) uint16, and the error that calls it a mask, if any.

    Raises ImageError or DatasetError, naming the file, if it is unreadable, has another shape, or is float or negative.
    """
    values, suspect = decode_image(path.read_bytes(), str(path)).labels(), None
    try:
        labels = instances_or_mask(values, str(path), masks=masks, remedies=MASK_REMEDIES)
    except DatasetError as error:
        if masks:
            raise
        labels, suspect = check_instances(values, str(path)), error  # raises again where the values are no ids at all
    if labels.shape != shape:
        found, wanted = size(labels), "×".join(map(str, shape))
        raise DatasetError(f"{path}: the label image is {found} but its image is {wanted}; write labels of equal size")
    return labels, suspect
