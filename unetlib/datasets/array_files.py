"""Read and write the arrays of a dataset folder: <kind>/<frame>.tif, images as recorded, others compressed."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import tifffile

from unetlib.datasets.checks import DatasetError


def write_arrays(folder: Path, frame: str, arrays: Mapping[str, np.ndarray | None]) -> None:
    """Write the arrays of a frame by kind (images, labels, silver, ignore, markers), except those that are None."""
    for kind, array in arrays.items():
        if array is None:
            continue
        (folder / kind).mkdir(exist_ok=True)
        compression = None if kind == "images" else "zlib"
        path = folder / kind / f"{frame}.tif"
        tifffile.imwrite(path, np.ascontiguousarray(array), compression=compression, metadata=None, software=False)


def read_array(folder: Path, kind: str, frame: str, shape: tuple[int, int]) -> np.ndarray:
    """Return an array of the given shape (H, W); DatasetError, naming the file, if it contains anything else."""
    path = folder / kind / f"{frame}.tif"
    try:
        with tifffile.TiffFile(path) as file:
            page = file.pages.first
            known = page.dtype is not None and page.dtype.kind in ("uf" if kind == "images" else "u")
            if page.shape != shape or page.is_tiled or not known:
                found = f"{'×'.join(map(str, page.shape))} of {page.dtype}"
                raise DatasetError(f"{path}: holds {found}, unlike its frames.csv; prepare the dataset again")
            ends = map(sum, zip(page.dataoffsets, page.databytecounts, strict=True))
            if max(ends, default=0) > file.filehandle.size:  # tifffile would first allocate the declared size
                raise ValueError("a strip lies beyond the end of the file")
            return np.asarray(page.asarray())
    except DatasetError:
        raise
    except Exception as error:  # tifffile raises TiffFileError, struct.error, codec errors, OSError and others
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise DatasetError(f"{path}: unreadable TIFF ({reason}); prepare the dataset again") from error
