"""Predict a user's own images and write the result files of each."""

import math
import shutil
import time
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unetlib.imaging.instances import label_plane
from unetlib.imaging.labels import LARGEST_ID
from unetlib.imaging.outlines import outlined, side_by_side
from unetlib.imaging.planes import Readable, check_finite, copy_plane, strips
from unetlib.io.axes import EVERYTHING, Choice
from unetlib.io.calibration import Calibration
from unetlib.io.files import atomic_paths
from unetlib.io.mapped_files import temporary_array
from unetlib.io.outputs import OutputError, real_folder
from unetlib.io.png import write_png
from unetlib.io.replacement import full_disk_named
from unetlib.io.stack_writer import create_stack
from unetlib.io.stacks import Stack, open_stack
from unetlib.io.wording import size_text
from unetlib.networks.first_pass import scale_of_first_pass
from unetlib.networks.image_scale import ImageOptions, ImageScale, object_scale
from unetlib.networks.predict_page import page_buffers, predict_page
from unetlib.networks.settings import PredictionSettings
from unetlib.networks.trained_network import NetworkError, TrainedNetwork

AS_THEY_ARE = ImageOptions()
KINDS = ("probability", "mask", "labels")
OVERLAY = "overlay"  # an optional fourth kind: the image with the outlines of the cells, PNG

Watch = Callable[[Readable, NDArray[np.uint32]], None]  # a page and its instances, as soon as they are found


@dataclass(frozen=True)
class PredictionResult:
    """The result of one image file; files: those that were written, because existing ones are kept."""

    image: Path
    files: tuple[Path, ...]
    planes: int
    instances: int
    seconds: float
    notes: tuple[str, ...] = ()  # what the user must know about how the image was read


def image_files(images: Iterable[Path], folder: Path, *, overlay: bool = False) -> dict[Path, dict[str, Path]]:
    """Return, for every image file, the files of its results in `folder`, by kind (KINDS, and OVERLAY if wanted).

    Raises NetworkError when two images would have the same files, OutputError when a file would replace an image.
    """
    found = list(images)
    result: dict[Path, dict[str, Path]] = {}
    owner: dict[str, Path] = {}
    for path in found:
        one_name = unicodedata.normalize("NFC", path.stem).casefold()  # one file on the disks of macOS and Windows
        if owner.setdefault(one_name, path) != path:
            raise NetworkError(f"{owner[one_name]} and {path} would be written to the same files; rename one")
        result[path] = {kind: folder / f"{path.stem}_{kind}.tif" for kind in KINDS}
        if overlay:
            result[path][OVERLAY] = folder / f"{path.stem}_{OVERLAY}.png"
    inputs = {path.resolve() for path in found}
    for target in (file for files in result.values() for file in files.values()):
        if target.resolve() in inputs:
            raise OutputError(f"{target}: is an image that was given and would be replaced; choose another folder")
    return result


def missing(files: Mapping[str, Path]) -> dict[str, Path]:
    """Return the files that are missing or empty: the others are from an earlier run and may have been corrected."""
    return {kind: file for kind, file in files.items() if not (file.is_file() and file.stat().st_size)}


def count_planes(image: Path, choice: Choice = EVERYTHING) -> int:
    """Return the number of planes of an image file; raises ImageError if it cannot be read."""
    with open_stack(image, choice=choice) as pages:
        return len(pages)


