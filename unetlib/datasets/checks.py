"""Check images, instance labels and frame ids before they enter a dataset."""

import re

import numpy as np

from unetlib.imaging.instance_check import instance_fault, instances_of_mask
from unetlib.imaging.labels import LARGEST_ID

FRAME_ID = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}")  # leaves room for a suffix and a temporary name's prefix
DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # names that Windows opens as devices

LEVELS = 2**16  # grey levels that an image keeps when it is stored, as many as a 16-bit image has
LABEL_FIRST = "label the objects first, one number each"
MASK_REMEDIES = f"{LABEL_FIRST}, or set options: {{masks: true}}, which takes its components as the objects"


class DatasetError(ValueError):
    """An image, a label or a dataset folder that cannot be used: what is wrong, where, and what to do, in one line."""


def check_image(array: np.ndarray, where: str) -> np.ndarray:
    """Return the image as (H, W) uint8, uint16 or float32, values unchanged; `where` names it in errors.

    If float32 would round the values to fewer than 2¹⁶ grey levels (32-bit integers or float64 with a large offset),
    the minimum is subtracted first, which changes nothing, because every normalisation subtracts an offset. Raises
    DatasetError if the array is not a single grey image, not numeric, not finite, or constant.
    """
    image = np.asarray(array)
    if image.dtype.kind not in "buif":
        raise DatasetError(f"{where}: image holds {image.dtype} values; export it as 8-bit, 16-bit or float32")
    if image.ndim != 2 or image.size == 0:
        raise DatasetError(
            f"{where}: expected one 2-D grey image, found shape {size(image)}; export one file per frame"
        )
    if image.dtype.kind == "f" and not np.isfinite(image).all():
        bad = np.argwhere(~np.isfinite(image))
        raise DatasetError(
            f"{where}: image has NaN or infinite values ({len(bad)}, the first at row {bad[0][0]}, "
            f"column {bad[0][1]}); repair or remove the frame"
        )
    if image.min() == image.max():
        raise DatasetError(f"{where}: image is constant (every pixel is {image.flat[0]}); remove the frame")
    return _in_stored_dtype(image, where)


def _in_stored_dtype(image: np.ndarray, where: str) -> np.ndarray:
    if image.dtype in (np.uint8, np.uint16, np.float32):
        return image
    if image.dtype.kind == "b":
        return image.astype(np.uint8)
    if image.dtype.kind in "ui" and image.min() >= 0 and image.max() <= 65535:
        return image.astype(np.uint16)
    if max(abs(float(image.min())), abs(float(image.max()))) > float(np.finfo(np.float32).max):
        raise DatasetError(f"{where}: image has values beyond float32; rescale the image")
    step = float(np.spacing(np.float32(max(abs(float(image.min())), abs(float(image.max()))))))
    above = _above_smallest(image)
    return (image if step * LEVELS <= float(above.max()) else above).astype(np.float32)


def _above_smallest(image: np.ndarray) -> np.ndarray:
    """Return the image minus its minimum, in float64; integers are subtracted as 64-bit integers."""
    if image.dtype.kind == "f":
        return np.asarray(image.astype(np.float64) - float(image.min()))
    low = np.array(image.min()).astype(np.int64 if image.dtype.kind == "i" else np.uint64).astype(np.uint64)
    whole = image.astype(np.int64) if image.dtype.kind == "i" else image
    return np.asarray((whole.astype(np.uint64) - low).astype(np.float64))  # modulo 2⁶⁴: exact, without overflow


def check_instances(array: np.ndarray, where: str) -> np.ndarray:
    """Return the label as (H, W) uint16 instance ids, 0 = background; DatasetError says what is wrong with it.

    Refused: arrays that are not two-dimensional, floats, negative ids, ids above 65535.
    """
    labels = np.asarray(array)
    if labels.dtype.kind not in "bui":
        raise DatasetError(f"{where}: label holds {labels.dtype} values; save instance ids as whole numbers")
    if labels.ndim != 2 or labels.size == 0:
        raise DatasetError(f"{where}: label has shape {size(labels)}; save one 2-D image of instance ids")
    low, high = int(labels.min()), int(labels.max())
    if low < 0:
        raise DatasetError(f"{where}: label has the negative id {low}; use 0 for background, 1… for objects")
    if high > LARGEST_ID:
        raise DatasetError(f"{where}: label has id {high}, above {LARGEST_ID}; renumber the objects")
    return labels.astype(np.uint16, copy=False)


def instances_or_mask(
    values: np.ndarray, where: str, *, masks: bool = False, remedies: str = MASK_REMEDIES
) -> np.ndarray:
    """Return the instance ids, (H, W) uint16, of a label image; with `masks`, the components of its mask.

    Raises DatasetError, with the remedies, also for values whose structure shows that they are not instance ids
    (`instance_check.instance_fault`).
    """
    if masks:
        if np.asarray(values).dtype.kind == "f" and not np.isfinite(values).all():
            raise DatasetError(f"{where}: mask has NaN or infinite values; repair or remove the frame")
        return check_instances(instances_of_mask(values) if np.ndim(values) == 2 else values, where)
    labels = check_instances(values, where)
    if fault := instance_fault(values if values.dtype.kind == "u" else labels):
        raise DatasetError(f"{where}: {fault}: a mask, not instances; {remedies}")
    return labels


def check_same_size(image: np.ndarray, other: np.ndarray, where: str, noun: str) -> None:
    """Raise DatasetError unless both arrays have the same shape; `noun` is the error's name for the second."""
    if image.shape != other.shape:
        raise DatasetError(
            f"{where}: image is {size(image)} but its {noun} is {size(other)}; remove the frame or fix the {noun}"
        )


def check_frame_id(frame: str, where: str) -> None:
    """Raise DatasetError unless the frame id is a valid file name on every system: letters, digits, '.', '_', '-'."""
    if not FRAME_ID.fullmatch(frame) or DEVICE.fullmatch(frame):
        shown = repr(frame[:200])
        rule = "use up to 200 letters, digits, '.', '_' and '-', and no name of a device"
        raise DatasetError(f"{where}: frame id {shown} is not a safe file name; {rule}")


def size(array: np.ndarray) -> str:
    """Return the shape as text, such as 512×510.

    >>> size(np.zeros((512, 510)))
    '512×510'
    """
    return "×".join(str(n) for n in array.shape)
