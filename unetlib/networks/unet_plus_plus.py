"""U-Net++ (Zhou et al. 2018, arXiv 1807.10165): nested, dense skip connections."""

import torch
from torch import Tensor, nn

from unetlib.networks.blocks import SegmentationNet, check_arguments, contracting_path, double, pool2, upsampler


class UNetPlusPlus(SegmentationNet):
    """The nested U-Net: X[i][j] joins X[i][0 … j−1] and the upsampled X[i+1][j−1] (Zhou et al. 2018, arXiv 1807.10165).

    The last node of the first level alone is read out. Takes what UNet takes but padding "valid" and skip "none".
    """

    def __init__(
        self,
        *,
        in_channels: int = 1,
        classes: int = 2,
        base_filters: int = 64,
        depth: int = 5,
        padding: str = "same",
        skip: str = "concatenate",
        norm: str = "none",
        dropout: float = 0.5,
        dropout_at: str = "bottom",
        upsampling: str = "transpose",
    ) -> None:
        check_arguments(
            in_channels=in_channels,
            classes=classes,
            base_filters=base_filters,
            depth=depth,
            padding=padding,
            skip=skip,
            norm=norm,
            dropout=dropout,
            dropout_at=dropout_at,
            upsampling=upsampling,
        )
        super().__init__(depth, padding)
        filters = [base_filters * 2**level for level in range(depth)]
        self.down = contracting_path(
            in_channels, filters, padding=padding, norm=norm, dropout=dropout, dropout_at=dropout_at
        )
        rate = dropout if dropout_at == "all" else 0.0
        places = [(column, level) for column in range(1, depth) for level in range(depth - column)]
        self.up = nn.ModuleDict({f"{i},{j}": upsampler(2 * filters[i], upsampling) for j, i in places})
        self.merge = nn.ModuleDict(
            {f"{i},{j}": double((j + 1) * filters[i], filters[i], padding, norm, rate) for j, i in places}
        )
        self.head = nn.Conv2d(base_filters, classes, kernel_size=1)

    def forward(self, images: Tensor) -> Tensor:
        """Returns logits (B, classes, H, W); ModelError for an image size that does not fit."""
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
