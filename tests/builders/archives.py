"""Files in the layouts of others, written by the tests: an archive in memory with `names` and `read`."""

import io

import imagecodecs
import numpy as np
import tifffile


class Box:
    """An archive-like object; members are bytes or arrays (TIFF or PNG by their name)."""

    def __init__(self, members: dict[str, object]) -> None:
        self.members = {name: as_bytes(name, value) for name, value in members.items()}

    def names(self) -> list[str]:
        return sorted(self.members)

    def read(self, name: str) -> bytes:
        return self.members[name]


def as_bytes(name: str, value: object) -> bytes:
    if isinstance(value, np.ndarray):
        return png(value) if name.endswith(".png") else tiff(value)
    return value if isinstance(value, bytes) else str(value).encode()


def tiff(array: np.ndarray, **options: object) -> bytes:
    stream = io.BytesIO()
    tifffile.imwrite(stream, array, **options)
    return stream.getvalue()


def stack(planes: object) -> bytes:
    """A TIFF of one page per plane."""
    return tiff(np.asarray(planes), photometric="minisblack", metadata=None)


def png(array: np.ndarray) -> bytes:
    return bytes(imagecodecs.png_encode(array))


def texture(*shape: int, seed: int = 0, dtype: type = np.uint8) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 250, shape).astype(dtype)
