"""Read mask files of one object each, as in DSB2018, and recognise files that show several objects."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from unetlib.datasets.checks import DatasetError, check_instances, check_same_size
from unetlib.imaging.instance_check import foreground, instance_fault, pieces_far_apart

Window = tuple[slice, slice]
# Of the 28,986 masks of DSB2018, one is in two pieces far apart (an annotation slip), none in more.
PIECES_OF_SLIP = 2
REMEDIES = "save one file per object, or set options: {masks: true}, which takes its components as the objects"
_ANYWHERE = np.ones((3, 3), bool)


@dataclass(frozen=True)
class MaskFile:
    """A mask file: the smallest window around its nonzero values, these values, (h, w), and the number of ids.

    ids: 0 if all values are 0, 1 for a mask, more for an instance image.
    """

    where: str
    window: Window
    values: NDArray[np.generic]
    ids: int

    def labels(self, shape: tuple[int, ...]) -> NDArray[np.uint16]:
        """Return the ids of an instance image, (H, W), at full size."""
        labels = np.zeros(shape, np.uint16)
        labels[self.window] = check_instances(self.values, self.where)
        return labels

    def mask(self) -> NDArray[np.bool_]:
        """Return the foreground, (h, w)."""
        return foreground(self.values)

    def pieces(self) -> int:
        """Return the number of pieces far apart; 1 if the mask can be one object."""
        mask = self.mask()
        return pieces_far_apart(mask) if ndimage.label(mask, _ANYWHERE)[1] > 1 else 1

    def components(self) -> Iterator[tuple[Window, NDArray[np.bool_]]]:
        """Yield the window and the mask of each 4-connected component, or of each id of an instance image."""
        ids = check_instances(self.values, self.where) if self.ids > 1 else ndimage.label(self.mask())[0]
        for number, box in enumerate(ndimage.find_objects(ids), 1):
            if box is not None:
                rows, columns = (_moved(side, whole.start) for side, whole in zip(box, self.window, strict=True))
                yield (rows, columns), ids[box] == number


def _moved(side: slice, by: int) -> slice:
    return slice(side.start + by, side.stop + by)


def read_mask(pixels: NDArray[np.generic], where: str, image: NDArray[np.generic]) -> MaskFile:
    """Return a mask file, given as (H, W) or (H, W, 3 or 4); DatasetError if it does not fit its image."""
    plain = np.asarray(pixels[..., :3].any(axis=-1) if pixels.ndim == 3 else pixels)
    check_same_size(image, plain, where, "mask")
    if plain.dtype.kind == "f" and not np.isfinite(plain).all():
        raise DatasetError(f"{where}: mask has NaN or infinite values; repair or remove it")
    rows = np.flatnonzero(plain.any(axis=1))
    if not len(rows):
        return MaskFile(where, (slice(0, 0), slice(0, 0)), plain[:0, :0], 0)
    height = slice(int(rows[0]), int(rows[-1]) + 1)
    columns = np.flatnonzero(plain[height].any(axis=0))
    window = (height, slice(int(columns[0]), int(columns[-1]) + 1))
    values = plain[window].copy()
    drawn = values[values != 0]
    whole = plain.dtype.kind in "ui" and drawn.min() != drawn.max() and not instance_fault(plain)
    return MaskFile(where, window, values, len(np.unique(drawn)) if whole else 1)


def objects_of(files: Sequence[MaskFile]) -> list[tuple[Window, NDArray[np.bool_]]]:
    """Return the window and the mask of the object in each file, leaving out black files.

    A mask in two pieces far apart is accepted as an annotation slip if most files of the image are in one piece.
    Raises DatasetError for a file that shows several objects: in more pieces, or with several ids.
    """
    drawn = [file for file in files if file.ids]
    for file in drawn:
        if file.ids > 1:
            raise DatasetError(
                f"{file.where}: holds {file.ids} ids, not one object; {REMEDIES}, or remove the files beside it"
            )
    pieces = [file.pieces() for file in drawn]
    mostly_one = 2 * sum(count > 1 for count in pieces) < len(drawn)
    for file, count in zip(drawn, pieces, strict=True):
        if count > (PIECES_OF_SLIP if mostly_one else 1):
            raise DatasetError(f"{file.where}: is in {count} pieces far apart, not one object; {REMEDIES}")
    return [(file.window, file.mask()) for file in drawn]