def predict_files(
    network: TrainedNetwork,
    image: Path,
    files: Mapping[str, Path],
    settings: PredictionSettings,
    *,
    options: ImageOptions = AS_THEY_ARE,
    report: Callable[[float], None] = lambda planes: None,
    watch: Watch = lambda plane, instances: None,
) -> PredictionResult:
    """Write the files (of KINDS and OVERLAY, one at least) of one image file, all or none; return what they hold.

    probability: float32, 0 … 1. labels: the instances of each plane, 1 … n, uint16 (uint32 beyond 65535). mask: uint8,
    255 where there is a label. Axes, pixel size, distance of z planes and frame interval are those of the image.
    overlay: the first, the middle and the last plane with outlined instances. options: which channel and z plane, and
    at which pixel size they are predicted; minimum area and watershed depth count pixels of that size. report gets the
    number of planes done, after each tile, watch each plane with its instances. Each file appears when all are
    complete. Memory does not grow with the image; with a watershed it grows with the largest component. Pixels are in
    mapped files, and 4 bytes of each, and 12 of each that is resampled, in temporary ones in the folder of the results.
    """
    if settings.inference.mode != "tile":
        raise NetworkError(f"{image}: inference.mode resize is for a study's images; use a network that predicts tiles")
    started = time.perf_counter()
    first = next(iter(files.values()))
    folder = real_folder(first.parent)
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        stack.enter_context(full_disk_named(first))
        pages = stack.enter_context(open_stack(image, folder, options.choice))
        mapped = partial(temporary_array, folder)
        scale = object_scale(pages, options, settings, network.resample)
        if options.object_diameter_px is None and network.resample.prediction == "first_pass":
            scale = scale_of_first_pass(network, pages, scale, settings, mapped)
        _check_disk(folder, pages, scale, network.model.planes)
        calibration, instances = options.calibration(pages), scale.instances(settings.instances)
        temporary = dict(zip(files, stack.enter_context(atomic_paths(list(files.values()))), strict=True))
        shape = (*pages.lengths, pages.height, pages.width)
        by_page = (len(pages), *shape[-2:])
        ids: NDArray[np.uint32] = mapped(np.uint32, by_page)
        if "probability" in files:
            probability = create_stack(temporary["probability"], pages.axes, shape, np.float32, calibration)
        else:
            probability = mapped(np.float32, by_page)
        several = network.model.planes
        planes = mapped(np.float32, (*several, *shape[-2:])) if several else None  # of which one is the probability
        buffers = page_buffers(pages.dtype, scale, settings.binning, mapped, planes=several)
        counts = []
        for page in range(len(pages)):

            def done(share: float, page: int = page) -> None:
                report(page + share)

            plane = check_finite(pages.plane(page), pages.where(page))
            found = probability[page] if planes is None else planes
            predict_page(network, plane, settings, buffers, found, done)
            if planes is not None:
                copy_plane(planes[0], probability[page])
            counts.append(label_plane(found, ids[page], instances))
            watch(plane, ids[page])
        probability.flush()
        if OVERLAY in files:
            _write_overlay(temporary[OVERLAY], pages, ids)
        _write_labels(temporary, ids, pages, calibration, np.uint16 if max(counts) <= LARGEST_ID else np.uint32)
    seconds, notes = time.perf_counter() - started, (*pages.notes, *scale.notes)
    return PredictionResult(image, tuple(files.values()), len(pages), sum(counts), seconds, notes)


def _write_labels(
    files: Mapping[str, Path],
    ids: NDArray[np.uint32],
    pages: Stack,
    calibration: Calibration,
    dtype: type[np.uint16] | type[np.uint32],
) -> None:
    """Write the instances as labels and as a mask, whichever of them is requested."""
    shape = (*pages.lengths, pages.height, pages.width)
    for kind, of_kind in (("mask", np.uint8), ("labels", dtype)):
        if kind not in files:
            continue
        array = create_stack(files[kind], pages.axes, shape, of_kind, calibration)
        for page in range(len(pages)):
            for rows in strips(shape[-2:]):
                array[page, rows] = ids[page, rows] if kind == "labels" else np.where(ids[page, rows] > 0, 255, 0)
        array.flush()


def overlay_pages(count: int) -> Sequence[int]:
    """Return the planes that an overlay shows.

    >>> [overlay_pages(count) for count in (1, 2, 9)]
    [[0], [0, 1], [0, 4, 8]]
    """
    return sorted({0, (count - 1) // 2, count - 1})


def _write_overlay(path: Path, pages: Stack, ids: NDArray[np.uint32]) -> None:
    """Write the picture of some planes with their outlined instances, side by side."""
    write_png(path, side_by_side([outlined(pages.plane(page), ids[page]) for page in overlay_pages(len(pages))]))


def _check_disk(folder: Path, pages: Stack, scale: ImageScale, planes: tuple[int, ...]) -> None:
    """Raise NetworkError when the results of an image do not fit on the disk."""
    need = len(pages) * pages.height * pages.width * (4 + 4 + 1 + 4)
    need += math.prod(planes) * 4 * pages.height * pages.width if planes else 0
    if scale.resampled:
        need += math.prod(scale.predicted) * (8 + 4 * math.prod(planes))
    free = shutil.disk_usage(folder).free
    if free < need:
        line = f"{pages.path} needs {size_text(need)} here, {size_text(free)} are free"
        raise NetworkError(f"{folder}: {line}; free some, or choose another folder")
