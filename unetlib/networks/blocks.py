"""Building blocks of networks: double convolutions, upsampling, cropped skips."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, max_pool2d, pad

from unetlib.networks.group_norm import GroupNorm, group_norm, instance_norm
from unetlib.networks.settings import ModelSettings

NORMS: dict[str, Callable[[int], nn.Module]] = {
    "batch": nn.BatchNorm2d,
    "group": group_norm,
    "instance": instance_norm,
}
DROPOUTS: dict[str, Callable[[float], nn.Module]] = {"element": nn.Dropout, "channel": nn.Dropout2d}


class ModelError(ValueError):
    """The network cannot take images of this size."""


class SegmentationNet(nn.Module):
    """A network of `depth` levels: images (B, channels, H, W) to logits (B, classes, H', W').

    With 4 classes the last two are distances instead of logits (`imaging.distance_targets`).

    Padding "valid" is unpadded, with the sizes that networks.tiling plans; "same" keeps H' = H, a multiple of
    2^(depth−1).
    """

    def __init__(self, settings: ModelSettings, *, classes: int = 2) -> None:
        super().__init__()
        self.settings, self.classes = settings, classes
        self.depth, self.padding = settings.depth, settings.padding
        self.filters = [settings.base_filters * 2**level for level in range(settings.depth)]

    @property
    def planes(self) -> tuple[int, ...]:
        """The leading axes of a prediction, before rows and columns: none, or (2,) with distances."""
        return (2,) if self.classes == 4 else ()

    def check_size(self, images: Tensor, features: Tensor, level: int) -> None:
        """Raise ModelError if the features of a level (from 0) are too small to convolve or pooling would cut them."""
        rows, columns = features.shape[-2:]
        pools = level < self.depth - 1
        eats = 4 if self.padding == "valid" else 0
        if min(rows, columns) <= eats or (pools and (rows % 2 or columns % 2)):
            height, width = images.shape[-2:]
            raise ModelError(
                f"an image of {height}×{width} px is {rows}×{columns} at level {level + 1} of {self.depth}, which"
                f' does not fit padding "{self.padding}"; take the sizes that networks.tiling plans'
            )


class Upsample2(nn.Module):
    """Map (B, C, H, W) to (B, C/2, 2H, 2W): a 1×1 convolution, then bilinear interpolation."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.halve = nn.Conv2d(channels, channels // 2, kernel_size=1)

    def forward(self, features: Tensor) -> Tensor:
        """Return the features at twice the side, half the channels."""
        return interpolate(self.halve(features), scale_factor=2, mode="bilinear", align_corners=False)


def contracting_path(in_channels: int, settings: ModelSettings) -> nn.ModuleList:
    """Return one double convolution per level; dropout after the two deepest ("bottom"), after all levels or none."""
    filters = [settings.base_filters * 2**level for level in range(settings.depth)]
    return nn.ModuleList(
        double(channels, count, settings, dropout=_contracting_dropout(level, settings))
        for level, (channels, count) in enumerate(zip([in_channels, *filters], filters, strict=False))
    )


def expanding_dropout(level: int, settings: ModelSettings) -> float:
    """Return the dropout rate after a level (from 0) of the expanding path."""
    return _dropout_of(level, settings) if settings.dropout_at == "all" else 0.0


def _contracting_dropout(level: int, settings: ModelSettings) -> float:
    deep = settings.dropout_at == "bottom" and level >= settings.depth - 2
    return _dropout_of(level, settings) if deep or settings.dropout_at == "all" else 0.0


def _dropout_of(level: int, settings: ModelSettings) -> float:
    """Return the dropout rate of a level: `dropout`, or interpolated from it to dropout_deepest on the last level."""
    first, deepest = settings.dropout, settings.dropout_deepest
    if deepest is None or settings.depth == 1:
        return first
    return first + (deepest - first) * level / (settings.depth - 1)


def double(channels: int, filters: int, settings: ModelSettings, *, dropout: float) -> nn.Sequential:
    """Return two 3×3 convolutions, each with optional normalisation and a ReLU; then dropout."""
    layers: list[nn.Module] = []
    for inputs in (channels, filters):
        border = 1 if settings.padding == "same" else 0
        layers.append(nn.Conv2d(inputs, filters, kernel_size=3, padding=border, bias=settings.norm == "none"))
        if settings.norm != "none":
            layers.append(NORMS[settings.norm](filters))
        layers.append(nn.ReLU(inplace=True))
    if dropout > 0:
        layers.append(DROPOUTS[settings.dropout_kind](dropout))
    return nn.Sequential(*layers)


def upsampler(channels: int, settings: ModelSettings) -> nn.Module:
    """Return the layer that doubles the side and halves the channels: an up-convolution or Upsample2."""
    if settings.upsampling == "bilinear":
        return Upsample2(channels)
    return nn.ConvTranspose2d(channels, channels // 2, kernel_size=2, stride=2)


def crop(skipped: Tensor, like: Tensor) -> Tensor:
    """Return the centre of `skipped`, cut to the rows and columns of `like`.

    With a gradient, crop by negative padding: the gradient of a slice loses the channels-last layout, which costs 12 %
    of a training step (16 filters, bf16, one thread of an EPYC with avx512_bf16, torch 2.15: 402 instead of 456 ms).
    """
    row, column = ((skipped.shape[axis] - like.shape[axis]) // 2 for axis in (-2, -1))
    if row == column == 0:
        return skipped
    if _infers():
        return skipped[..., row : skipped.shape[-2] - row, column : skipped.shape[-1] - column]
    return pad(skipped, (-column, -column, -row, -row))


def pool2(features: Tensor) -> Tensor:
    """Return the largest of each 2×2 pixels.

    At inference on a CPU it takes two maxima of slices, which give the same bits: torch's own pooling also keeps the
    positions, and takes 76 instead of 4 ms for 16 channels of 804² (bf16, channels last, one thread).
    """
    if not (_infers() and features.is_cpu):
        return max_pool2d(features, 2)
    rows = torch.maximum(features[..., ::2, :], features[..., 1::2, :])
    return torch.maximum(rows[..., ::2], rows[..., 1::2])


def _infers() -> bool:
    """Return whether only the result is needed: no gradient, and no trace of the operations for an export."""
    return not (torch.is_grad_enabled() or torch.jit.is_tracing())


def initialise(model: SegmentationNet, generator: torch.Generator) -> None:
    """Redraw all weights in place from a CPU generator, as the model's settings say; biases 0, norms the identity.

    he: N(0, 2/N), section 3 of the paper. N = weights per slice of the first axis, as in the authors' filler:
    9·channels for a convolution, 4·outputs for an up-convolution, which keeps the variance where no ReLU follows.
    xavier: N(0, 2/(inputs + outputs)), inputs and outputs times the pixels of the kernel (Glorot and Bengio 2010).
    """
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
                first, second = module.weight.shape[:2]
                pixels = module.weight[0, 0].numel()
                fan = (first + second) * pixels if model.settings.initialisation == "xavier" else second * pixels
                module.weight.copy_(torch.randn(module.weight.shape, generator=generator) * (2.0 / fan) ** 0.5)
                if module.bias is not None:
                    module.bias.zero_()
            elif isinstance(module, nn.BatchNorm2d | GroupNorm):
                module.reset_parameters()


def parameter_count(model: nn.Module) -> int:
    """Return the number of trainable parameters (31,030,658 for the paper's network)."""
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
