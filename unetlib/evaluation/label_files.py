"""Read the label images of a tool for a whole test set, and tell poor predictions from masks."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unetlib.datasets.checks import DatasetError, check_instances, instances_or_mask, size
from unetlib.io.axes import ImageError
from unetlib.io.images import decode_image

MASK_REMEDIES = (
    "have the tool write one number per object, or set masks: true in the tool's entry, which takes its components as"
    " the objects"
)
Labels = NDArray[np.uint16]


def read_label_files(
    files: Mapping[str, Path], shapes: Mapping[str, tuple[int, int]], *, masks: bool = False
) -> tuple[dict[str, Labels], list[ValueError]]:
    """Return the label images of frames, and the errors of those that cannot be scored.

    files, shapes: frame → label image, and its size (H, W). masks: the images are masks; each component is an object.
    A tool that writes masks does so for every image. So where one number covers several cells, the image is refused
    only if at least half of the label images with objects are like that; a few such images are poor predictions.
    """
    found, errors, suspects = dict[str, Labels](), list[ValueError](), list[ValueError]()
    for frame, path in files.items():
        try:
            found[frame] = read_labels(path, shapes[frame], masks=masks)
        except ImageError as error:
            errors.append(error)
        except DatasetError as error:
            try:
                found[frame] = _of_size(check_instances(_values(path), str(path)), shapes[frame], path)
            except DatasetError:
                errors.append(error)
            else:
                suspects.append(error)
    if suspects and 2 * len(suspects) >= sum(1 for labels in found.values() if labels.any()):
        errors += suspects
    return found, errors


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
