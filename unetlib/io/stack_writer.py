"""Write TIFF stacks plane by plane through a memory map, with their scale, for Fiji and napari."""

from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from unetlib.io.axes import UNNAMED
from unetlib.io.calibration import Calibration, tags_of
from unetlib.io.mapped_files import reserve

LARGEST_CLASSIC_BYTES = 2**32 - 2**25  # tifffile's margin for headers
IMAGEJ_TYPES = ("uint8", "uint16", "float32")


def create_stack(
    path: Path, axes: str, shape: tuple[int, ...], dtype: type[np.generic], calibration: Calibration
) -> np.memmap[Any, Any]:
    """Create an uncompressed TIFF of zeros and return its memory-mapped planes, (planes, H, W); flush it when done.

    axes and shape: as in `stacks.Stack` (axes "T", shape (5, H, W)). Writes an ImageJ hyperstack with pixel size, unit,
    z distance and frame interval if the format allows it (uint8, uint16 or float32, under 4 GiB; axes T and Z, others
    become Z); otherwise an OME-TIFF, as BigTIFF if necessary, with the resolution also in pixels per cm.
    Its space on the disk is reserved (`mapped_files.reserve`): OSError if there is not enough.
    """
    count = int(np.prod(shape[:-2], dtype=np.int64))
    size = count * shape[-2] * shape[-1] * np.dtype(dtype).itemsize
    imagej = np.dtype(dtype).name in IMAGEJ_TYPES and size < LARGEST_CLASSIC_BYTES
    keywords = tags_of(calibration, imagej=imagej, axes=axes)
    if imagej:
        axes = "T" if axes in UNNAMED and axes else axes  # as `track` reads them
        known = axes in ("", "T", "Z", "TZ")
        keywords["metadata"]["axes"] = f"{axes}YX" if known else "ZYX"
        data = tifffile.memmap(
            path,
            shape=shape if known else (count, *shape[-2:]),
            dtype=dtype,
            imagej=True,
            photometric="minisblack",
            **keywords,
        )
    else:
        big = size >= LARGEST_CLASSIC_BYTES
        keywords |= {"description": _ome(axes, shape, np.dtype(dtype).name, calibration), "bigtiff": big}
        data = tifffile.memmap(path, shape=(count, *shape[-2:]), dtype=dtype, photometric="minisblack", **keywords)
    with path.open("r+b") as file:
        reserve(file, path.stat().st_size)
    return data.reshape(count, *shape[-2:])  # type: ignore[return-value]


def _ome(axes: str, shape: tuple[int, ...], dtype: str, calibration: Calibration) -> str:
    """Return the OME-XML of a stack, for 32-bit labels and files over 4 GiB, which ImageJ's own format cannot store."""
    lengths = dict(zip(axes, shape[:-2], strict=True)) if axes in ("T", "Z", "TZ") else {}
    lengths = lengths or {"Z": int(np.prod(shape[:-2], dtype=np.int64))}
    sizes = {"X": shape[-1], "Y": shape[-2], "Z": lengths.get("Z", 1), "C": 1, "T": lengths.get("T", 1)}
    facts = {"DimensionOrder": "XYZCT", "Type": "float" if dtype == "float32" else dtype}
    facts |= {f"Size{axis}": str(length) for axis, length in sizes.items()}
    if calibration.row_um and calibration.column_um:
        facts |= {"PhysicalSizeX": repr(calibration.column_um), "PhysicalSizeY": repr(calibration.row_um)}
    if calibration.plane_um and "Z" in axes:
        facts["PhysicalSizeZ"] = repr(calibration.plane_um)
    if calibration.frame_interval_s:
        facts["TimeIncrement"] = repr(calibration.frame_interval_s)
    said = " ".join(f'{name}="{value}"' for name, value in facts.items())
    return (
        '<?xml version="1.0" encoding="UTF-8"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">'
        f'<Image ID="Image:0"><Pixels ID="Pixels:0" {said}><Channel ID="Channel:0:0" SamplesPerPixel="1"/><TiffData/>'
        "</Pixels></Image></OME>"
    )
