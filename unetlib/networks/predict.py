"""Foreground probability of a whole image: by overlapping tiles with mirrored borders (paper, figure 2), as one resized
tile, and averaged over the symmetries of the square."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import interpolate

from unetlib.networks.blocks import SegmentationNet
from unetlib.networks.device import PRECISIONS, uses_bfloat16
from unetlib.networks.symmetries import dihedral, inverse_dihedral
from unetlib.networks.tiling import Plan, Tile, mirror_index, plan

MODES = ("tile", "resize")
ROTATIONS = (1, 4, 8)


class InferenceError(ValueError):
    """An image or a setting that no probability can be computed for."""


def predict(
    model: SegmentationNet,
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
    _check_image(image)
    layout = plan(*image.shape, depth=model.depth, padding=model.padding, tile_px=tile_px)
    canvas = torch.from_numpy(_mirrored(image.astype(np.float32, copy=False), layout)).to(device)
    result = torch.empty(image.shape, dtype=torch.float32, device=device)
    read = partial(_stack, canvas, layout)
    for tile, probability in iter_tile_predictions(
        model, layout, read, batch=batch, device=device, precision=precision
    ):
        result[tile.target] = probability[tile.crop]
    return result.cpu().numpy()


def iter_tile_predictions(
    model: SegmentationNet,
    layout: Plan,
    read: Callable[[int, int], Tensor],
    *,
    batch: int = 1,
    device: str,
    precision: str,
) -> Iterator[tuple[Tile, Tensor]]:
    """Yields each tile of the plan with the foreground probability (rows, columns) float32 of what it was fed.

    read: (first tile, number of tiles) to their normalised inputs (number, 1, rows, columns).
    Raises InferenceError for an unknown precision.
    """
    if precision not in PRECISIONS:
        raise InferenceError(f"precision is {precision!r}; set one of {', '.join(PRECISIONS)}")
    kind, half = torch.device(device).type, uses_bfloat16(precision, device)
    for start in range(0, len(layout.tiles), batch):
        tiles = layout.tiles[start : start + batch]
        with _evaluating(model), torch.inference_mode(), torch.autocast(kind, torch.bfloat16, half):
            probability = _foreground(model, _channels_last(read(start, len(tiles)).to(device)))
        yield from zip(tiles, probability, strict=True)


def predict_tta(
    model: SegmentationNet,
    image: NDArray[np.float32],
    *,
    mode: str,
    rotations: int,
    side_px: int,
    tile_px: int,
    batch: int = 1,
    device: str = "cpu",
    precision: str = "float32",
) -> NDArray[np.float32]:
    """Returns the foreground probability (H, W) float32 of a normalised image (H, W) under these inference settings.

    mode "tile": `predict`, at the image's own scale. "resize": the whole image is resized to one tile of
    side_px × side_px, whatever its shape, and its probability back to (H, W); bilinear, half-pixel centres, with
    antialiasing where it shrinks. rotations: the mean probability over this many turned versions of the image, each
    turned back: 1 (none), 4 (quarter turns) or 8 (quarter turns of the image and of its mirror image). The paper
    (section 4) averages over 7 rotated versions and does not say which; all 8 symmetries are what pixels allow without
    resampling. Raises InferenceError for another mode or number, and as `predict`.
    """
    _check_image(image)
    if mode not in MODES:
        raise InferenceError(f"inference.mode is {mode!r}; set one of {', '.join(MODES)}")
    if rotations not in ROTATIONS:
        raise InferenceError(f"inference.rotations is {rotations}; set one of {', '.join(map(str, ROTATIONS))}")
    how = {"tile_px": side_px if mode == "resize" else tile_px, "batch": batch, "device": device}
    total = np.zeros(image.shape, np.float32)
    for turn in range(rotations):
        turned = dihedral(torch.from_numpy(image), turn)
        seen = resized(turned, (side_px, side_px)) if mode == "resize" else turned
        found = torch.from_numpy(predict(model, seen.numpy(), **how, precision=precision))  # type: ignore[arg-type]
        total += inverse_dihedral(resized(found, tuple(turned.shape)) if mode == "resize" else found, turn).numpy()
    return total / np.float32(rotations)


def resized(plane: Tensor, size: tuple[int, ...]) -> Tensor:
    """Returns a plane (H, W) at another size, bilinear with half-pixel centres, antialiased where it shrinks."""
    return interpolate(plane[None, None], size=size, mode="bilinear", align_corners=False, antialias=True)[0, 0]


def _check_image(image: NDArray[np.float32]) -> None:
    if image.ndim != 2 or not np.isfinite(image).all():
        raise InferenceError(f"image has shape {image.shape} or NaN; give a finite image of rows × columns")


def _mirrored(image: NDArray[np.float32], layout: Plan) -> NDArray[np.float32]:
    """The image with the mirrored borders that its tiles together need; (0, 0) is the first tile's corner."""
    last = layout.tiles[-1]
    rows, columns = (
        mirror_index(-layout.context_px, start + extent - layout.context_px, side)
        for start, extent, side in zip((last.row, last.column), layout.input_px, image.shape, strict=True)
    )
    return image[np.ix_(rows, columns)]


def _stack(canvas: Tensor, layout: Plan, start: int, count: int) -> Tensor:
    """Input (count, 1, rows, columns) of the tiles from `start`."""
    height, width = layout.input_px
    views = [
        canvas[None, tile.row : tile.row + height, tile.column : tile.column + width]
        for tile in layout.tiles[start : start + count]
    ]
    return torch.stack(views)


def _channels_last(images: Tensor) -> Tensor:
    """The images (B, 1, H, W) with strides that say channels last, which the whole network then keeps.

    With one channel both layouts are the same bytes: torch's `contiguous` changes nothing, and the network would run in
    the other, which takes 1.4 times as long (1024², 16 filters, bf16, 2 threads).
    """
    height, width = images.shape[-2:]
    return images.contiguous().as_strided(images.shape, (height * width, 1, width, 1))


def _foreground(model: SegmentationNet, images: Tensor) -> Tensor:
    logits = model(images).float()
    return (logits[:, 1] - logits[:, 0]).sigmoid()


@contextmanager
def _evaluating(model: SegmentationNet) -> Iterator[None]:
    training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(training)
