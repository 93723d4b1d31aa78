"""Predict the foreground probability of a plane: by overlapping tiles with mirrored borders (paper, figure 2), as one
resized tile, and averaged over the symmetries of the square."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import interpolate

from unetlib.imaging.planes import Readable
from unetlib.networks.blocks import SegmentationNet
from unetlib.networks.device import uses_bfloat16
from unetlib.networks.settings import InferenceSettings, Precision
from unetlib.networks.symmetries import TurnedPlane, dihedral, inverse_dihedral
from unetlib.networks.tiling import Plan, Tile, plan

TILE_PX = 772  # side of a tile at most: 1.73 times the output's pixels are computed, at 388 px 2.5 times (LOG.md)


class InferenceError(ValueError):
    """No probability can be computed for an image."""


@dataclass(frozen=True)
class Tiling:
    """How a plane passes through a network: largest output side of a tile, tiles per pass, device and arithmetic."""

    tile_px: int = TILE_PX
    batch: int = 1
    device: str = "cpu"
    precision: Precision = "float32"

    def plan(self, model: SegmentationNet, shape: tuple[int, ...]) -> Plan:
        """Return the tiles of a plane (H, W); TileError for a tile that the network cannot take."""
        return plan(*shape, depth=model.depth, padding=model.padding, tile_px=self.tile_px)


def count_tiles(model: SegmentationNet, shape: tuple[int, ...], tiling: Tiling, *, symmetries: int = 1) -> int:
    """Return how many tiles `predict` takes for a plane (H, W)."""
    shapes = (shape[::-1] if turn % 2 else shape for turn in range(symmetries))
    return sum(len(tiling.plan(model, each).tiles) for each in shapes)


def predict(
    model: SegmentationNet,
    plane: Readable,
    tiling: Tiling,
    *,
    symmetries: int = 1,
    out: NDArray[np.float32] | None = None,
    report: Callable[[], None] | None = None,
) -> NDArray[np.float32]:
    """Return the foreground probability (H, W) float32 in 0..1 of a normalised plane (H, W), each pixel once.

    A network with distance targets gives (2, H, W): the probability and the height, which is the distance to the cell's
    edge less that to the neighbour, clipped to 0 … 1.
    symmetries: the mean over 1 (none), 4 (quarter turns) or 8 (quarter turns of the plane and of its mirror image)
    turned versions, each turned back. The paper (section 4) averages over 7 rotated versions and does not say which;
    all 8 symmetries are what pixels allow without resampling.
    Tiles are read from where the plane lies and written to `out`, which may be a mapped file: memory is that of a
    tile. report is called after each tile. The model stays in the mode it came in. For an unpadded network with
    up-convolutions the result depends on the tiling only by rounding, but with group or instance normalisation, which
    takes its statistics from each tile.
    Raises InferenceError for a plane that is not 2-D and finite, TileError for a tile that the network cannot take.
    """
    if len(plane.shape) != 2:
        raise InferenceError(f"image has shape {tuple(plane.shape)}; give one plane of rows × columns")
    result = np.empty((*model.planes, *plane.shape), np.float32) if out is None else out
    for turn in range(symmetries):
        turned, into = TurnedPlane(plane, turn), dihedral(result, turn)
        for tile, probability in _predicted_tiles(model, turned, tiling):
            if turn == 0:
                into[..., *tile.target] = probability
            else:
                into[..., *tile.target] += probability
            if report:
                report()
    if symmetries > 1:
        result /= np.float32(symmetries)
    return result


def predict_image(
    model: SegmentationNet,
    image: NDArray[np.float32],
    inference: InferenceSettings,
    tiling: Tiling,
    *,
    side_px: int,
) -> NDArray[np.float32]:
    """Predict a normalised image (H, W) under these inference settings.

    mode "tile": `predict`, at the image's own scale. "resize": the whole image is resized to one tile of
    side_px × side_px, whatever its shape, and its probability back to (H, W); bilinear, half-pixel centres, with
    antialiasing where it shrinks.
    """
    symmetries = inference.test_time_augmentation
    if inference.mode == "tile":
        return predict(model, image, tiling, symmetries=symmetries)
    total = np.zeros((*model.planes, *image.shape), np.float32)
    for turn in range(symmetries):
        turned = dihedral(torch.from_numpy(image), turn)
        small = resized(turned, (side_px, side_px)).numpy()
        found = torch.from_numpy(predict(model, small, replace(tiling, tile_px=side_px)))
        planes = [resized(each, tuple(turned.shape)) for each in found.reshape(-1, *found.shape[-2:])]
        total += inverse_dihedral(torch.stack(planes), turn).numpy().reshape(total.shape)
    total /= np.float32(symmetries)
    return total


def resized(plane: Tensor, size: tuple[int, ...]) -> Tensor:
    """Return a plane (H, W) at another size, bilinear with half-pixel centres, antialiased where it shrinks."""
    return interpolate(plane[None, None], size=size, mode="bilinear", align_corners=False, antialias=True)[0, 0]


def _predicted_tiles(
    model: SegmentationNet, plane: Readable, tiling: Tiling
) -> Iterator[tuple[Tile, NDArray[np.float32]]]:
    """Yield each tile of a plane with the prediction of its kept part."""
    layout = tiling.plan(model, plane.shape)
    kind, half = torch.device(tiling.device).type, uses_bfloat16(tiling.precision, tiling.device)
    for start in range(0, len(layout.tiles), tiling.batch):
        tiles = layout.tiles[start : start + tiling.batch]
        images = torch.from_numpy(np.stack([_input_of(plane, layout, tile) for tile in tiles])[:, None])
        with _evaluating(model), torch.inference_mode(), torch.autocast(kind, torch.bfloat16, half):
            probability = _predicted(model, _channels_last(images.to(tiling.device)))
        for tile, found in zip(tiles, probability, strict=True):
            yield tile, found[..., *tile.crop].cpu().numpy()


def _input_of(plane: Readable, layout: Plan, tile: Tile) -> NDArray[np.float32]:
    """Return a tile's input, mirrored beyond the border; only the rectangle of the plane that it needs is read."""
    rows, columns = layout.source(tile)
    top, left = rows.min(), columns.min()
    part = plane[top : rows.max() + 1, left : columns.max() + 1].astype(np.float32, copy=False)
    if not np.isfinite(part).all():
        raise InferenceError("the image has NaN or infinite pixels; repair it")
    return part[np.ix_(rows - top, columns - left)]


def _channels_last(images: Tensor) -> Tensor:
    """Return images (B, 1, H, W) with channels-last strides, which the whole network then keeps.

    With one channel both layouts are the same bytes: torch's `contiguous` changes nothing, and the network would run
    channels first, which takes 1.4 times as long (1024², 16 filters, bf16, 2 threads).
    """
    height, width = images.shape[-2:]
    return images.contiguous().as_strided(images.shape, (height * width, 1, width, 1))


def _predicted(model: SegmentationNet, images: Tensor) -> Tensor:
    outputs = model(images).float()
    foreground = (outputs[:, 1] - outputs[:, 0]).sigmoid()
    if not model.planes:
        return foreground
    return torch.stack((foreground, (outputs[:, 2] - outputs[:, 3]).clamp(0, 1)), 1)


@contextmanager
def _evaluating(model: SegmentationNet) -> Iterator[None]:
    training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(training)
