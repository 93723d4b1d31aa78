"""The U-Net of Ronneberger et al. 2015 (arXiv 1505.04597) and, through its settings, variants from the literature."""

import torch
from torch import Tensor, nn

from unetlib.networks.blocks import (
    SegmentationNet,
    contracting_path,
    crop,
    double,
    expanding_dropout,
    pool2,
    upsampler,
)
from unetlib.networks.settings import ModelSettings


class UNet(SegmentationNet):
    """The U-Net: images (B, in_channels, H, W) to logits (B, classes, H', W'); by default the paper's network.

    padding: "valid" (572 → 388) or "same" (H' = H, a multiple of 2^(depth−1); zeros at the border).
    skip: "concatenate" (up-convolved first, then the cropped skip) or "none": the decoder takes the
    up-convolution alone, its first convolution has half the input channels.
    norm "batch", "group" or "instance": after each 3×3 convolution, which then has no bias.
    dropout_at: "bottom" = after the two deepest levels of the contracting path (levels 4 and 5; the skip of
    level 4 carries it too, as in the authors' phseg_v5.prototxt); "all" = after every level of both paths.
    dropout_deepest: shares between dropout and this one, by level; dropout_kind "channel": whole channels.
    upsampling "bilinear": a 1×1 convolution halves the channels, then ×2 interpolation (the two commute).
    No ReLU follows an up-convolution, as in the paper's figure 1 (the authors' release has one).
    """

    def __init__(self, settings: ModelSettings, *, in_channels: int = 1, classes: int = 2) -> None:
        super().__init__(settings, classes=classes)
        self.skip = settings.skip
        self.down = contracting_path(in_channels, settings)
        upper = list(reversed(list(enumerate(self.filters[:-1]))))
        self.up = nn.ModuleList(upsampler(2 * count, settings) for _, count in upper)
        width = 2 if settings.skip == "concatenate" else 1
        self.merge = nn.ModuleList(
            double(width * count, count, settings, dropout=expanding_dropout(level, settings)) for level, count in upper
        )
        self.head = nn.Conv2d(settings.base_filters, classes, kernel_size=1)

    def forward(self, images: Tensor) -> Tensor:
        """Return logits (B, classes, H', W'); ModelError for an image size that does not fit."""
        features, skips = images, []
        for level, block in enumerate(self.down):
            if level:
                skips.append(features)
                features = pool2(features)
            self.check_size(images, features, level)
            features = block(features)
        for place, (up, merge) in enumerate(zip(self.up, self.merge, strict=True)):
            gate, skipped = features, skips.pop()
            features = up(gate)
            if self.skip == "concatenate":
                features = torch.cat((features, crop(self.passed(place, skipped, gate), features)), dim=1)
            features = merge(features)
        return self.head(features)

    def passed(self, place: int, skipped: Tensor, gate: Tensor) -> Tensor:
        """Return the features that a skip connection (place 0 is the deepest) passes on: here all of them."""
        return skipped
