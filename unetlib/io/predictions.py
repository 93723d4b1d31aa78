"""Store the predicted probabilities of many images in one npz of uint8, small enough to keep for every network."""

import math
import zipfile
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unetlib.io.archives import ArchiveError, open_archive
from unetlib.io.files import atomic_path

LIMITS = {"max_bytes": 1 << 40, "max_members": 1 << 24}  # generous: only one image is in memory at a time
LEVELS = 255  # p is stored as round(255·p), so that p ≥ 0.5 exactly if the stored value is ≥ 128


class PredictionError(ValueError):
    """A file of predictions that cannot be read or that lacks an image."""


def image_name(dataset: str, frame: str) -> str:
    """Return the key of an image in a study's predictions of several datasets: dataset/frame."""
    return f"{dataset}/{frame}"


def save_predictions(path: Path, probabilities: Mapping[str, NDArray[np.floating]]) -> None:
    """Write probabilities (H, W), 0 … 1, or several such planes (N, H, W), by name; equal input gives equal bytes."""
    with atomic_path(path) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        for name in sorted(probabilities):
            buffer = BytesIO()
            np.save(buffer, np.rint(probabilities[name] * LEVELS).astype(np.uint8))
            # A fixed date: the same predictions must give the same bytes.
            member = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            file.writestr(member, buffer.getvalue(), zipfile.ZIP_DEFLATED, compresslevel=1)


class Predictions(Mapping[str, NDArray[np.float32]]):
    """The planes of a file written by `save_predictions`, (H, W) or (N, H, W) float32 by name, read on access."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file = open_archive(path, **LIMITS)
        except (OSError, ArchiveError) as error:
            reason = str(error).removeprefix(f"{path}: ")
            raise PredictionError(f"{path}: not a file of predictions ({reason}); predict again") from error
        names = self._file.names()
        self._names = dict.fromkeys(name.removesuffix(".npy") for name in names if name.endswith(".npy"))

    def __getitem__(self, name: str) -> NDArray[np.float32]:
        """Return the probabilities of an image; PredictionError if it is missing or damaged."""
        if name not in self._names:
            raise PredictionError(f"{self.path}: no prediction of {name}; predict again")
        try:
            data = self._file.read(f"{name}.npy")
            stream = BytesIO(data)
            np.lib.format.read_magic(stream)
            shape, by_column, dtype = np.lib.format.read_array_header_1_0(stream)
        except Exception as error:  # the header is a Python literal: damage raises exceptions of any type
            reason = (str(error).splitlines() or [type(error).__name__])[0][:200].removeprefix(f"{self.path}: ")
            raise PredictionError(f"{self.path}: {name} is unreadable ({reason}); predict again") from error
        levels = np.frombuffer(data, np.uint8, offset=stream.tell())
        planes = len(shape) in (2, 3) and min(shape) > 0 and math.prod(shape) == levels.size
        if dtype != np.uint8 or by_column or not planes:
            found = f"{levels.size} bytes for {dtype} of shape {shape}"
            raise PredictionError(f"{self.path}: {name} holds {found}; predict again")
        return levels.reshape(shape).astype(np.float32) / np.float32(LEVELS)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)
