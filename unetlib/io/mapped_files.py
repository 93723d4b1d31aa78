"""Memory-mapped files with reserved disk space: a write to a map on a full disk would end the program (SIGBUS)."""

import errno
import os
import tempfile
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

_UNSUPPORTED = {errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL}


def reserve(file: BinaryIO, size: int) -> None:
    """Let the first `size` bytes of a file, which may be a hole, take their space on the disk.

    Raises OSError for a full disk or quota. Without effect where the system or the file system cannot reserve space.
    """
    if not hasattr(os, "posix_fallocate") or not size:  # macOS
        return
    try:
        os.posix_fallocate(file.fileno(), 0, size)
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise


def temporary_array(folder: Path | None, dtype: Any, shape: tuple[int, ...]) -> np.memmap[Any, Any]:
    """Return an array of zeros in a temporary file of `folder` (None: the system's), which goes with the array.

    Raises OSError for a full disk, and one that names the folder if it may not be written to.
    """
    try:
        with tempfile.TemporaryFile(dir=folder) as file:  # the map keeps the file, which has no name
            reserve(file, int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize)
            return np.memmap(file, dtype, "w+", 0, shape)
    except PermissionError as error:
        raise PermissionError(error.errno, "no permission to write here; choose another folder", str(folder)) from error
