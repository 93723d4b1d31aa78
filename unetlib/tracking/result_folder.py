"""The folder of a tracking result: its files, and a seal in each mask that shows later changes."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray

from unetlib.io.calibration import Calibration, tags_of
from unetlib.io.image_files import TRACKS
from unetlib.io.outputs import OutputError, earlier_files, real_folder
from unetlib.tracking.linking import COLUMNS

FILES = r"mask\d{3,}\.tif|res_track\.txt|tracks\.csv"
NOUN = "part of a tracking result"
_MASK = re.compile(r"mask(\d{3,})\.tif")


def write_masks(folder: Path, masks: Iterable[NDArray[np.uint16]], count: int, calibration: Calibration) -> None:
    """Write mask000.tif and so on, compressed because a movie has hundreds, each sealed with the folder's tables."""
    digits = max(3, len(str(count - 1)))
    tags, tables = tags_of(calibration, imagej=False), _tables(folder)
    for time, mask in enumerate(masks):
        software = _seal(tables, count, time, mask)
        tifffile.imwrite(folder / f"mask{time:0{digits}d}.tif", mask, compression="zlib", software=software, **tags)


def check_folder(folder: Path, labels: Sequence[Path], overwrite: bool) -> None:
    """Raise OutputError if a result must not be written into `folder`.

    It may be written if the folder has no visible files, or nothing but an earlier result that is unchanged or, with
    overwrite, was changed since, for example by hand. A folder that holds one of the labels is refused.
    """
    real = real_folder(folder)
    if any(real in path.resolve().parents for path in labels):
        raise OutputError(f"{folder}: holds the labels that were given; choose another folder")
    found = {path.name for path in earlier_files(folder, FILES, NOUN)}
    if not found:
        return
    header = ",".join(COLUMNS).encode()
    if not set(TRACKS) <= found or not (real / "tracks.csv").read_bytes().startswith(header):
        foreign = min(found - set(TRACKS), default="tracks.csv")
        raise OutputError(f"{folder}: holds {foreign} and no tables of unetlib; choose another folder, or move it away")
    if not overwrite and (name := changed_file(real)):
        raise OutputError(
            f"{folder}: {name} is not as unetlib wrote it; choose another folder, or --overwrite replaces it"
        )


def changed_file(folder: Path) -> str | None:
    """Return the name of the first mask of a result that changed, or whose tables changed; None if none did."""
    masks = sorted(path for path in folder.iterdir() if _MASK.fullmatch(path.name))
    tables = _tables(folder)
    for time, path in enumerate(masks):
        number = _MASK.fullmatch(path.name)
        try:
            with tifffile.TiffFile(path) as file:
                said, mask = file.pages.first.software, file.asarray()
        except Exception:  # tifffile raises whatever a damaged file makes it stumble over
            return path.name
        if number is None or int(number[1]) != time or said != _seal(tables, len(masks), time, mask):
            return path.name
    return None if masks else "res_track.txt"


def _tables(folder: Path) -> bytes:
    return b"".join(hashlib.sha256((folder / name).read_bytes()).digest() for name in TRACKS)


def _seal(tables: bytes, count: int, time: int, mask: NDArray[np.uint16]) -> str:
    """Return a mask's Software tag: who wrote it, and a digest of the mask, its place and the tables."""
    digest = hashlib.sha256(tables + f"{count} {time} {mask.shape} {mask.dtype}".encode())
    digest.update(mask.tobytes())
    return f"unetlib, seal {digest.hexdigest()[:32]}"
