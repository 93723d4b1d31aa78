"""Data Science Bowl 2018 (BBBC038): <id>/images/<id>.png and one PNG per nucleus in <id>/masks/."""

import re
from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from unetlib.datasets.checks import DatasetError, check_image, check_same_size
from unetlib.datasets.dataset import Sample, check_sample
from unetlib.datasets.fields_of_view import group_by_field
from unetlib.imaging.labels import LARGEST_ID
from unetlib.io.archives import Archive
from unetlib.io.axes import Choice, ImageError
from unetlib.io.images import DecodedImage, decode_image

MEMBER = re.compile(r"(?:.*/)?(?P<id>[^/]+)/(?P<kind>images|masks)/[^/]+\.png", re.IGNORECASE)
LARGEST_BYTES = 2**31  # of all images, or of one image's masks, which are held at once; DSB2018's 670 images: 0.1 GB
COLOURED = 2.0  # mean range between the channels from which an image counts as colour (grey ones have exactly 0)


def read_dsb(archive: Archive, *, pixel_size_um: float | None = None, channel: int | None = None) -> Iterator[Sample]:
    """Yield one sample per image, by id; found wherever the folders stand in the archive.

    Image: colour → luma, or the channel (from 1). Labels: nuclei numbered 1… in the order of their file names; a
    pixel that several claim goes to the smallest of them, and `overlap_px` counts such pixels. Modality: histology if
    coloured, brightfield if grey on bright, else fluorescence. Group: images of one field of view
    (`fields.group_by_field`). Images without masks have no truth. Raises ImageError or SampleError.
    """
    members: dict[str, dict[str, list[str]]] = defaultdict(lambda: {"images": [], "masks": []})
    for name in archive.names():
        if match := MEMBER.fullmatch(name):
            members[match["id"]][match["kind"].lower()].append(name)
    if not members:
        raise ImageError(f"no <id>/images/<id>.png among {len(archive.names())} files; is this a DSB2018 archive?")
    images: dict[str, np.ndarray] = {}
    modalities: dict[str, str] = {}
    held = 0
    for key, files in sorted(members.items()):
        if len(files["images"]) != 1:
            raise ImageError(f"{key}/images: expected one image, found {len(files['images'])}; fetch the archive again")
        where = files["images"][0]
        picture = decode_image(archive.read(where), where, Choice(channel=channel))
        images[key] = check_image(picture.grey(), where)
        modalities[key] = modality_of(picture)
        held += images[key].nbytes
        _check_held(held, where)
    groups = group_by_field(images, modalities)
    for key, image in images.items():
        labels, overlap_px = merge_masks(archive, members[key]["masks"], image)
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
            )
        )


def modality_of(picture: DecodedImage) -> str:
    """Return histology (coloured), brightfield (grey, bright background) or fluorescence (grey, dark background)."""
    colour = picture.colours()
    if colour is not None and float((colour.max(axis=-1) - colour.min(axis=-1)).mean()) > COLOURED:
        return "histology"
    plain, stored = picture.grey(), picture.pixels.dtype
    middle = np.iinfo(stored).max / 2 if stored.kind == "u" else float(plain.min() + plain.max()) / 2
    return "brightfield" if float(np.median(plain)) > middle else "fluorescence"


def merge_masks(archive: Archive, names: list[str], image: np.ndarray) -> tuple[np.ndarray | None, int]:
    """Return the uint16 labels of an image's mask files and how many pixels several of them claim.

    The smallest claimant gets a shared pixel (equal sizes: the later name). No mask files: (None, 0).
    """
    if not names:
        return None, 0
    if len(names) > LARGEST_ID:
        raise DatasetError(f"{names[0]}: one of {len(names)} masks, more than {LARGEST_ID}; remove some")
    objects: list[tuple[tuple[slice, slice], np.ndarray]] = []
    held = 0
    for name in sorted(names):
        objects.append(_object(decode_image(archive.read(name), name).pixels, name, image))
        held += objects[-1][1].nbytes
        _check_held(held, name)
    areas = [int(mask.sum()) for _, mask in objects]
    labels = np.zeros(image.shape, np.uint16)
    claims = np.zeros(image.shape, np.uint16)
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


def _object(pixels: np.ndarray, where: str, image: np.ndarray) -> tuple[tuple[slice, slice], np.ndarray]:
    """Return the window of one nucleus and its mask in it; SampleError when the mask is empty or misfits."""
    plain = np.asarray(pixels[..., :3].any(axis=-1) if pixels.ndim == 3 else pixels != 0)
    check_same_size(image, plain, where, "mask")
    rows = np.flatnonzero(plain.any(axis=1))
    if not len(rows):
        raise DatasetError(f"{where}: the mask is empty; remove the file")
    height = slice(int(rows[0]), int(rows[-1]) + 1)
    columns = np.flatnonzero(plain[height].any(axis=0))
    window = (height, slice(int(columns[0]), int(columns[-1]) + 1))
    return window, plain[window]
