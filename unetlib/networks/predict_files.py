"""A trained network on a user's own images: which files and settings, and the three files per image that come out."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unetlib.imaging.labels import LARGEST_ID
from unetlib.io.files import atomic_path, full_disk_named
from unetlib.io.stack_writer import create_stack
from unetlib.io.stacks import Stack, open_stack
from unetlib.networks.blockwise import Binned, blockwise_statistics, enlarge_rows, label_blockwise, strips
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
    """Return, for every image file, the files to be written for it in `folder`.

    Raises ApplyError when two images would have the same files, and when a file would replace an image.
    """
    found = list(images)
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
    *,
    threshold: float | None,
    min_area_px: int,
    watershed_depth_px: float = 0.0,
    rotations: int | None = None,
    binning: int | None = None,
    report: Callable[[float], None] = lambda planes: None,
) -> PredictionResult:
    """Write probability, mask and labels of one image file, all or none, and return what they hold.

    probability: float32, 0 … 1. labels: instances of each plane, 1 … n, uint16 (uint32 beyond 65535): components
    of probability ≥ threshold (None: the study's) over pixel sides, cut at necks deeper than watershed_depth_px
    (0: not; `watershed.split_touching`), those under min_area_px dropped. mask: uint8,
    255 where there is a label. Axes, pixel size and frame interval are those of the image. rotations: turned
    versions to average over, 1, 4 or 8 (None: as the study did). binning: as `Network.binning`, for
    images of another scale. report gets the number of planes done, after each tile.
    Each file appears when all three are complete. Memory does not grow with the image (`mosaic`, `strips`), with
    watershed_depth_px it does with the largest component: pixels are in mapped files, 4 bytes each in a temporary one,
    which stands in the folder of the results.
    """
    from unetlib.networks.predict_large import count_tiles, predict_large

    started = time.perf_counter()
    cut = network.threshold if threshold is None else threshold
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        stack.enter_context(full_disk_named(files[0]))
        pages = stack.enter_context(open_stack(image, files[0].parent))
        _check_disk(files[0].parent, pages)
        temporary = [stack.enter_context(atomic_path(file)) for file in files]
        shape = (*pages.lengths, pages.height, pages.width)
        scratch = stack.enter_context(tempfile.TemporaryFile(dir=files[0].parent))
        ids: NDArray[np.uint32] = np.memmap(scratch, np.uint32, "w+", 0, (len(pages), *shape[-2:]))
        probability = create_stack(temporary[0], pages.axes, shape, np.float32, pages.calibration)
        factor = network.binning if binning is None else binning
        small = Binned(pages.plane(0), factor).shape
        seen: NDArray[np.float32] = _scratch(stack, files[0].parent, small) if factor > 1 else probability[0]
        turns = network.rotations if rotations is None else rotations
        counts, tiles = [], count_tiles(small, network.model, rotations=turns)
        for page in range(len(pages)):
            plane, done = Binned(pages.plane(page), factor), (page + part / tiles for part in range(1, tiles + 1))
            found = seen if factor > 1 else probability[page]
            offset, scale = blockwise_statistics(plane, network.normalisation, pages.where(page))
            predict_large(
                network.model,
                plane,
                found,
                offset=offset,
                scale=scale,
                rotations=turns,
                device=network.device,
                precision=network.precision,
                report=lambda done=done: report(next(done)),  # type: ignore[misc]
            )
            if factor > 1:
                for rows in strips(shape[-2:]):
                    probability[page, rows] = enlarge_rows(found, factor, rows, shape[-2:])
            counts.append(
                label_blockwise(
                    probability[page],
                    ids[page],
                    threshold=cut,
                    min_area_px=min_area_px,
                    watershed_depth_px=watershed_depth_px,
                )
            )
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


def _scratch(stack: ExitStack, folder: Path, shape: tuple[int, ...]) -> NDArray[np.float32]:
    return np.memmap(stack.enter_context(tempfile.TemporaryFile(dir=folder)), np.float32, "w+", 0, shape)


def _check_disk(folder: Path, pages: Stack) -> None:
    """ApplyError when the results of an image do not fit: a mapped file on a full disk would end in a bus error."""
    need = len(pages) * pages.height * pages.width * (4 + 4 + 1 + 4)
    free = shutil.disk_usage(folder).free
    if free < need:
        raise NetworkError(f"{folder}: {pages.path} needs {need / 1e9:.1f} GB here, {free / 1e9:.1f} GB are free")
