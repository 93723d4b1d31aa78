"""Group and instance normalisation, with a backward pass that is as fast as batch normalisation's on a CPU."""

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import batch_norm

GROUPS = 8


def group_norm(channels: int) -> nn.Module:
    """Return the normalisation of a tile over groups of its channels: gcd(8, channels) groups of neighbours.

    y = γ·(x − mean) / sqrt(variance + 1e-5) + β, mean and variance over the pixels and channels of a group of one tile
    (Wu and He 2018, arXiv 1803.08494), γ and β per channel.
    """
    return GroupNorm(math.gcd(GROUPS, channels), channels)


def instance_norm(channels: int) -> nn.Module:
    """Return the normalisation of each channel of a tile alone: groups of one channel (arXiv 1607.08022)."""
    return GroupNorm(channels, channels)


class GroupNorm(nn.GroupNorm):
    """torch's group normalisation; with a gradient on a CPU its backward pass is ours.

    Forward and backward of 16 channels of 570², channels last, one thread: 14.5 instead of 100 ms in bf16 and 29
    instead of 51 ms in float32 (batch norm 18 and 21; AMD EPYC with AVX2, torch 2.15, medians of 9; LOG.md).
    """

    def forward(self, features: Tensor) -> Tensor:
        """Return the normalised features, (B, channels, H, W)."""
        if torch.is_grad_enabled() and features.is_cpu and not torch.jit.is_tracing():
            return _GroupNormOnCpu.apply(features, self.weight, self.bias, self.num_groups, self.eps)
        return super().forward(features)


class _GroupNormOnCpu(torch.autograd.Function):
    """Group normalisation whose gradient comes from the kernels of batch normalisation.

    With r = 1 / sqrt(variance + ε), x̂ = (x − mean)·r, and means over the N values of a group:

        dβ = Σ dy    dγ = Σ dy·x̂    dx = r·(γ·dy − mean(γ·dy) − x̂·mean(γ·dy·x̂))

    The sums per channel are those of batch normalisation's backward pass with the group's mean and r, which also is the
    whole gradient for groups of one channel. Otherwise dx is linear in dy and x, channel by channel: twice what batch
    normalisation does at inference. torch's own kernel walks through each channel with strides.
    """

    @staticmethod
    def forward(ctx: Any, features: Tensor, weight: Tensor, bias: Tensor, groups: int, eps: float) -> Tensor:
        if not features.is_contiguous(memory_format=torch.channels_last):
            features = features.contiguous()
        batch, channels, height, width = features.shape
        normalised, mean, inverse = torch.ops.aten.native_group_norm(
            features, weight, bias, batch, channels, height * width, groups, eps
        )
        ctx.save_for_backward(features, weight, mean, inverse)
        return normalised

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor, None, None]:
        features, weight, mean, inverse = ctx.saved_tensors
        last = features.is_contiguous(memory_format=torch.channels_last)
        # the kernel reads both in the layout of the features, whatever strides the gradient has
        gradient = gradients[0].contiguous(memory_format=torch.channels_last if last else torch.contiguous_format)
        per_group = weight.numel() // mean.shape[1]
        of_features, of_weight, of_bias = [], torch.zeros_like(weight), torch.zeros_like(weight)
        for tile in range(len(features)):
            m, r = (part[tile].to(weight.dtype).repeat_interleave(per_group) for part in (mean, inverse))
            found = _of_tile(gradient[tile, None], features[tile, None], weight, m, r, per_group)
            of_features.append(found[0])
            of_weight += found[1]
            of_bias += found[2]
        whole = of_features[0] if len(of_features) == 1 else torch.cat(of_features)
        return whole, of_weight, of_bias, None, None


def _of_tile(
    gradient: Tensor, tile: Tensor, weight: Tensor, mean: Tensor, inverse: Tensor, per_group: int
) -> tuple[Tensor, Tensor, Tensor]:
    """The gradients of one tile (1, C, H, W), γ and β; mean and r (C,) are those of each channel's group."""
    alone = per_group == 1
    of_tile, of_weight, of_bias = torch.ops.aten.native_batch_norm_backward(
        gradient, tile, weight, None, None, mean, inverse, True, 0.0, [alone, True, True]
    )
    if alone:
        return of_tile, of_weight, of_bias
    count = per_group * tile.shape[-2] * tile.shape[-1]
    mean_gradient, mean_product = (
        (weight * part).view(-1, per_group).sum(1).repeat_interleave(per_group) / count for part in (of_bias, of_weight)
    )
    slope = -inverse * inverse * mean_product
    of_tile = _linear(gradient, inverse * weight, -inverse * mean_gradient - slope * mean)
    of_tile += _linear(tile, slope, torch.zeros_like(slope))
    return of_tile, of_weight, of_bias


def _linear(values: Tensor, slope: Tensor, offset: Tensor) -> Tensor:
    """slope·values + offset, (1, C, H, W), slope and offset per channel, in one pass over channels last."""
    return batch_norm(values, torch.zeros_like(slope), torch.ones_like(slope), slope, offset, eps=0.0)
