"""Predicted probabilities of many images in one file: npz of uint8, small enough to keep for every network."""

import zipfile
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unetlib.files import atomic_path

LEVELS = 255  # p is stored as round(255·p): p ≥ 0.5 exactly where the stored value is ≥ 128


class PredictionError(ValueError):
    """A file of predictions that cannot be read or lacks an image."""


def save_predictions(path: Path, probabilities: Mapping[str, NDArray[np.floating]]) -> None:
    """Write (H, W) probabilities, 0 … 1, by name; equal input gives equal bytes."""
    with atomic_path(path) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        for name in sorted(probabilities):
            buffer = BytesIO()
            np.save(buffer, np.rint(probabilities[name] * LEVELS).astype(np.uint8))
            member = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            file.writestr(member, buffer.getvalue(), zipfile.ZIP_DEFLATED, compresslevel=1)


class Predictions(Mapping[str, NDArray[np.float32]]):
    """The probabilities of a file written by `save_predictions`, (H, W) float32 by name, read when asked for."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file = np.load(path, allow_pickle=False)
        except (OSError, ValueError, zipfile.BadZipFile) as error:
            raise PredictionError(f"{path}: not a file of predictions ({error}); predict again") from error

    def __getitem__(self, name: str) -> NDArray[np.float32]:
        """Return one image's probabilities; PredictionError when it is not there."""
        if name not in self._file:
            raise PredictionError(f"{self.path}: no prediction of {name}; predict again")
        return self._file[name].astype(np.float32) / LEVELS

    def __iter__(self) -> Iterator[str]:
        return iter(self._file.files)

    def __len__(self) -> int:
        return len(self._file.files)
