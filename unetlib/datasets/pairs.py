"""Anybody's own data: a folder of images and a folder of label images, matched by name."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

import numpy as np

from unetlib.datasets.checks import instances_or_mask
from unetlib.datasets.dataset import Sample, check_sample
from unetlib.io.archives import Archive
from unetlib.io.axes import Choice, ImageError
from unetlib.io.images import decode_image

SUFFIXES = {".tif", ".tiff", ".png"}


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

    `images/[<sequence>/]<name>.tif|tiff|png` goes with the file of the same sequence and name under `labels`;
    both folders may stand anywhere in the archive, once. Images: 8 or 16 bit or float, grey or colour (→ luma),
    or the `channel` (from 1) where there are several.
    Labels: whole-number instance ids, 0 = background; with `masks`, anything but 0 is foreground and its
    4-connected components are the instances. Time: position in the sequence. Group: the sequence, or
    the image itself where there are no sequences. An image without a label has no truth; a label without an
    image is an error. Raises ImageError or SampleError.
    """
    pictures, truths = _files(archive, images), _files(archive, labels)
    if not pictures:
        raise ImageError(f"no TIFF or PNG in a folder {images!r}; name the folder by the option images")
    if not truths:
        raise ImageError(f"no TIFF or PNG in a folder {labels!r}; name the folder by the option labels")
    if orphans := sorted(set(truths) - set(pictures)):
        raise ImageError(f"{truths[orphans[0]]}: no image of this name in {images!r} ({len(orphans)} such labels)")
    time: dict[str, int] = defaultdict(int)
    for key in sorted(pictures, key=_natural):
        sequence, stem = key
        where = pictures[key]
        frame = _safe(f"{sequence}-{stem}" if sequence else stem)
        truth = _truth(archive, truths[key], masks) if key in truths else None
        yield check_sample(
            Sample(
                frame=frame,
                sequence=sequence,
                time=time[sequence],
                group=sequence or frame,
                modality=modality,
                image=decode_image(archive.read(where), where, Choice(channel=channel)).grey(),
                labels=truth,
                pixel_size_um=pixel_size_um,
                where=where,
            )
        )
        time[sequence] += 1


def _files(archive: Archive, folder: str) -> Mapping[tuple[str, str], str]:
    """Return the image files under the folder by (sequence, stem); ImageError when two share a name."""
    found: dict[tuple[str, str], str] = {}
    parts = PurePosixPath(folder).parts
    for name in archive.names():
        path = PurePosixPath(name)
        if path.suffix.lower() not in SUFFIXES:
            continue
        for depth in (1, 2):  # directly in the folder, or in a sequence's folder in it
            if path.parts[-depth - len(parts) : -depth] == parts:
                key = ("" if depth == 1 else path.parts[-2], path.stem)
                if key in found:
                    raise ImageError(f"{found[key]} and {name} are called the same; rename or remove one of them")
                found[key] = name
    return found


def _natural(key: tuple[str, str]) -> list[list[tuple[int, int, str]]]:
    """Sort key by which t2 comes before t10."""
    return [
        [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in re.split(r"(\d+)", text) if part]
        for text in key
    ]


def _safe(name: str) -> str:
    """Return the name with every character but letters, digits, '.', '_' and '-' replaced by '_'."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", name).lstrip(".") or "_"


def _truth(archive: Archive, name: str, masks: bool) -> np.ndarray:
    """Return the label of one file; DatasetError when it is a mask that is not declared as one."""
    return instances_or_mask(decode_image(archive.read(name), name).labels(), name, masks=masks)
