"""Convert an image layer of napari to the library's types: planes, axes and pixel size."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from unetlib.io.calibration import Calibration
from unetlib.io.samples import GREY, Samples
from unetlib.io.stacks import Stack
from unetlib.io.units import length_um


class LayerError(ValueError):
    """A layer that cannot be segmented; the message says which layer, why, and what to do."""


class ImageLayer(Protocol):
    """The part of `napari.layers.Image` that this package uses, so that it needs no import of napari."""

    name: str
    data: Any
    rgb: bool
    multiscale: bool
    scale: Any
    units: Any
    axis_labels: Any


def stack_of(layer: ImageLayer) -> Stack:
    """Return the planes of an image layer; a lazy array computes each plane only when it is read.

    The last two axes are rows and columns. A single axis before them counts frames, or z planes if its label is z. Of
    two axes the first counts frames and the second z planes. Raises LayerError for more axes and for data that are not
    numeric.
    """
    data = layer.data[0] if layer.multiscale else layer.data
    shape = tuple(int(side) for side in (data.shape[:-1] if layer.rgb else data.shape))
    if len(shape) < 2 or len(shape) > 4 or min(shape) < 1:
        raise LayerError(
            f"{layer.name}: has {len(shape)} axes; give a layer of planes, with frames or z planes at most"
        )
    dtype = np.dtype(data.dtype)
    if dtype.kind not in "uif":
        raise LayerError(f"{layer.name}: its values are {dtype}; give an image of whole numbers or floats")
    *before, height, width = shape
    lengths = tuple(before)

    def read(page: int) -> NDArray[Any]:
        return np.asarray(data[tuple(np.unravel_index(page, lengths)) if lengths else ...])

    samples = Samples("colour", int(data.shape[-1]), 3, bits=8 * dtype.itemsize) if layer.rgb else GREY
    axes = _axes(layer.axis_labels, len(lengths))
    name = Path(layer.name.replace("/", "_") or "layer")
    return Stack(name, axes, lengths, height, width, dtype, calibration_of_layer(layer), read, samples)


def calibration_of_layer(layer: ImageLayer) -> Calibration:
    """Return the pixel size from the scale of a layer: in the layer's unit, or in µm if the layer has no unit."""
    sizes: list[float | None] = []
    for side, unit in zip(list(layer.scale)[-2:], list(layer.units)[-2:], strict=True):
        factor = length_um(str(unit))
        if factor is None and str(unit) in ("pixel", "px", "") and side != 1:
            factor = 1.0  # ASSUME: readers of microscope files give micrometres, and many omit the unit
        sizes.append(None if factor is None else float(side) * factor)
    row, column = sizes
    return Calibration() if row is None or column is None else Calibration(row, column)


def _axes(labels: Sequence[str], count: int) -> str:
    if count == 1:
        return "Z" if str(labels[0]).lower() == "z" else "T"
    return "TZ" if count == 2 else ""
