"""Read the ISBI-2012 EM segmentation challenge: multi-page TIFFs, 255 = cell, 0 = membrane."""

from collections.abc import Iterator

import numpy as np
from scipy import ndimage

from unetlib.datasets.checks import DatasetError, size
from unetlib.datasets.dataset import Sample, check_sample
from unetlib.datasets.faults import Faults
from unetlib.io.archives import Archive
from unetlib.io.axes import Choice
from unetlib.io.images import ImageError, decode_image

PIXEL_SIZE_UM = 0.004  # 4 nm, Cardona et al. 2010; slices are 50 nm thick
CELL = 255


def read_isbi(
    archive: Archive, *, pixel_size_um: float | None = PIXEL_SIZE_UM, channel: int | None = None
) -> Iterator[Sample]:
    """Yield the slices of the training volume, then those of the test volume if the archive has one.

    Files are found by name in any folder. channel (from 1): the one to read if images have several. Labels are the
    4-connected components of the cell interiors in each slice. Test slices have no truth unless the archive has
    test-labels.tif. Raises ImageError or DatasetError that names every bad slice.
    """
    faults = Faults()
    for sequence, required in (("train", True), ("test", False)):
        images = _volume(archive, f"{sequence}-volume.tif", required=required, channel=channel)
        labels = _volume(archive, f"{sequence}-labels.tif", required=required)
        if images is None:
            continue
        if labels is not None and len(labels) != len(images):
            raise DatasetError(
                f"{sequence}-volume.tif has {len(images)} slices but {sequence}-labels.tif has {len(labels)}; "
                "fetch the archive again"
            )
        for z, image in enumerate(images):
            with faults.collected():
                truth = None if labels is None else cells(labels[z], f"{sequence}-labels.tif, slice {z}")
                yield check_sample(
                    Sample(
                        frame=f"{sequence}-z{z:03d}",
                        sequence=sequence,
                        time=z,
                        group=sequence,
                        modality="electron",
                        image=image,
                        labels=truth,
                        pixel_size_um=pixel_size_um,
                        where=f"{sequence}-volume.tif, slice {z}",
                    )
                )
    faults.check()


def cells(label: np.ndarray, where: str) -> np.ndarray:
    """Return the 4-connected cell interiors (255) of a slice as uint16 ids; DatasetError for values but 0 and 255."""
    inside = label == CELL
    if not (inside | (label == 0)).all():
        other = label[~inside & (label != 0)]
        raise DatasetError(f"{where}: holds the value {other[0]}; the labels are 255 in cells and 0 on membranes")
    labels, count = ndimage.label(inside)
    if count > np.iinfo(np.uint16).max:
        raise DatasetError(f"{where}: has {count} cells, more than 65535; is this a label image?")
    return np.asarray(labels, np.uint16)


def _volume(archive: Archive, name: str, *, required: bool, channel: int | None = None) -> np.ndarray | None:
    """Return the volume (slices, rows, columns) of this name in any folder; None if it is absent and not required."""
    found = [member for member in archive.names() if member.rsplit("/", 1)[-1].lower() == name]
    if not found and not required:
        return None
    if len(found) != 1:
        where = f"found {', '.join(found)}" if found else f"not among {len(archive.names())} files"
        raise ImageError(f"{name}: expected once in the archive, {where}; is this the ISBI-2012 archive?")
    is_labels = name.endswith("labels.tif")
    picture = decode_image(archive.read(found[0]), found[0], Choice(channel=None if is_labels else channel))
    volume = picture.labels() if is_labels else picture.grey()
    if volume.ndim == 2:
        volume = volume[np.newaxis]
    if volume.ndim != 3:
        raise ImageError(f"{found[0]}: expected grey slices, found shape {size(volume)}; fetch the archive again")
    return volume
