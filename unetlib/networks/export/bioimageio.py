"""Package a network for the BioImage Model Zoo (bioimage.io, description 0.5), for use in other tools."""

import io
import json
import zipfile
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from unetlib.imaging.normalisation import PERCENTILES, GreyScale
from unetlib.imaging.settings import Normalisation
from unetlib.networks.export.package import (
    CITATION,
    PAPER,
    PROJECT,
    Package,
    border_px,
    documentation,
    package_facts,
    scale_sentence,
    smallest_input,
)
from unetlib.networks.tiling import step_px

FORMAT = "0.5.3"
EPSILON = 1e-12  # bioimage.io adds one to every scale; this one is lost in rounding
_DATE = (1980, 1, 1, 0, 0, 0)


class PackageError(ValueError):
    """A package cannot be made, or bioimageio.core refuses it."""


def write_package(path: Path, subject: Package) -> None:
    """Write the package, a zip of rdf.yaml, README.md, cover, test tensors and model.onnx; equal input, equal bytes."""
    files = {
        "README.md": documentation(subject).encode(),
        "cover.png": cover(subject),
        "model.onnx": subject.graph,
        "test-image.npy": _npy(subject.tile),
        "test-probability.npy": _npy(subject.probability),
    }
    text = json.dumps(description(subject, files), indent=2, ensure_ascii=False)  # JSON is YAML
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in {"rdf.yaml": (text + "\n").encode(), **files}.items():
            package.writestr(zipfile.ZipInfo(name, _DATE), data, zipfile.ZIP_DEFLATED)


def check_package(path: Path) -> None:
    """Raise PackageError unless bioimageio.core accepts the package and reproduces its test tensors."""
    try:
        from bioimageio.core import test_model
        from loguru import logger
    except ImportError as error:
        raise PackageError(
            f"a package needs bioimageio.core ({error}); pip install '.[export]' in the folder of unetlib"
        ) from error
    logger.disable("bioimageio")
    summary = test_model(path, devices=["cpu"])
    if summary.status != "passed":
        found = [error.msg for detail in summary.details for error in detail.errors]
        reason = " ".join((found or ["no reason given"])[0].split())
        raise PackageError(f"bioimageio.core refuses the package ({summary.status}): {reason}")


def description(subject: Package, files: Mapping[str, bytes]) -> dict[str, JsonValue]:
    """Return the model description (rdf.yaml) of a package with these files."""
    side: dict[str, JsonValue] = {"min": smallest_input(subject.depth, subject.padding), "step": step_px(subject.depth)}
    border = border_px(subject.depth, subject.padding)
    size = subject.pixel_size_um
    scale: dict[str, JsonValue] = (
        {} if size is None else {"scale": whole_scale(size * subject.binning), "unit": "nanometer"}
    )

    def of(name: str) -> dict[str, JsonValue]:
        return {"source": name, "sha256": sha256(files[name]).hexdigest()}

    def output_axis(name: str) -> dict[str, JsonValue]:
        reference: dict[str, JsonValue] = {"tensor_id": "image", "axis_id": name}
        if subject.padding == "valid":
            return {"type": "space", "id": name, "size": {**reference, "offset": -2 * border}, **scale}
        return {"type": "space", "id": name, "size": reference, "halo": border, **scale}

    return {
        "type": "model",
        "format_version": FORMAT,
        "name": subject.name,
        "description": f"U-Net for cells in grey images: foreground probability. {scale_sentence(subject)}",
        "authors": [{"name": "The unetlib developers"}],
        "cite": [{"text": CITATION, "doi": PAPER}, {"text": PROJECT, "doi": PAPER}],
        "license": "MIT",
        "tags": ["unet", "segmentation", "cells", "microscopy", "2d"],
        "documentation": of("README.md"),
        "covers": [of("cover.png")],
        "inputs": [
            {
                "id": "image",
                "description": f"Grey values, not normalised. {scale_sentence(subject)}",
                "axes": [
                    {"type": "batch"},
                    {"type": "channel", "channel_names": ["grey"]},
                    *({"type": "space", "id": name, "size": side, **scale} for name in ("y", "x")),
                ],
                "data": {"type": "float32"},
                "test_tensor": of("test-image.npy"),
                "preprocessing": preprocessing(subject.prediction.normalisation, subject.fixed_scale),
            }
        ],
        "outputs": [
            {
                "id": "probability",
                "description": f"Probability that a pixel is foreground; from {subject.threshold} on it is.",
                "axes": [
                    {"type": "batch"},
                    {"type": "channel", "channel_names": ["foreground"]},
                    *(output_axis(name) for name in ("y", "x")),
                ],
                "data": {"type": "float32", "range": [0, 1]},
                "test_tensor": of("test-probability.npy"),
                "postprocessing": [{"id": "sigmoid"}],
            }
        ],
        "weights": {"onnx": {**of("model.onnx"), "opset_version": subject.opset}},
        "config": {"unetlib": package_facts(subject)},
    }


def preprocessing(normalisation: Normalisation, fixed: GreyScale | None = None) -> list[JsonValue]:
    """Return the bioimage.io steps equivalent to `normalisation.normalise`; `fixed` is the scale of unit_range."""
    per_image: dict[str, JsonValue] = {"axes": ["channel", "y", "x"], "eps": EPSILON}
    steps: list[JsonValue] = [{"id": "ensure_dtype", "kwargs": {"dtype": "float32"}}]
    if normalisation == "zscore":
        steps += [{"id": "zero_mean_unit_variance", "kwargs": per_image}]
    elif normalisation in PERCENTILES:
        low, high = PERCENTILES[normalisation]
        steps += [{"id": "scale_range", "kwargs": per_image | {"min_percentile": low, "max_percentile": high}}]
    elif fixed is not None:
        how: dict[str, JsonValue] = {"gain": 1 / fixed.scale, "offset": -fixed.offset / fixed.scale}
        steps += [{"id": "scale_linear", "kwargs": how}]
    if normalisation == "stretch_2_98":
        steps += [{"id": "clip", "kwargs": {"min": 0.0, "max": 1.0}}]
    return steps


def cover(subject: Package) -> bytes:
    """Return a PNG: the tile's part that has an output, and its probability beside it."""
    from imagecodecs import png_encode

    rows, columns = (
        slice((have - want) // 2, (have + want) // 2)
        for have, want in zip(subject.tile.shape, subject.probability.shape, strict=True)
    )
    seen = subject.tile[rows, columns]
    low, high = np.percentile(seen, (1, 99))
    grey = np.clip((seen - low) / (high - low or 1), 0, 1)
    return bytes(png_encode(np.rint(np.hstack([grey, subject.probability]) * 255).astype(np.uint8)))


def whole_scale(um: float) -> float:
    """Return a length in µm as nm, to 2^-10 nm: n pixels of it, divided by it, are n again.

    bioimageio.spec computes an output's side so and cuts the fraction off: of 204 px of 0.65 µm it makes 203.
    """
    return round(um * 1000 * 1024) / 1024


def _npy(plane: NDArray[np.float32]) -> bytes:
    stream = io.BytesIO()
    np.save(stream, plane[None, None].astype(np.float32))
    return stream.getvalue()
