"""Predict a user's own images: which files are written for each image, and the three files themselves."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unetlib.imaging.instances import label_plane
from unetlib.imaging.labels import LARGEST_ID
from unetlib.imaging.normalisation import statistics
from unetlib.imaging.planes import BinnedPlane, NormalisedPlane, check_finite, strips, upsample_rows
from unetlib.io.files import atomic_path, full_disk_named
from unetlib.io.stack_writer import create_stack
from unetlib.io.stacks import Stack, image_files_in, open_stack
from unetlib.networks.settings import PredictionSettings
from unetlib.networks.trained_network import NetworkError, TrainedNetwork

KINDS = ("probability", "mask", "labels")


@dataclass(frozen=True)
class PredictionResult:
    """What came out of one image file."""

    image: Path
    files: tuple[Path, ...]
    planes: int
    instances: int
    seconds: float


def image_files(images: Iterable[Path], folder: Path) -> dict[Path, tuple[Path, ...]]:
    """Return, for every image (`stacks.image_files_in`), the files to be written for it in `folder`.

    Raises NetworkError when two images would have the same files, and when a file would replace an image.
    """
    found = image_files_in(images)
    result: dict[Path, tuple[Path, ...]] = {}
    owner: dict[str, Path] = {}
    for path in found:
        if owner.setdefault(path.stem.lower(), path) != path:
            raise NetworkError(f"{owner[path.stem.lower()]} and {path} would be written to the same files; rename one")
        result[path] = tuple(folder / f"{path.stem}_{kind}.tif" for kind in KINDS)
    inputs = {path.resolve() for path in found}
    for target in (file for files in result.values() for file in files):
        if target.resolve() in inputs:
            raise NetworkError(f"{target}: is an image that was given and would be replaced; choose another folder")
    return result


def check_images(images: Iterable[Path]) -> int:
    """Return how many planes the images have; ImageError for the first that cannot be read."""
    count = 0
    for path in images:
        with open_stack(path) as pages:
            count += len(pages)
    return count


def predict_files(
    network: TrainedNetwork,
    image: Path,
    files: tuple[Path, ...],
    settings: PredictionSettings,
    *,
    report: Callable[[float], None] = lambda planes: None,
) -> PredictionResult:
    """Write probability, mask and labels of one image file, all or none, and return what they hold.

    probability: float32, 0 … 1. labels: the instances of each plane, 1 … n, uint16 (uint32 beyond 65535). mask: uint8,
    255 where there is a label. Axes, pixel size and frame interval are those of the image. report gets the number of
    planes done, after each tile. Each file appears when all three are complete.
    Memory does not grow with the image; with a watershed it grows with the largest component. Pixels are in mapped
    files, and 4 bytes of each in a temporary one in the folder of the results.
    """
    if settings.inference.mode != "tile":
        raise NetworkError(f"{image}: inference.mode resize is for a study's images; use a network that predicts tiles")
    started = time.perf_counter()
    folder = files[0].parent
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        stack.enter_context(full_disk_named(files[0]))
        pages = stack.enter_context(open_stack(image, folder))
        _check_disk(folder, pages)
        temporary = [stack.enter_context(atomic_path(file)) for file in files]
        shape = (*pages.lengths, pages.height, pages.width)
        ids: NDArray[np.uint32] = _mapped(stack, folder, np.uint32, (len(pages), *shape[-2:]))
        probability = create_stack(temporary[0], pages.axes, shape, np.float32, pages.calibration)
        binned_shape = BinnedPlane(pages.plane(0), settings.binning).shape
        binned = _mapped(stack, folder, np.float32, binned_shape) if settings.binning > 1 else None
        counts = []
        for page in range(len(pages)):
            _predict_page(network, pages, page, settings, _PageOutput(probability[page], binned, report))
            counts.append(label_plane(probability[page], ids[page], settings.instances))
        dtype = np.uint16 if max(counts) <= LARGEST_ID else np.uint32
        mask = create_stack(temporary[1], pages.axes, shape, np.uint8, pages.calibration)
        labels = create_stack(temporary[2], pages.axes, shape, dtype, pages.calibration)
        for page in range(len(pages)):
            for rows in strips(shape[-2:]):
                labels[page, rows] = ids[page, rows]
                mask[page, rows] = np.where(ids[page, rows] > 0, 255, 0)
        for array in (probability, mask, labels):
            array.flush()
    return PredictionResult(image, files, len(pages), sum(counts), time.perf_counter() - started)


@dataclass(frozen=True)
class _PageOutput:
    """Where the probability of a page goes: `full`, by way of `binned` where the network sees it binned."""

    full: NDArray[np.float32]
    binned: NDArray[np.float32] | None
    report: Callable[[float], None]


def _predict_page(
    network: TrainedNetwork, pages: Stack, page: int, settings: PredictionSettings, output: _PageOutput
) -> None:
    """Write the probability of one page at full size, and report after each tile."""
    from unetlib.networks.predict import Tiling, count_tiles, predict

    plane = BinnedPlane(pages.plane(page), settings.binning)
    check_finite(plane, pages.where(page))
    tiling = Tiling(device=network.device, precision=network.precision)
    symmetries = settings.inference.test_time_augmentation
    tiles = count_tiles(network.model, plane.shape, tiling, symmetries=symmetries)
    done = iter(range(1, tiles + 1))
    predict(
        network.model,
        NormalisedPlane(plane, *statistics(plane, settings.normalisation)),
        tiling,
        symmetries=symmetries,
        out=output.full if output.binned is None else output.binned,
        report=lambda: output.report(page + next(done) / tiles),
    )
    if output.binned is not None:
        for rows in strips(output.full.shape):
            output.full[rows] = upsample_rows(output.binned, settings.binning, rows, output.full.shape)


def _mapped(stack: ExitStack, folder: Path, dtype: type[np.generic], shape: tuple[int, ...]) -> NDArray[Any]:
    """An array of zeros in a temporary file of this folder, which vanishes with the stack."""
    return np.memmap(stack.enter_context(tempfile.TemporaryFile(dir=folder)), dtype, "w+", 0, shape)


def _check_disk(folder: Path, pages: Stack) -> None:
    """Raise NetworkError when the results of an image do not fit: a full disk would end in a bus error."""
    need = len(pages) * pages.height * pages.width * (4 + 4 + 1 + 4)
    free = shutil.disk_usage(folder).free
    if free < need:
        raise NetworkError(f"{folder}: {pages.path} needs {need / 1e9:.1f} GB here, {free / 1e9:.1f} GB are free")
