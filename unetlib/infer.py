"""Foreground probability of a whole image by overlapping tiles with mirrored borders (paper, figure 2)."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from unetlib.model import UNet
from unetlib.tiles import Plan, mirror_index, plan

PRECISIONS = ("float32", "bfloat16")


class InferenceError(ValueError):
    """An image or a setting that no probability can be computed for."""


def predict(
    model: UNet,
    image: NDArray[np.float32],
    *,
    tile_px: int,
    batch: int = 1,
    device: str = "cpu",
    precision: str = "float32",
) -> NDArray[np.float32]:
    """Returns the foreground probability (H, W) float32 in 0..1 of a normalised image (H, W), each pixel once.

    tile_px: output side of a tile, at most; batch: tiles per pass. The model stays in the mode it came in.
    For an unpadded network with up-convolutions the result does not depend on tile_px but for rounding.
    Raises InferenceError for an image that is not 2-D and finite, TileError for a tile that cannot be.
    """
    if image.ndim != 2 or not np.isfinite(image).all():
        raise InferenceError(f"image has shape {image.shape} or NaN; give a finite image of rows × columns")
    if precision not in PRECISIONS:
        raise InferenceError(f"precision is {precision!r}; set one of {', '.join(PRECISIONS)}")
    layout = plan(*image.shape, depth=model.depth, padding=model.padding, tile_px=tile_px)
    canvas = torch.from_numpy(_mirrored(image.astype(np.float32, copy=False), layout)).to(device)
    result = torch.empty(image.shape, dtype=torch.float32, device=device)
    half = torch.autocast(torch.device(device).type, torch.bfloat16, enabled=precision == "bfloat16")
    with _evaluating(model), torch.inference_mode(), half:
        for start in range(0, len(layout.tiles), batch):
            tiles = layout.tiles[start : start + batch]
            probability = _foreground(model, _stack(canvas, layout, start, len(tiles)))
            for tile, part in zip(tiles, probability, strict=True):
                result[tile.target] = part[tile.crop]
    return result.cpu().numpy()


def _mirrored(image: NDArray[np.float32], layout: Plan) -> NDArray[np.float32]:
    """The image with the mirrored borders that its tiles together need; (0, 0) is the first tile's corner."""
    last = layout.tiles[-1]
    rows, columns = (
        mirror_index(-layout.context_px, start + extent - layout.context_px, side)
        for start, extent, side in zip((last.row, last.column), layout.input_px, image.shape, strict=True)
    )
    return image[np.ix_(rows, columns)]


def _stack(canvas: Tensor, layout: Plan, start: int, count: int) -> Tensor:
    """Input (count, 1, rows, columns) of the tiles from `start`, channels last: faster on CPU and GPU alike."""
    height, width = layout.input_px
    views = [
        canvas[None, tile.row : tile.row + height, tile.column : tile.column + width]
        for tile in layout.tiles[start : start + count]
    ]
    return torch.stack(views).contiguous(memory_format=torch.channels_last)


def _foreground(model: UNet, images: Tensor) -> Tensor:
    logits = model(images).float()
    return (logits[:, 1] - logits[:, 0]).sigmoid()


@contextmanager
def _evaluating(model: UNet) -> Iterator[None]:
    training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(training)
