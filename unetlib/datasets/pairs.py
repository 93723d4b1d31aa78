"""Read a user's own data: a folder of images and a folder of label images, matched by name."""

import re
from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from unetlib.datasets.checks import instances_or_mask
from unetlib.datasets.dataset import Sample, check_sample
from unetlib.datasets.faults import Faults
from unetlib.datasets.pair_layout import Folders, find_pairs
from unetlib.io.archives import Archive
from unetlib.io.axes import Choice
from unetlib.io.images import DecodedImage, decode_image


def read_pairs(
    archive: Archive,
    *,
    images: str = "images",
    labels: str = "labels",
    pixel_size_um: float | None = None,
    modality: str = "unknown",
    masks: bool = False,
    channel: int | None = None,
) -> Iterator[Sample]:
    """Yield one sample per image, by sequence and name (numbers in names count as numbers).

    `images/[<sequence>/]<name>.tif|tiff|png` belongs to the file of the same sequence and name under `labels`; both
    folders may be anywhere in the archive, and there may be a pair of them per plate (`pair_layout.find_pairs`).
    Images: 8 bits, 16 bits or float, grey or colour (converted to luma), or the given `channel` (from 1). Labels:
    integer instance ids, 0 = background; with `masks`, values other than 0 are foreground, whose 4-connected components
    are the instances; a label without an object makes the frame a negative. Time: position in the sequence. Group: the
    plate, else the first folder of the sequence, else the image itself. An image without a label has no truth; a label
    without an image is an error. pixel_size_um: of all images; None: as stated in each image. Raises ImageError or
    DatasetError that names every bad file.
    """
    faults = Faults()
    time: dict[Folders, int] = defaultdict(int)
    for pair in find_pairs(archive.names(), images=images, labels=labels):
        frame = _safe("-".join((*pair.folders, pair.name)))
        with faults.collected():
            picture = decode_image(archive.read(pair.image), pair.image, Choice(channel=channel))
            size, notes = (pixel_size_um, ()) if pixel_size_um else _stated_size(picture)
            sample = check_sample(
                Sample(
                    frame=frame,
                    sequence="/".join(pair.folders),
                    time=time[pair.folders],
                    group=pair.group or frame,
                    modality=modality,
                    image=picture.grey(),
                    labels=None if pair.label is None else _truth(archive, pair.label, masks),
                    pixel_size_um=size,
                    where=pair.image,
                    notes=(*picture.notes, *notes),
                )
            )
            time[pair.folders] += 1
            yield sample
    faults.check()


def _stated_size(picture: DecodedImage) -> tuple[float | None, tuple[str, ...]]:
    """Return the pixel size in µm that an image states, and messages about it."""
    try:
        return picture.calibration.pixel_size_um(picture.where), picture.calibration.notes()
    except ValueError as error:  # pixels that are not square
        return None, (f"{error} (in a dataset's options: pixel_size_um)",)


def _safe(name: str) -> str:
    """Return the name with every character except letters, digits, '.', '_' and '-' replaced by '_'."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", name).lstrip(".") or "_"


def _truth(archive: Archive, name: str, masks: bool) -> np.ndarray:
    """Return the label in a file; DatasetError if it is a mask and `masks` is not set."""
    return instances_or_mask(decode_image(archive.read(name), name).labels(), name, masks=masks)
