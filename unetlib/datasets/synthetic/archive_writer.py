"""Write synthetic microscopy as zip archives in the layouts of the public datasets that it imitates."""

import hashlib
import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import tifffile
from numpy.typing import NDArray
from scipy import ndimage

from unetlib.datasets.synthetic.electron_microscopy import membranes
from unetlib.datasets.synthetic.nuclei import fluorescence
from unetlib.datasets.synthetic.optics import Labels, keep_largest_pieces, smooth_noise
from unetlib.datasets.synthetic.phase_contrast import TimeLapse, phase_contrast
from unetlib.io.files import atomic_path

__all__ = ["MODALITIES", "fluorescence", "membranes", "perturbed", "phase_contrast", "write_archive"]

Member = tuple[str, bytes]
MARKER_RADIUS_PX = 4


def write_archive(path: str | Path, modality: str, *, seed: int, **size: Any) -> None:
    """Write a zip of `modality` to `path`, atomically; the same arguments give the same bytes.

    phase imitates the Cell Tracking Challenge, fluorescence DSB2018, membranes ISBI-2012; `size` (frames, height,
    width, …) is passed to the modality's function. ValueError for an unknown modality.
    """
    if modality not in MODALITIES:
        raise ValueError(f"{modality}: unknown modality; use one of {', '.join(MODALITIES)}")
    with atomic_path(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for name, data in MODALITIES[modality](seed, **size):
            member = zipfile.ZipInfo(name, date_time=(2012, 1, 1, 0, 0, 0))
            member.create_system = 3
            member.external_attr = 0o644 << 16
            archive.writestr(member, data)  # stored: the images are compressed already


def _ctc(
    seed: int, *, sequences: int = 2, gold_every: int = 2, name: str = "PhC-synthetic", **size: Any
) -> Iterator[Member]:
    """Yield a Cell Tracking Challenge dataset: every `gold_every`-th frame has gold truth, the last of them partial."""
    for number in range(1, sequences + 1):
        movie = phase_contrast(seed * 100 + number, **size)
        rng = np.random.default_rng([seed, 5, number])
        gold = list(range(gold_every // 2, len(movie.images), gold_every))
        for time, (image, labels) in enumerate(zip(movie.images, movie.labels, strict=True)):
            yield f"{name}/{number:02d}/t{time:03d}.tif", tiff(image)
            yield f"{name}/{number:02d}_GT/TRA/man_track{time:03d}.tif", tiff(markers(labels))
            yield f"{name}/{number:02d}_ST/SEG/man_seg{time:03d}.tif", tiff(perturbed(rng, labels))
            if time in gold:
                drawn = _partial(labels) if time == gold[-1] and len(gold) > 1 else labels
                yield f"{name}/{number:02d}_GT/SEG/man_seg{time:03d}.tif", tiff(drawn)
        yield f"{name}/{number:02d}_GT/TRA/man_track.txt", _track_lines(movie)


def _track_lines(movie: TimeLapse) -> bytes:
    lines = (f"{track.label} {track.begin} {track.end} {track.parent}\r\n" for track in movie.tracks)
    return "".join(lines).encode()


def _partial(labels: Labels) -> Labels:
    """Return the labels of the two largest cells only, like a gold frame whose annotator stopped early."""
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    return np.where(np.isin(labels, np.argsort(sizes)[-2:]), labels, 0).astype(np.uint16)


def markers(labels: Labels) -> Labels:
    """Return tracking markers (H, W) uint16: a disc of up to 4 px around the innermost pixel of each instance."""
    marked = np.zeros_like(labels)
    for number, box in enumerate(ndimage.find_objects(labels), start=1):
        if box is None:
            continue
        mask = labels[box] == number
        inner = ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]
        row, column = np.unravel_index(int(inner.argmax()), mask.shape)
        rows, columns = np.ogrid[: mask.shape[0], : mask.shape[1]]
        disc = (rows - row) ** 2 + (columns - column) ** 2 <= MARKER_RADIUS_PX**2
        marked[box][mask & disc] = number
    return marked


def perturbed(rng: np.random.Generator, labels: Labels, *, shift_px: float = 0.8) -> Labels:
    """Return silver truth (H, W) uint16: labels with outlines displaced by about `shift_px`, half a pixel inside."""
    rows, columns = np.mgrid[: labels.shape[0], : labels.shape[1]].astype(float)
    wander = [shift_px * smooth_noise(rng, labels.shape, 5.0) for _ in "rc"]
    moved = ndimage.map_coordinates(
        labels, [rows + wander[0], columns + wander[1]], order=0, mode="nearest", prefilter=False
    )
    edge = ndimage.minimum_filter(moved, 3) != ndimage.maximum_filter(moved, 3)
    eroded = edge & (smooth_noise(rng, labels.shape, 4.0) > 0.3)
    silver = keep_largest_pieces(np.where(eroded, 0, moved).astype(np.uint16))
    # Cells too small to survive the displacement are kept unchanged.
    lost = np.isin(labels, np.setdiff1d(labels, silver))
    return np.where(lost & (silver == 0), labels, silver).astype(np.uint16)


def _dsb(seed: int, **size: Any) -> Iterator[Member]:
    """Yield a Data Science Bowl 2018 dataset: a folder per image, one RGBA PNG and one 0/255 PNG per nucleus."""
    for index, (image, labels) in enumerate(fluorescence(seed, **size)):
        name = hashlib.sha256(f"{seed} {index}".encode()).hexdigest()
        yield f"stage1_train/{name}/images/{name}.png", png(image)
        for number in range(1, int(labels.max()) + 1):
            nucleus = hashlib.sha256(f"{seed} {index} {number}".encode()).hexdigest()
            yield f"stage1_train/{name}/masks/{nucleus}.png", png((labels == number) * np.uint8(255))


def _isbi(seed: int, *, frames: int = 16, frames_for_testing: int = 0, **size: Any) -> Iterator[Member]:
    """Yield an ISBI-2012 dataset: multi-page TIFFs, 255 = cell and 0 = membrane; the test volume has no labels."""
    stack = membranes(seed, frames=frames + frames_for_testing, **size)
    yield "train-volume.tif", tiff(stack.images[:frames])
    yield "train-labels.tif", tiff((stack.labels[:frames] > 0) * np.uint8(255))
    if frames_for_testing:
        yield "test-volume.tif", tiff(stack.images[frames:])


def tiff(array: NDArray[Any]) -> bytes:
    """Return a TIFF file of a 2-D image or of a 3-D stack, one page per slice; LZW, as the challenges use it."""
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as writer:
        for page in array[None] if array.ndim == 2 else array:
            writer.write(page, compression="lzw", photometric="minisblack", metadata=None, software=False)
    return buffer.getvalue()


def png(array: NDArray[np.uint8]) -> bytes:
    """Return a PNG file of a grey (H, W) or RGBA (H, W, 4) image."""
    return bytes(imagecodecs.png_encode(np.ascontiguousarray(array)))


MODALITIES: dict[str, Callable[..., Iterator[Member]]] = {"phase": _ctc, "fluorescence": _dsb, "membranes": _isbi}
