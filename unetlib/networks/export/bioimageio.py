"""A network as a model package of the BioImage Model Zoo (bioimage.io, description 0.5), for other tools."""

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from unetlib.imaging.settings import Normalisation
from unetlib.networks.settings import PredictionSettings
from unetlib.networks.tiling import context_px, smallest_output, step_px

FORMAT = "0.5.3"
PAPER = "10.1007/978-3-319-24574-4_28"
CITATION = (
    "Ronneberger O, Fischer P, Brox T. U-Net: Convolutional Networks for Biomedical Image Segmentation. MICCAI 2015."
)
PROJECT = (
    "Made by unetlib (the unetlib developers: the U-Net cell-segmentation literature, regenerated), after the paper."
)
EPSILON = 1e-12  # bioimage.io adds one to every scale; this one is lost in rounding
_DATE = (1980, 1, 1, 0, 0, 0)


class PackageError(ValueError):
    """A package that cannot be made, or that bioimageio.core refuses."""


@dataclass(frozen=True, kw_only=True)
class Package:
    """What is packed: its graph (ONNX, giving logits), what is known of it, and a tile with its probability.

    tile (H, W) are grey values, binned as `binning` says but not normalised; probability (H', W') what PyTorch finds.
    """

    graph: bytes
    name: str
    depth: int
    padding: str
    prediction: PredictionSettings
    pixel_size_um: float | None
    provenance: Mapping[str, JsonValue]
    opset: int
    difference: float
    tile: NDArray[np.float32]
    probability: NDArray[np.float32]

    @property
    def binning(self) -> int:
        """How many pixels squared are averaged into one first."""
        return self.prediction.binning

    @property
    def threshold(self) -> float:
        """The foreground probability from which a pixel is foreground."""
        return self.prediction.instances.threshold


def border_px(depth: int, padding: str) -> int:
    """Return how far an output's pixels see beyond it (unpadded), or how far padding reaches into it, each side."""
    return context_px(depth) if padding == "valid" else 6 * step_px(depth)


def smallest_input(depth: int, padding: str) -> int:
    """Return the smallest input side: an unpadded network's, or that of which a pixel is left within the border."""
    border = border_px(depth, padding)
    return 2 * border + (smallest_output(depth) if padding == "valid" else step_px(depth))


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
        raise PackageError(f"a package needs bioimageio.core ({error}); pip install 'unetlib[export]'") from error
    logger.disable("bioimageio")
    summary = test_model(path, devices=["cpu"])
    if summary.status != "passed":
        found = [error.msg for detail in summary.details for error in detail.errors]
        reason = " ".join((found or ["no reason given"])[0].split())
        raise PackageError(f"bioimageio.core refuses the package ({summary.status}): {reason}")


