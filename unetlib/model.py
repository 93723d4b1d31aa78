"""The U-Net of Ronneberger et al. 2015 (arXiv 1505.04597) and, by arguments, its literature's variants."""

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


class UNet(nn.Module):
    """Maps images (B, in_channels, H, W) to logits (B, classes, H', W'); by default the paper's network.

    padding: "valid" (572 → 388) or "same" (H' = H, a multiple of 2^(depth−1); zeros at the border).
    skip: "concatenate" (up-convolved first, then the cropped skip) or "none": the decoder takes the
    up-convolution alone, its first convolution has half the input channels.
    norm "batch": after each 3×3 convolution, which then has no bias.
    dropout_at: "bottom" = after the two deepest levels of the contracting path (levels 4 and 5; the skip of
    level 4 carries it too, as in the authors' phseg_v5.prototxt); "all" = after every level of both paths.
    upsampling "bilinear": a 1×1 convolution halves the channels, then ×2 interpolation (the two commute).
    No ReLU follows an up-convolution, as in the paper's figure 1 (the authors' release has one).
    Raises ModelError for an unknown argument, and for an image size that a pooling would cut.
    """

    def __init__(
        self,
        *,
        in_channels: int = 1,
        classes: int = 2,
        base_filters: int = 64,
        depth: int = 5,
        padding: str = "valid",
        skip: str = "concatenate",
        norm: str = "none",
        dropout: float = 0.5,
        dropout_at: str = "bottom",
        upsampling: str = "transpose",
    ) -> None:
        super().__init__()
        _one_of("padding", padding, PADDINGS)
        _one_of("skip", skip, SKIPS)
        _one_of("norm", norm, NORMS)
        _one_of("dropout_at", dropout_at, DROPOUTS)
        _one_of("upsampling", upsampling, UPSAMPLINGS)
        if min(in_channels, classes, base_filters, depth) < 1 or not 0 <= dropout < 1:
            raise ModelError(
                f"a network of {in_channels} channels, {classes} classes, {base_filters} filters, depth"
                f" {depth}, dropout {dropout}; set counts of at least 1 and 0 ≤ dropout < 1"
            )
        self.depth, self.padding, self.skip = depth, padding, skip
        filters = [base_filters * 2**level for level in range(depth)]
        rates = [dropout if _drops(level, depth, dropout_at) else 0.0 for level in range(depth)]
        self.down = nn.ModuleList(
            _double(channels, count, padding, norm, rate)
            for channels, count, rate in zip([in_channels, *filters], filters, rates, strict=False)
        )
        upper = list(reversed(filters[:-1]))
        self.up = nn.ModuleList(_upsampler(2 * count, upsampling) for count in upper)
        rate, width = (dropout if dropout_at == "all" else 0.0), (2 if skip == "concatenate" else 1)
        self.merge = nn.ModuleList(_double(width * count, count, padding, norm, rate) for count in upper)
        self.head = nn.Conv2d(base_filters, classes, kernel_size=1)

    def forward(self, images: Tensor) -> Tensor:
        """Returns logits (B, classes, H', W'); ModelError for an image size that does not fit."""
        features, skips = images, []
        for level, block in enumerate(self.down):
            if level:
                skips.append(features)
                features = max_pool2d(features, 2)
            self._check(images, features, level)
            features = block(features)
        for up, merge in zip(self.up, self.merge, strict=True):
            features, skipped = up(features), skips.pop()
            if self.skip == "concatenate":
                features = torch.cat((features, _crop(skipped, features)), dim=1)
            features = merge(features)
        return self.head(features)

    def _check(self, images: Tensor, features: Tensor, level: int) -> None:
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


def _one_of(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ModelError(f"model.{name} is {value!r}; set one of {', '.join(known)}")


def _drops(level: int, depth: int, dropout_at: str) -> bool:
    return dropout_at == "all" or (dropout_at == "bottom" and level >= depth - 2)


def _double(channels: int, filters: int, padding: str, norm: str, dropout: float) -> nn.Sequential:
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


def _upsampler(channels: int, upsampling: str) -> nn.Module:
    if upsampling == "bilinear":
        return Upsample2(channels)
    return nn.ConvTranspose2d(channels, channels // 2, kernel_size=2, stride=2)


def _crop(skipped: Tensor, like: Tensor) -> Tensor:
    """The centre of `skipped`, cut to the rows and columns of `like`.

    By negative padding: the gradient of a slice falls out of channels last, which costs 12 % of a training step
    (16 filters, bf16, one thread of an EPYC with avx512_bf16, torch 2.15: 402 instead of 456 ms).
    """
    row, column = ((skipped.shape[axis] - like.shape[axis]) // 2 for axis in (-2, -1))
    if row == column == 0:
        return skipped
    return pad(skipped, (-column, -column, -row, -row))
