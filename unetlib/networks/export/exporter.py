"""Export a model.pt as ONNX or as a bioimage.io package, which is kept only if it agrees with PyTorch."""

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from unetlib.imaging.binning import bin_image
from unetlib.imaging.normalisation import statistics
from unetlib.io.files import atomic_path, sha256_of
from unetlib.io.outputs import check_file
from unetlib.io.stacks import open_stack
from unetlib.networks.export.bioimageio import check_package, write_package
from unetlib.networks.export.package import Package, border_px
from unetlib.networks.run_record import RunRecord
from unetlib.networks.settings import PredictionSettings
from unetlib.networks.tiling import largest_tile, mirror_index, takes_tile
from unetlib.networks.trained_network import TrainedNetwork, load_network, prediction_beside

KINDS = {"onnx": ".onnx", "bioimageio": ".zip"}
LARGEST_DIFFERENCE = 1e-4  # of a probability; rounding alone is 1e-6
TILE_PX = 388  # the paper's output tile, which other programs are told to take


class ExportError(ValueError):
    """A model cannot be exported as requested."""


@dataclass(frozen=True)
class ExportResult:
    """An export: its file, the number of tiles that checked it, and the largest difference of a probability."""

    file: Path
    tiles: int
    difference: float


def export(
    path: Path,
    output: Path,
    *,
    kind: str,
    image: Path | None = None,
    tile_px: int | None = None,
    overwrite: bool = False,
) -> ExportResult:
    """Write the network of a model.pt as kind "onnx" or "bioimageio", and return how well it agrees with PyTorch.

    Both run in 32-bit floats on two full tiles in one batch, and on a smaller one, of `image` (its first plane; None:
    a synthetic phase-contrast micrograph). tile_px: output side of a full tile (None: 388, or the largest below).
    The file appears when the largest difference is 1e-4 or less and, for a package, when bioimageio.core has accepted
    it. onnx: takes normalised images, gives probabilities. bioimageio: normalisation and sigmoid are steps of its
    description; that of unit_range needs `image`, whose pixel type says what the largest grey value is.
    An earlier export stays unless overwrite is given. Raises OutputError, ExportError, GraphError,
    PackageError, ModelFileError, NetworkError or ImageError.
    """
    from unetlib.networks.export import onnx_graph

    if kind not in KINDS:
        raise ExportError(f"an export to {kind!r} is not known; choose {' or '.join(KINDS)}")
    if output.suffix.lower() != KINDS[kind]:
        raise ExportError(f"{output}: an export to {kind} is a {KINDS[kind]} file; name it so")
    inputs = [path] if image is None else [path, image]
    check_file(output, inputs=inputs, overwrite=overwrite, ours=_is_export, noun=f"an export to {kind}")
    network = load_network(path, "cpu")
    if network.model.planes:
        raise ExportError(f"{path}: has distance targets, which no export holds; train with target.kind mask")
    settings = prediction_beside(path, network.record) or network.prediction
    if image is None and kind == "bioimageio" and settings.normalisation == "unit_range":
        raise ExportError(
            f"{path}: is normalised by unit_range, by the largest value of a pixel type; give an image of that type"
            " (--image)"
        )
    picture = _picture(image)
    fixed = statistics(picture, "unit_range") if settings.normalisation == "unit_range" else None
    tiles, smaller = _tiles(network, bin_image(picture, settings.binning), tile_px)
    provenance = provenance_of(network.record.with_pixel_size(settings.pixel_size_um), path)
    usage = {**_usage(network, settings), "run": provenance}
    facts = {name: json.dumps(value, sort_keys=True) for name, value in usage.items() if value is not None}
    made = onnx_graph.graph(network.model, sides_px=tiles[0].shape, logit=kind == "bioimageio", facts=facts)
    normalised = [
        [(fixed or statistics(tile, settings.normalisation)).of(tile) for tile in batch] for batch in (tiles, [smaller])
    ]
    worst, probability = _compared(network, made, normalised)
    if not worst <= LARGEST_DIFFERENCE:
        limit = f"{LARGEST_DIFFERENCE:g} is the most"
        raise ExportError(f"{path}: ONNX differs from PyTorch by {worst:.1e} in a probability, {limit}; not kept")
    with atomic_path(output) as temporary:
        if kind == "onnx":
            temporary.write_bytes(made)
        else:
            package = Package(
                graph=made,
                name=_name(network.record),
                depth=network.model.depth,
                padding=network.model.padding,
                prediction=settings,
                pixel_size_um=None if network.resample.object_diameter_px else settings.pixel_size_um,
                object_diameter_px=network.resample.object_diameter_px,
                fixed_scale=fixed,
                provenance=provenance,
                opset=onnx_graph.OPSET,
                difference=worst,
                tile=tiles[0],
                probability=probability,
            )
            write_package(temporary, package)
            check_package(temporary)
    return ExportResult(output, 3, worst)


