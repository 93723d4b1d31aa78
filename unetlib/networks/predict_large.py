"""The probability of a plane of any size, tile by tile from where it lies: memory is that of a tile."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from unetlib.imaging.normalisation import centred
from unetlib.networks.blocks import SegmentationNet
from unetlib.networks.blockwise import Readable
from unetlib.networks.predict import iter_tile_predictions
from unetlib.networks.symmetries import TurnedPlane, _turned, _turned_shape
from unetlib.networks.tiling import Plan, plan

_Index = NDArray[np.int64]
TILE_PX = 772  # side of a tile at most: 1.73 times the output's pixels are computed, at 388 px 2.5 times (LOG.md)


def count_tiles(shape: tuple[int, ...], model: SegmentationNet, *, rotations: int = 1, tile_px: int = TILE_PX) -> int:
    """Return how many tiles `predict_plane` takes for a plane."""
    return sum(len(_layout(model, _turned_shape(shape, turn), tile_px).tiles) for turn in range(rotations))


def predict_large(
    model: SegmentationNet,
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
        turned, into = TurnedPlane(plane, turn), _turned(out, turn)
        layout = _layout(model, turned.shape, tile_px)

        def read(start: int, count: int, turned: TurnedPlane = turned, layout: Plan = layout) -> Tensor:
            tiles = layout.tiles[start : start + count]
            parts = np.stack([_mirrored(turned, *layout.source(tile)) for tile in tiles])[:, None]
            return torch.from_numpy(centred(parts, offset, scale))

        for tile, probability in iter_tile_predictions(model, layout, read, device=device, precision=precision):
            found = probability[tile.crop].cpu().numpy()
            if rotations > 1:
                into[tile.target] += found
            else:
                into[tile.target] = found
            report()
    if rotations > 1:
        out /= np.float32(rotations)


def _layout(model: SegmentationNet, shape: tuple[int, ...], tile_px: int) -> Plan:
    return plan(*shape, depth=model.depth, padding=model.padding, tile_px=tile_px)


def _mirrored(plane: Readable, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[Any]:
    """These rows and columns of the plane, each as often as it is named; only the rectangle that holds them is read."""
    top, left = rows.min(), columns.min()
    part = plane[top : rows.max() + 1, left : columns.max() + 1]
    return part[np.ix_(rows - top, columns - left)]
