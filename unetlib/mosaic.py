"""The probability of a plane of any size, tile by tile from where it lies: memory is that of a tile."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from unetlib.blocks import Network
from unetlib.infer import passes
from unetlib.strips import Readable
from unetlib.tiles import Plan, plan

_Index = NDArray[np.int64]
TILE_PX = 772  # side of a tile at most: 1.73 times the output's pixels are computed, at 388 px 2.5 times (LOG.md)


def tile_count(shape: tuple[int, ...], model: Network, *, rotations: int = 1, tile_px: int = TILE_PX) -> int:
    """Return how many tiles `predict_plane` takes for a plane."""
    return sum(len(_layout(model, _turned_shape(shape, turn), tile_px).tiles) for turn in range(rotations))


def predict_plane(
    model: Network,
    plane: Readable,
    out: NDArray[np.float32],
    *,
    offset: float,
    scale: float,
    rotations: int,
    device: str,
    precision: str,
    tile_px: int = TILE_PX,
    report: Callable[[], None] = lambda: None,
) -> None:
    """Write the foreground probability of (plane − offset) / scale into `out`, (H, W) float32 in 0..1.

    As `infer.predict` of the whole plane at this tile_px, to the bit, and for rotations > 1 as `infer.infer`: the mean
    over so many turned versions. `out` may be mapped. report is called after each tile.
    """
    if rotations > 1:
        out[:] = 0
    for turn in range(rotations):
        turned, into = Turned(plane, turn), _turned(out, turn)
        layout = _layout(model, turned.shape, tile_px)

        def read(start: int, count: int, turned: Turned = turned, layout: Plan = layout) -> Tensor:
            tiles = layout.tiles[start : start + count]
            parts = np.stack([_mirrored(turned, *layout.source(tile)) for tile in tiles])[:, None]
            return torch.from_numpy((parts - np.float32(offset)) / np.float32(scale))

        for tile, probability in passes(model, layout, read, device=device, precision=precision):
            found = probability[tile.crop].cpu().numpy()
            if rotations > 1:
                into[tile.target] += found
            else:
                into[tile.target] = found
            report()
    if rotations > 1:
        out /= np.float32(rotations)


class Turned:
    """A plane as `augment.dihedral` turns it, read in parts."""

    def __init__(self, plane: Readable, turn: int) -> None:
        self.plane, self.turn = plane, turn
        self.shape = _turned_shape(plane.shape, turn)

    def __getitem__(self, part: tuple[slice, slice], /) -> NDArray[Any]:
        """Return these rows and columns of the turned plane; slices with start and stop."""
        # where the corners lie in the plane says which part of it holds them
        (top, bottom), (left, right) = ((each.start, each.stop - 1) for each in part)
        rows, columns = self._place(np.array([top, bottom]), np.array([left, right]))
        found = self.plane[slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1)]
        return _turned(found, self.turn)

    def _place(
        self, rows: NDArray[np.int64], columns: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Where pixels of the turned plane lie in the plane."""
        height, width = self.shape
        if self.turn >= 4:  # turned last: a mirror image
            columns = width - 1 - columns
        for _ in range(self.turn % 4):  # a quarter turn back
            rows, columns, height, width = columns, height - 1 - rows, width, height
        return rows, columns


def _turned_shape(shape: tuple[int, ...], turn: int) -> tuple[int, ...]:
    return (shape[1], shape[0]) if turn % 2 else tuple(shape)


def _turned(array: NDArray[Any], turn: int) -> NDArray[Any]:
    """A view of the array, turned as `augment.dihedral` does."""
    turned = np.rot90(array, turn % 4)
    return turned[:, ::-1] if turn >= 4 else turned


def _layout(model: Network, shape: tuple[int, ...], tile_px: int) -> Plan:
    return plan(*shape, depth=model.depth, padding=model.padding, tile_px=tile_px)


def _mirrored(plane: Readable, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.float32]:
    """These rows and columns of the plane, each as often as it is named; only the rectangle that holds them is read."""
    top, left = rows.min(), columns.min()
    part = plane[top : rows.max() + 1, left : columns.max() + 1]
    return part.astype(np.float32)[np.ix_(rows - top, columns - left)]
