"""What the networks are built of: double convolutions, upsampling, the cropped skip, and what each must be given."""

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, max_pool2d, pad

PADDINGS = ("valid", "same")
SKIPS = ("concatenate", "none")
NORMS = ("none", "batch")
DROPOUTS = ("bottom", "all", "none")
UPSAMPLINGS = ("transpose", "bilinear")


class ModelError(ValueError):
    """An argument or an image size that the network cannot take."""


class SegmentationNet(nn.Module):
    """A network of `depth` levels: images (B, channels, H, W) to logits (B, classes, H', W').

    padding: "valid" (unpadded, sizes as unetlib.tiles plans) or "same" (H' = H, a multiple of 2^(depth−1)).
    """

    def __init__(self, depth: int, padding: str) -> None:
        super().__init__()
        self.depth, self.padding = depth, padding

    def check_size(self, images: Tensor, features: Tensor, level: int) -> None:
        """Raise ModelError when the features of a level (from 0) cannot be convolved or a pooling would cut them."""
        rows, columns = features.shape[-2:]
        pools = level < self.depth - 1
        eats = 4 if self.padding == "valid" else 0
        if min(rows, columns) <= eats or (pools and (rows % 2 or columns % 2)):
            height, width = images.shape[-2:]
            raise ModelError(
                f"an image of {height}×{width} px is {rows}×{columns} at level {level + 1} of {self.depth}, which"
                f' does not fit padding "{self.padding}"; take the sizes that unetlib.tiles plans'
            )


class Upsample2(nn.Module):
    """Maps (B, C, H, W) to (B, C/2, 2H, 2W): a 1×1 convolution, then bilinear interpolation."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.halve = nn.Conv2d(channels, channels // 2, kernel_size=1)

    def forward(self, features: Tensor) -> Tensor:
        """Returns the features at twice the side, half the channels."""
        return interpolate(self.halve(features), scale_factor=2, mode="bilinear", align_corners=False)


def check_arguments(
    *,
    in_channels: int,
    classes: int,
    base_filters: int,
    depth: int,
    padding: str,
    skip: str,
    norm: str,
    dropout: float,
    dropout_at: str,
    upsampling: str,
) -> None:
    """Raise ModelError for a choice that is not known or a count that no network can have, by name."""
    choices: dict[str, tuple[str, tuple[str, ...]]]
    choices = {"padding": (padding, PADDINGS), "skip": (skip, SKIPS), "norm": (norm, NORMS)}
    choices |= {"dropout_at": (dropout_at, DROPOUTS), "upsampling": (upsampling, UPSAMPLINGS)}
    for name, (value, known) in choices.items():
        one_of(name, value, known)
    if min(in_channels, classes, base_filters, depth) < 1 or not 0 <= dropout < 1:
        raise ModelError(
            f"a network of {in_channels} channels, {classes} classes, {base_filters} filters, depth"
            f" {depth}, dropout {dropout}; set counts of at least 1 and 0 ≤ dropout < 1"
        )


def one_of(name: str, value: str, known: tuple[str, ...]) -> None:
    """Raise ModelError unless value is one of the known ones."""
    if value not in known:
        raise ModelError(f"model.{name} is {value!r}; set one of {', '.join(known)}")


def contracting_path(
    in_channels: int, filters: list[int], *, padding: str, norm: str, dropout: float, dropout_at: str
) -> nn.ModuleList:
    """One double convolution per level; dropout after the two deepest ("bottom"), after every level ("all") or none."""
    rates = [dropout if _drops(level, len(filters), dropout_at) else 0.0 for level in range(len(filters))]
    return nn.ModuleList(
        double(channels, count, padding, norm, rate)
        for channels, count, rate in zip([in_channels, *filters], filters, rates, strict=False)
    )


def _drops(level: int, depth: int, dropout_at: str) -> bool:
    return dropout_at == "all" or (dropout_at == "bottom" and level >= depth - 2)


def double(channels: int, filters: int, padding: str, norm: str, dropout: float) -> nn.Sequential:
    """Two 3×3 convolutions, each with optional batch norm and a ReLU; then dropout."""
    layers: list[nn.Module] = []
    for inputs in (channels, filters):
        border = 1 if padding == "same" else 0
        layers.append(nn.Conv2d(inputs, filters, kernel_size=3, padding=border, bias=norm == "none"))
        if norm == "batch":
            layers.append(nn.BatchNorm2d(filters))
        layers.append(nn.ReLU(inplace=True))
    if dropout > 0:
        layers.append(nn.Dropout(dropout))
    return nn.Sequential(*layers)


def upsampler(channels: int, upsampling: str) -> nn.Module:
    """Twice the side, half the channels: an up-convolution or Upsample2."""
    if upsampling == "bilinear":
        return Upsample2(channels)
    return nn.ConvTranspose2d(channels, channels // 2, kernel_size=2, stride=2)


def crop(skipped: Tensor, like: Tensor) -> Tensor:
    """The centre of `skipped`, cut to the rows and columns of `like`.

    By negative padding where there is a gradient: that of a slice falls out of channels last, which costs 12 % of a
    training step (16 filters, bf16, one thread of an EPYC with avx512_bf16, torch 2.15: 402 instead of 456 ms).
    """
    row, column = ((skipped.shape[axis] - like.shape[axis]) // 2 for axis in (-2, -1))
    if row == column == 0:
        return skipped
    if _infers():
        return skipped[..., row : skipped.shape[-2] - row, column : skipped.shape[-1] - column]
    return pad(skipped, (-column, -column, -row, -row))


def pool2(features: Tensor) -> Tensor:
    """The largest of each 2×2 pixels.

    Without a gradient to come, on a CPU, as two maxima of slices, which are the same bits: torch's own pooling keeps
    the places too, and takes 76 instead of 4 ms for 16 channels of 804² (bf16, channels last, one thread).
    """
    if not (_infers() and features.is_cpu):
        return max_pool2d(features, 2)
    rows = torch.maximum(features[..., ::2, :], features[..., 1::2, :])
    return torch.maximum(rows[..., ::2], rows[..., 1::2])


def _infers() -> bool:
    """Whether nothing but the result is wanted: no gradient, no trace of the operations for another program."""
    return not (torch.is_grad_enabled() or torch.jit.is_tracing())


def initialise(model: nn.Module, generator: torch.Generator) -> None:
    """Redraws all weights in place: N(0, 2/N) from a CPU generator, biases 0, batch norm the identity.

    Section 3 of the paper. N = weights per slice of the first axis, as in the authors' filler: 9·channels for
    a convolution, 4·outputs for an up-convolution, which keeps the variance where no ReLU follows.
    """
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
                deviation = (2.0 / module.weight[0].numel()) ** 0.5
                module.weight.copy_(torch.randn(module.weight.shape, generator=generator) * deviation)
                if module.bias is not None:
                    module.bias.zero_()
            elif isinstance(module, nn.BatchNorm2d):
                module.reset_parameters()


def parameter_count(model: nn.Module) -> int:
    """Returns the number of trained numbers (31,030,658 for the paper's network)."""
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
