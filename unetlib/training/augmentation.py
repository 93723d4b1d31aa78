"""Augmentation as pure functions of batches: random fields, one resample, grey values. Torch, on any device.

Elastic fields are the U-Net paper's (Ronneberger et al. 2015, section 3.1): a coarse 3×3 grid of Gaussian
displacements (SD 10 px), interpolated bicubically. Rotation, scale and shift join the same field, so that
an image is resampled once. All randomness comes from the given generator.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional


def elastic_field(
    generator: torch.Generator, batch: int, height: int, width: int, *, grid: int, sigma_px: float
) -> Tensor:
    """Return (B, 2, H, W) displacements in px (row, column) from a grid×grid lattice of N(0, sigma_px).

    Two small products instead of one bicubic enlargement, which takes 15 times as long at 572².
    """
    lattice = torch.randn((batch, 2, grid, grid), generator=generator, device=generator.device) * sigma_px
    return _bicubic(height, grid, generator.device).T @ (lattice @ _bicubic(width, grid, generator.device))


def _bicubic(size: int, grid: int, device: torch.device) -> Tensor:
    """Return the weights (grid, size) of `grid` nodes at `size` points between the first and the last node."""
    nodes = torch.eye(grid, device=device)[None, None]
    return functional.interpolate(nodes, size=(grid, size), mode="bicubic", align_corners=True)[0, 0]


def affine_matrices(
    generator: torch.Generator, batch: int, *, rotation_deg: float, scale: float, shift_px: float
) -> Tensor:
    """Return (B, 2, 3) maps (row, column, 1) → source offset from the centre, in px.

    Rotation uniform in ±rotation_deg, zoom log-uniform in 1/(1+scale) … 1+scale, shift uniform in ±shift_px.
    """
    uniform = torch.rand((batch, 4), generator=generator, device=generator.device) * 2 - 1
    angle = uniform[:, 0] * math.radians(rotation_deg)
    zoom = torch.exp(uniform[:, 1] * math.log1p(scale))
    cosine, sine = torch.cos(angle) / zoom, torch.sin(angle) / zoom
    shift = uniform[:, 2:] * shift_px
    return torch.stack([torch.stack([cosine, -sine, shift[:, 0]], 1), torch.stack([sine, cosine, shift[:, 1]], 1)], 1)


def sampling_grid(displacement: Tensor, affine: Tensor) -> Tensor:
    """Return the (B, H, W, 2) sampling grid for `resample`: the affine map about the centre plus (B, 2, H, W) px."""
    _, _, height, width = displacement.shape
    rows = torch.arange(height, device=displacement.device, dtype=torch.float32) - (height - 1) / 2
    columns = torch.arange(width, device=displacement.device, dtype=torch.float32) - (width - 1) / 2
    grid = displacement.flip(1)  # grid_sample's order is (x, y)
    by_row, by_column, shift = affine.flip(1).unbind(2)
    grid += (by_row[..., None] * rows)[:, :, :, None]
    grid += (by_column[..., None] * columns + shift[..., None])[:, :, None]
    grid[:, 0] *= 2 / max(width - 1, 1)
    grid[:, 1] *= 2 / max(height - 1, 1)
    return grid.movedim(1, -1)  # planes stay planes: as fast to sample, and not copied


def resample(batch: Tensor, grid: Tensor, *, mode: str) -> Tensor:
    """Return (B, C, H, W) sampled at the grid, mirrored at the borders; mode nearest, bilinear or bicubic."""
    return functional.grid_sample(batch, grid, mode=mode, padding_mode="reflection", align_corners=True)


def jitter_intensity(
    generator: torch.Generator,
    images: Tensor,
    *,
    gamma: float,
    contrast: float,
    brightness: float,
    noise: float,
) -> Tensor:
    """Return (B, 1, H, W) images with other grey values; input and output are in 0 … 1.

    Gamma and contrast log-uniform in 1/(1+g) … 1+g, brightness uniform in ±brightness, then Gaussian noise
    whose SD is uniform in 0 … noise; contrast and brightness are relative to the image's own mean and range.
    """
    batch = images.shape[0]
    uniform = torch.rand((batch, 4), generator=generator, device=generator.device) * 2 - 1
    power, gain, lift, level = (uniform[:, k, None, None, None] for k in range(4))
    varied = images.clamp(0, 1).pow_(torch.exp(power * math.log1p(gamma)))
    mean = varied.mean(dim=(2, 3), keepdim=True)
    stretch = torch.exp(gain * math.log1p(contrast))
    varied *= stretch
    varied += mean * (1 - stretch) + lift * brightness
    grain = torch.randn(images.shape, generator=generator, device=generator.device)
    return varied.addcmul_(grain, (level + 1) / 2 * noise).clamp_(0, 1)
