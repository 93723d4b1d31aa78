"""The probability of a plane of any size, block by block: memory is that of one block, whatever the image."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from unetlib.augment import dihedral
from unetlib.blocks import Network
from unetlib.infer import predict, undone
from unetlib.strips import Readable
from unetlib.tiles import step_px

BLOCK_PX = 4096  # side of a block at most: a plane up to this size is predicted as the study does, in one piece


def block_count(shape: tuple[int, ...], block_px: int = BLOCK_PX) -> int:
    """Return how many blocks `predict_plane` takes for a plane."""
    return -(-shape[0] // block_px) * -(-shape[1] // block_px)


def predict_plane(
    model: Network,
    plane: Readable,
    out: NDArray[np.float32],
    *,
    offset: float,
    scale: float,
    rotations: int,
    tile_px: int,
    device: str,
    precision: str,
    block_px: int = BLOCK_PX,
    report: Callable[[], None] = lambda: None,
) -> None:
    """Write the foreground probability of (plane − offset) / scale into `out`, (H, W) float32 in 0..1.

    As `infer.predict` of the whole plane, but for rounding (bilinear upsampling without padding aside: 1e-2 at
    most at the seams, as between tiles). rotations: the mean over so many turned versions of each block, as in
    `infer.infer`. report is called after each block. Memory: about 40 bytes per pixel of a block, and what a tile
    takes.
    """
    step = step_px(model.depth)
    how = {"tile_px": tile_px, "device": device, "precision": precision}
    for rows, wide_rows in _spans(plane.shape[0], block_px, step):
        for columns, wide_columns in _spans(plane.shape[1], block_px, step):
            block = plane[wide_rows, wide_columns].astype(np.float32)
            block -= np.float32(offset)
            block /= np.float32(scale)
            found = _averaged(model, block, rotations, how)
            inner = tuple(
                slice(kept.start - wide.start, kept.stop - wide.start)
                for kept, wide in ((rows, wide_rows), (columns, wide_columns))
            )
            out[rows, columns] = found[inner]
            report()


def _averaged(model: Network, block: NDArray[np.float32], rotations: int, how: dict[str, Any]) -> NDArray[np.float32]:
    """The mean probability over the turned versions of the block."""
    if rotations == 1:
        return predict(model, block, **how)
    total = np.zeros(block.shape, np.float32)
    for turn in range(rotations):
        turned = dihedral(torch.from_numpy(block), turn)
        total += undone(torch.from_numpy(predict(model, turned.numpy(), **how)), turn).numpy()
    return total / np.float32(rotations)


def _spans(length: int, block_px: int, step: int) -> list[tuple[slice, slice]]:
    """The kept part of each block along one axis, and the part that is read: a margin of the network's view more.

    Blocks start on the pooling grid and, seen from the far end, on that of the flipped plane, so that they see the
    same cells; the margin, 6 steps or more, hides their borders.
    """
    count = -(-length // block_px)
    starts = [step * (index * length // (count * step)) for index in range(count)]
    spans = zip(starts, [*starts[1:], length], strict=True)
    return [
        (
            slice(start, stop),
            slice(max(0, start - 6 * step), min(length, stop + 6 * step + (length - stop) % step)),
        )
        for start, stop in spans
    ]
