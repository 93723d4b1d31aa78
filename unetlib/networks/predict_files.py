"""A trained network on a user's own images: which files and settings, and the three files per image that come out."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unetlib.imaging.labels import LARGEST_ID
from unetlib.io.axes import EVERYTHING, Choice
from unetlib.io.files import atomic_paths
from unetlib.io.outputs import OutputError, real_folder, size_text
from unetlib.io.replacement import full_disk_named
from unetlib.io.stack_writer import create_stack
from unetlib.io.stacks import Stack, open_stack
from unetlib.networks.blockwise import Binned, blockwise_statistics, enlarge_rows, label_blockwise, strips
from unetlib.networks.trained_network import NetworkError, TrainedNetwork

OTHER_SCALE = 1.5  # of pixel sizes: beyond it the user is told
KINDS = ("probability", "mask", "labels")


@dataclass(frozen=True)
class PredictionResult:
    """What came out of one image file; files: those that were written, for what stood there already is kept."""

    image: Path
    files: tuple[Path, ...]
    planes: int
    instances: int
    seconds: float
    notes: tuple[str, ...] = ()  # what a person must be told of how the image was read


def image_files(images: Iterable[Path], folder: Path) -> dict[Path, dict[str, Path]]:
    """Return, for every image file, the files of its results in `folder`, by kind (KINDS).

    Raises NetworkError when two images would have the same files, OutputError when a file would replace an image.
    """
    found = list(images)
    result: dict[Path, dict[str, Path]] = {}
    owner: dict[str, Path] = {}
    for path in found:
        if owner.setdefault(path.stem.lower(), path) != path:
            raise NetworkError(f"{owner[path.stem.lower()]} and {path} would be written to the same files; rename one")
        result[path] = {kind: folder / f"{path.stem}_{kind}.tif" for kind in KINDS}
    inputs = {path.resolve() for path in found}
    for target in (file for files in result.values() for file in files.values()):
        if target.resolve() in inputs:
            raise OutputError(f"{target}: is an image that was given and would be replaced; choose another folder")
    return result


def missing(files: Mapping[str, Path]) -> dict[str, Path]:
    """Return those of the files that are not there or empty: the others are of an earlier run, maybe corrected."""
    return {kind: file for kind, file in files.items() if not (file.is_file() and file.stat().st_size)}


def count_planes(image: Path, choice: Choice = EVERYTHING) -> int:
    """Return how many planes an image file has; ImageError where it cannot be read."""
    with open_stack(image, choice=choice) as pages:
        return len(pages)


def predict_files(
    network: TrainedNetwork,
    image: Path,
    files: Mapping[str, Path],
    *,
    threshold: float | None,
    min_area_px: int,
    watershed_depth_px: float = 0.0,
    rotations: int | None = None,
    binning: int | None = None,
    choice: Choice = EVERYTHING,
    report: Callable[[float], None] = lambda planes: None,
) -> PredictionResult:
    """Write the files (some of KINDS, one at least) of one image file, all or none, and return what they hold.

    probability: float32, 0 … 1. labels: instances of each plane, 1 … n, uint16 (uint32 beyond 65535): components
    of probability ≥ threshold (None: the study's) over pixel sides, cut at necks deeper than watershed_depth_px
    (0: not; `watershed.split_touching`), those under min_area_px dropped. mask: uint8,
    255 where there is a label. Axes, pixel size and frame interval are those of the image. rotations: turned
    versions to average over, 1, 4 or 8 (None: as the study did). binning: as `Network.binning`, for
    images of another scale. choice: which channel and z plane. report gets the number of planes done, after each tile.
    Each file appears when all are complete. Memory does not grow with the image (`mosaic`, `strips`), with
    watershed_depth_px it does with the largest component: pixels are in mapped files, 4 bytes each in a temporary one,
    which stands in the folder of the results.
    """
    from unetlib.networks.predict_large import count_tiles, predict_large

    started = time.perf_counter()
    cut = network.threshold if threshold is None else threshold
    first = next(iter(files.values()))
    folder = real_folder(first.parent)
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        stack.enter_context(full_disk_named(first))
        pages = stack.enter_context(open_stack(image, folder, choice))
        _check_disk(folder, pages)
        notes = (*pages.notes, *_other_scale(network, pages))
        temporary = dict(zip(files, stack.enter_context(atomic_paths(list(files.values()))), strict=True))
        shape = (*pages.lengths, pages.height, pages.width)
        scratch = stack.enter_context(tempfile.TemporaryFile(dir=folder))
        ids: NDArray[np.uint32] = np.memmap(scratch, np.uint32, "w+", 0, (len(pages), *shape[-2:]))
        if "probability" in files:
            probability = create_stack(temporary["probability"], pages.axes, shape, np.float32, pages.calibration)
        else:
            probability = _scratch(stack, folder, (len(pages), *shape[-2:]))
        factor = network.binning if binning is None else binning
        small = Binned(pages.plane(0), factor).shape
        seen: NDArray[np.float32] = _scratch(stack, folder, small) if factor > 1 else probability[0]
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
        probability.flush()
        _write_labels(temporary, ids, pages, np.uint16 if max(counts) <= LARGEST_ID else np.uint32)
    return PredictionResult(image, tuple(files.values()), len(pages), sum(counts), time.perf_counter() - started, notes)


def _write_labels(
    files: Mapping[str, Path], ids: NDArray[np.uint32], pages: Stack, dtype: type[np.uint16] | type[np.uint32]
) -> None:
    """Write the instances as labels and as a mask, those of both that are wanted."""
    shape = (*pages.lengths, pages.height, pages.width)
    for kind, of_kind in (("mask", np.uint8), ("labels", dtype)):
        if kind not in files:
            continue
        array = create_stack(files[kind], pages.axes, shape, of_kind, pages.calibration)
        for page in range(len(pages)):
            for rows in strips(shape[-2:]):
                array[page, rows] = ids[page, rows] if kind == "labels" else np.where(ids[page, rows] > 0, 255, 0)
        array.flush()


def _other_scale(network: TrainedNetwork, pages: Stack) -> tuple[str, ...]:
    """What is to be said of an image whose pixels are far from those that the network was trained on."""
    own, trained = pages.calibration.column_um, network.pixel_size_um
    if not own or not trained or max(own / trained, trained / own) <= OTHER_SCALE:
        return ()
    return (
        f"{pages.path}: its pixels are {own:g} µm, those that the network was trained on {trained:g} µm "
        f"({max(own / trained, trained / own):.1f} times apart); resample the image to {trained:g} µm",
    )


def _scratch(stack: ExitStack, folder: Path, shape: tuple[int, ...]) -> np.memmap[Any, np.dtype[np.float32]]:
    return np.memmap(stack.enter_context(tempfile.TemporaryFile(dir=folder)), np.float32, "w+", 0, shape)


def _check_disk(folder: Path, pages: Stack) -> None:
    """ApplyError when the results of an image do not fit: a mapped file on a full disk would end in a bus error."""
    need = len(pages) * pages.height * pages.width * (4 + 4 + 1 + 4)
    free = shutil.disk_usage(folder).free
    if free < need:
        line = f"{pages.path} needs {size_text(need)} here, {size_text(free)} are free"
        raise NetworkError(f"{folder}: {line}; free some, or choose another folder")
