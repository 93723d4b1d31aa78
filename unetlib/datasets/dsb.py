"""Read Data Science Bowl 2018 (BBBC038): <id>/images/<id>.png, one PNG or TIFF per nucleus in <id>/masks/."""

import re
from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from unetlib.datasets.checks import DatasetError, check_image
from unetlib.datasets.dataset import Sample, check_sample
from unetlib.datasets.faults import Faults
from unetlib.datasets.fields_of_view import group_by_field
from unetlib.datasets.mask_files import MaskFile, objects_of, read_mask
from unetlib.datasets.unused_files import format_fault
from unetlib.imaging.labels import LARGEST_ID
from unetlib.io.archives import Archive
from unetlib.io.axes import Choice, ImageError
from unetlib.io.image_files import SUFFIXES
from unetlib.io.images import DecodedImage, decode_image

MEMBER = re.compile(r"(?:.*/)?(?P<id>[^/]+)/(?P<kind>images|masks)/[^/]+", re.IGNORECASE | re.DOTALL)
LARGEST_BYTES = 2**31  # of all images, or of an image's masks, in memory at once; DSB2018's 670 images take 0.1 GB
COLOURED = 2.0  # an image is coloured if its channels differ by more than this on average (grey ones by exactly 0)


def read_dsb(
    archive: Archive, *, pixel_size_um: float | None = None, masks: bool = False, channel: int | None = None
) -> Iterator[Sample]:
    """Yield one sample per image, by id; the folders may be anywhere in the archive.

    Image: colour is converted to luma, unless a channel (from 1) is chosen. Labels: nuclei are numbered 1… in the
    order of their file names; a pixel in several masks belongs to the smallest, and `overlap_px` counts such pixels.
    With `masks`, each component of a mask file is a nucleus; a label image that is the only file keeps its ids.
    Modality: histology if coloured, brightfield if grey with a bright background, else fluorescence. Group: the images
    of a field of view (`fields_of_view.group_by_field`). Images without mask files have no truth; those with black
    masks only have no nucleus. Raises ImageError or DatasetError that names every bad file.
    """
    faults = Faults()
    images: dict[str, np.ndarray] = {}
    modalities: dict[str, str] = {}
    notes: dict[str, tuple[str, ...]] = {}
    held = 0
    members = _members(archive, faults)
    for key, files in sorted(members.items()):
        with faults.collected():
            if len(files["images"]) != 1:
                found = len(files["images"])
                raise ImageError(f"{key}/images: expected one image, found {found}; fetch the archive again")
            where = files["images"][0]
            picture = decode_image(archive.read(where), where, Choice(channel=channel))
            images[key] = check_image(picture.grey(), where)
            modalities[key] = modality_of(picture)
            notes[key] = picture.notes
            held += images[key].nbytes
        _check_held(held, key)
    groups = group_by_field(images, modalities)
    for key, image in images.items():
        with faults.collected():
            labels, overlap_px = merge_masks(archive, members[key]["masks"], image, masks=masks)
            yield check_sample(
                Sample(
                    frame=key,
                    sequence="",
                    time=0,
                    group=groups[key],
                    modality=modalities[key],
                    image=image,
                    labels=labels,
                    overlap_px=overlap_px,
                    pixel_size_um=pixel_size_um,
                    where=members[key]["images"][0],
                    notes=notes[key],
                )
            )
    faults.check()


def _members(archive: Archive, faults: Faults) -> dict[str, dict[str, list[str]]]:
    """Return the image and mask files by id and kind; files of an unsupported format are faults."""
    members: dict[str, dict[str, list[str]]] = defaultdict(lambda: {"images": [], "masks": []})
    for name in archive.names():
        if not (match := MEMBER.fullmatch(name)):
            continue
        if name.lower().endswith(SUFFIXES):
            members[match["id"]][match["kind"].lower()].append(name)
        elif fault := format_fault(name):
            with faults.collected():
                raise ImageError(f"{name}: {fault}, or remove it")
    if not members:
        faults.check()
        raise ImageError(f"no <id>/images/<id>.png among {len(archive.names())} files; is this a DSB2018 archive?")
    return members


def modality_of(picture: DecodedImage) -> str:
    """Return histology (coloured), brightfield (grey, bright background) or fluorescence (grey, dark background)."""
    colour = picture.colours()
    if colour is not None and float((colour.max(axis=-1) - colour.min(axis=-1)).mean()) > COLOURED:
        return "histology"
    plain, stored = picture.grey(), picture.pixels.dtype
    middle = np.iinfo(stored).max / 2 if stored.kind == "u" else float(plain.min() + plain.max()) / 2
    return "brightfield" if float(np.median(plain)) > middle else "fluorescence"


def merge_masks(
    archive: Archive, names: list[str], image: np.ndarray, *, masks: bool = False
) -> tuple[np.ndarray | None, int]:
    """Return the uint16 labels of an image's mask files, and the number of pixels that are in several of them.

    A file is one object or, with `masks`, as many as it has 4-connected components; a label image that is the only
    file keeps its ids. A shared pixel belongs to the smallest object (of equal ones, to the later name). A black mask
    is not an object. Without mask files: (None, 0). Raises DatasetError for a file that shows several objects.
    """
    if not names:
        return None, 0
    found: list[MaskFile] = []
    held = 0
    for name in sorted(names):
        file = read_mask(decode_image(archive.read(name), name).pixels, name, image)
        held += file.values.nbytes
        _check_held(held, name)
        found.append(file)
    if not masks and len(found) == 1 and found[0].ids > 1:
        return found[0].labels(image.shape), 0
    objects = [each for file in found for each in file.components()] if masks else objects_of(found)
    if len(objects) > LARGEST_ID:
        raise DatasetError(
            f"{names[0]}: one of the masks of {len(objects)} objects, more than {LARGEST_ID}; remove some"
        )
    areas = [int(mask.sum()) for _, mask in objects]
    labels = np.zeros(image.shape, np.uint16)
    claims = np.zeros(image.shape, np.uint16)
    # From the largest to the smallest, so that the smallest claimant of a pixel is written last.
    for n in sorted(range(len(objects)), key=lambda n: -areas[n]):
        window, mask = objects[n]
        labels[window][mask] = n + 1
        claims[window] += mask
    return labels, int(np.count_nonzero(claims > 1))


def _check_held(held: int, where: str) -> None:
    if held > LARGEST_BYTES:
        raise ImageError(
            f"{where}: with it, {held} bytes of pixels are held at once; cut the archive into smaller ones"
        )