def description(subject: Package, files: Mapping[str, bytes]) -> dict[str, Any]:
    """Return the model description (rdf.yaml) of a package with these files."""
    side = {"min": smallest_input(subject.depth, subject.padding), "step": step_px(subject.depth)}
    border = border_px(subject.depth, subject.padding)
    size = subject.pixel_size_um
    scale = {} if size is None else {"scale": whole_scale(size * subject.binning), "unit": "nanometer"}

    def of(name: str) -> dict[str, str]:
        return {"source": name, "sha256": sha256(files[name]).hexdigest()}

    def output_axis(name: str) -> dict[str, Any]:
        reference: dict[str, Any] = {"tensor_id": "image", "axis_id": name}
        if subject.padding == "valid":
            return {"type": "space", "id": name, "size": {**reference, "offset": -2 * border}, **scale}
        return {"type": "space", "id": name, "size": reference, "halo": border, **scale}

    return {
        "type": "model",
        "format_version": FORMAT,
        "name": subject.name,
        "description": f"U-Net for cells in grey images: foreground probability. {_seen(subject)}",
        "authors": [{"name": "The unetlib developers"}],
        "cite": [{"text": CITATION, "doi": PAPER}, {"text": PROJECT, "doi": PAPER}],
        "license": "MIT",
        "tags": ["unet", "segmentation", "cells", "microscopy", "2d"],
        "documentation": of("README.md"),
        "covers": [of("cover.png")],
        "inputs": [
            {
                "id": "image",
                "description": f"Grey values, not normalised. {_seen(subject)}",
                "axes": [
                    {"type": "batch"},
                    {"type": "channel", "channel_names": ["grey"]},
                    *({"type": "space", "id": name, "size": side, **scale} for name in ("y", "x")),
                ],
                "data": {"type": "float32"},
                "test_tensor": of("test-image.npy"),
                "preprocessing": preprocessing(subject.prediction.normalisation),
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
        "config": {"unetlib": _plain(subject, border)},
    }


def preprocessing(normalisation: Normalisation) -> list[dict[str, Any]]:
    """Return the steps of bioimage.io that are `normalisation.normalise`."""
    per_image = {"axes": ["channel", "y", "x"], "eps": EPSILON}
    steps: dict[str, list[dict[str, Any]]] = {
        "zscore": [{"id": "zero_mean_unit_variance", "kwargs": per_image}],
        "percentile": [{"id": "scale_range", "kwargs": per_image | {"min_percentile": 1.0, "max_percentile": 99.8}}],
        "none": [],
    }
    return [{"id": "ensure_dtype", "kwargs": {"dtype": "float32"}}, *steps[normalisation]]


def documentation(subject: Package) -> str:
    """Return the package's README.md."""
    border, step = border_px(subject.depth, subject.padding), step_px(subject.depth)
    smallest = smallest_input(subject.depth, subject.padding)
    if subject.padding == "valid":
        context = (
            f"The network is unpadded: its output is {border} px smaller on each side. Give an image with {border} px "
            f"more on each side (mirrored where there is none); sides are {smallest} + {step}·n px."
        )
    else:
        context = (
            f"The network is padded with zeros, which reach {border} px into its output (the halo: cut it off, tiles "
            f"overlap by it); sides are multiples of {step} px, from {smallest} on."
        )
    return f"""\
# {subject.name}

{context} {_seen(subject)} Statistics are those of the whole image that is given.

Output: the probability that a pixel is foreground; the study calls it foreground from {subject.threshold} on. Cells
are the 4-connected components of that, or what a watershed cuts them into.

## Validation

Largest difference of a probability to PyTorch's, on the tiles that were tried: {subject.difference:.1e}. The test
tensors are one of them. How well the network segments must be measured on images of your own that did not train it.

## Provenance

```json
{json.dumps(_plain(subject, border), indent=2, ensure_ascii=False)}
```

## Citation

{CITATION} doi:{PAPER}

{PROJECT} The licence named is that of unetlib; see whether that of the training data says more.
"""


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


def _seen(subject: Package) -> str:
    """How an image must be scaled before the network sees it."""
    size = subject.pixel_size_um
    texts = [f"Average {subject.binning} × {subject.binning} pixels into one first."] if subject.binning > 1 else []
    texts += [] if size is None else [f"Trained at {size * subject.binning:g} µm per pixel."]
    return " ".join(texts) or "Trained at one scale: give images of the same."


def _plain(subject: Package, border: int) -> dict[str, Any]:
    context = {"context_px" if subject.padding == "valid" else "halo_px": border}
    facts = {
        "binning": subject.binning,
        "threshold": subject.threshold,
        "normalisation": subject.prediction.normalisation,
    }
    return {**context, **facts, "largest_difference": subject.difference, **subject.provenance}


def whole_scale(um: float) -> float:
    """Return a length in µm as nm, to 2^-10 nm: n pixels of it, divided by it, are n again.

    bioimageio.spec computes an output's side so and cuts the fraction off: of 204 px of 0.65 µm it makes 203.
    """
    return round(um * 1000 * 1024) / 1024


def _npy(plane: NDArray[np.float32]) -> bytes:
    stream = io.BytesIO()
    np.save(stream, plane[None, None].astype(np.float32))
    return stream.getvalue()