def _compared(
    network: TrainedNetwork, made: bytes, batches: list[list[NDArray[np.float32]]]
) -> tuple[float, NDArray[np.float32]]:
    """Return the largest difference to PyTorch's probabilities of normalised tiles, and those of the first tile."""
    from unetlib.networks.export import onnx_graph

    worst, found = 0.0, []
    for batch in batches:
        images = np.stack(batch)[:, None]
        ours, theirs = onnx_graph.by_torch(network.model, images), onnx_graph.by_runtime(made, images)
        worst = float(np.maximum(worst, np.abs(ours - theirs).max()))  # NaN stays NaN, which no limit accepts
        found.append(ours)
    return worst, found[0][0, 0]


def provenance_of(record: RunRecord, path: Path) -> dict[str, JsonValue]:
    """Return where the weights come from: run, data with their checksums, settings, validation score."""
    keys = {"experiment", "train_dataset", "fold", "seed", "code", "best_update", "best_validation_dice", "settings"}
    data = {"data": {"__all__": {"dataset", "sha256", "options", "binning"}}}
    known = record.model_dump(mode="json", include=keys, exclude_none=True)
    return {"model_sha256": sha256_of(path), **known, **record.model_dump(mode="json", include=data)}


def _usage(network: TrainedNetwork, settings: PredictionSettings) -> dict[str, JsonValue]:
    model = network.model
    name = "context_px" if model.padding == "valid" else "halo_px"
    return {
        "normalisation": settings.normalisation,
        "threshold": settings.instances.threshold,
        "binning": settings.binning,
        "pixel_size_um": settings.pixel_size_um,
        "object_diameter_px": network.resample.object_diameter_px,
        name: border_px(model.depth, model.padding),
    }


def _picture(image: Path | None) -> NDArray[Any]:
    """Return the image (H, W) from which tiles are cut; its scale is unrelated to that of the training images."""
    if image is None:
        from unetlib.datasets.synthetic.phase_contrast import phase_contrast

        return phase_contrast(0).images[0]
    with open_stack(image) as pages:
        picture = pages.plane(0)[:, :]
    if not np.isfinite(picture).all():
        raise ExportError(f"{image}: holds pixels that are NaN or infinite; repair the image, or give another")
    return picture


def _is_export(path: Path) -> bool:
    """Return whether a file is one of our exports: a graph with our provenance, or a package that holds one."""
    try:
        with zipfile.ZipFile(path) as package:
            return {"rdf.yaml", "model.onnx"} <= set(package.namelist())
    except zipfile.BadZipFile:
        return b"model_sha256" in path.read_bytes()


def _tiles(
    network: TrainedNetwork, picture: NDArray[Any], tile_px: int | None
) -> tuple[list[NDArray[np.float32]], NDArray[np.float32]]:
    """Cut two tiles (centre and corner) and a smaller one, each with its border, mirrored beyond the image."""
    depth, padding = network.model.depth, network.model.padding
    full = largest_tile(TILE_PX, depth=depth, padding=padding) if tile_px is None else tile_px
    if not takes_tile(full, depth=depth, padding=padding):
        near = largest_tile(full, depth=depth, padding=padding)
        raise ExportError(f"this network has no tile of {full} px; take {near}")
    border = border_px(depth, padding)

    def tile(side: int, centred: bool) -> NDArray[np.float32]:
        starts = [(length - side) // 2 if centred else 0 for length in picture.shape]
        rows, columns = (
            mirror_index(start - border, start + side + border, length)
            for start, length in zip(starts, picture.shape, strict=True)
        )
        return picture[np.ix_(rows, columns)].astype(np.float32)

    below = largest_tile(full - 1, depth=depth, padding=padding)  # of the smallest tile: itself
    return [tile(full, True), tile(full, False)], tile(below, True)


def _name(record: RunRecord) -> str:
    run = " ".join(part for part in (record.experiment, record.train_dataset) if part)
    return f"unetlib {run or 'network'}"
