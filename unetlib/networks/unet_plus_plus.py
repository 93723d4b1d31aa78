"""U-Net++ (Zhou et al. 2018, arXiv 1807.10165): nested, dense skip connections."""

import torch
from torch import Tensor, nn

from unetlib.networks.blocks import SegmentationNet, contracting_path, double, expanding_dropout, pool2, upsampler
from unetlib.networks.settings import ModelSettings


class UNetPlusPlus(SegmentationNet):
    """The nested U-Net: X[i][j] joins X[i][0 … j−1] and the upsampled X[i+1][j−1] (Zhou et al. 2018, arXiv 1807.10165).

    Only the last node of the first level is read out. It is padded and has all skips.
    """

    def __init__(self, settings: ModelSettings, *, in_channels: int = 1, classes: int = 2) -> None:
        super().__init__(settings, classes=classes)
        self.down = contracting_path(in_channels, settings)
        filters = self.filters
        places = [(column, level) for column in range(1, self.depth) for level in range(self.depth - column)]
        self.up = nn.ModuleDict({f"{i},{j}": upsampler(2 * filters[i], settings) for j, i in places})
        self.merge = nn.ModuleDict(
            {
                f"{i},{j}": double((j + 1) * filters[i], filters[i], settings, dropout=expanding_dropout(i, settings))
                for j, i in places
            }
        )
        self.head = nn.Conv2d(settings.base_filters, classes, kernel_size=1)

    def forward(self, images: Tensor) -> Tensor:
        """Return logits (B, classes, H, W); ModelError for an image size that does not fit."""
        features, rows = images, []
        for level, block in enumerate(self.down):
            features = pool2(features) if level else features
            self.check_size(images, features, level)
            features = block(features)
            rows.append([features])
        for column in range(1, self.depth):
            for level in range(self.depth - column):
                name = f"{level},{column}"
                below = self.up[name](rows[level + 1][column - 1])
                rows[level].append(self.merge[name](torch.cat((*rows[level], below), dim=1)))
        return self.head(rows[0][-1])
