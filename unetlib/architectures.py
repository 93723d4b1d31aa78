"""The architectures a study may choose: the U-Net, and two of its heirs that are padded only, under the same settings.

Both are made of the U-Net's own blocks: norm, dropout and upsampling mean the same everywhere. MONAI (1.6.1) has
both networks, but its attention U-Net cannot be without batch norm, its U-Net++ has a fixed depth, and importing it
takes 13 s of processor time (torch alone 4 s). Neither has the deep supervision of its paper: every architecture is
trained by the same loss on one output.
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, relu

from unetlib.blocks import ModelError, Network, check_arguments, contracting_path, double, one_of, pool2, upsampler
from unetlib.model import UNet


class AttentionUNet(UNet):
    """The U-Net with additive attention gates on its skips (Oktay et al. 2018, arXiv 1804.03999).

    The gating signal of a skip is the decoder's coarser level. As in the paper the first level's skip has no gate.
    Takes what UNet takes but padding "valid" and skip "none".
    """

    def __init__(self, *, base_filters: int = 64, depth: int = 5, **arguments: object) -> None:
        super().__init__(base_filters=base_filters, depth=depth, **arguments)  # type: ignore[arg-type]
        self.gates = nn.ModuleList(AttentionGate(base_filters * 2**level) for level in reversed(range(1, depth - 1)))

    def passed(self, place: int, skipped: Tensor, gate: Tensor) -> Tensor:
        """Returns the skip scaled by its gate; all of it on the first level."""
        return self.gates[place](skipped, gate) if place < len(self.gates) else skipped


class AttentionGate(nn.Module):
    """Scales a skip (B, C, 2H, 2W) by α, 0 … 1, one per pixel, found from itself and a gate (B, 2C, H, W).

    α = sigmoid(ψ·relu(W_x·skip + W_g·gate + b_g) + b_ψ), equation 1, on the gate's grid (W_x has stride 2) and
    interpolated to the skip's. C intermediate channels, as in the authors' release.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.of_skip = nn.Conv2d(channels, channels, kernel_size=2, stride=2, bias=False)
        self.of_gate = nn.Conv2d(2 * channels, channels, kernel_size=1)
        self.psi = nn.Conv2d(channels, 1, kernel_size=1)

    def forward(self, skipped: Tensor, gate: Tensor) -> Tensor:
        """Returns the scaled skip."""
        alpha = self.psi(relu(self.of_skip(skipped) + self.of_gate(gate))).sigmoid()
        return skipped * interpolate(alpha, scale_factor=2, mode="bilinear", align_corners=False)


class UNetPlusPlus(Network):
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


ARCHITECTURES: dict[str, type[Network]] = {
    "unet": UNet,
    "attention_unet": AttentionUNet,
    "unet_plus_plus": UNetPlusPlus,
}


def build(
    *,
    architecture: str = "unet",
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
) -> Network:
    """Returns the network of these settings (config section `model`), its weights not yet drawn; see UNet for each.

    Raises ModelError, by name, for an unknown setting and for one that the architecture cannot take.
    """
    one_of("architecture", architecture, tuple(ARCHITECTURES))
    if architecture != "unet":
        for name, value, only in (("padding", padding, "same"), ("skip", skip, "concatenate")):
            if value != only:
                raise ModelError(f"model.{name} is {value!r}, which {architecture} cannot take; set {only}")
    return ARCHITECTURES[architecture](
        in_channels=in_channels,  # type: ignore[call-arg]
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
