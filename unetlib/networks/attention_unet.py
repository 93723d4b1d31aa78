"""Attention U-Net (Oktay et al. 2018, arXiv 1804.03999): gates scale the features of skip connections."""

from torch import Tensor, nn
from torch.nn.functional import interpolate, relu

from unetlib.networks.settings import ModelSettings
from unetlib.networks.unet import UNet


class AttentionUNet(UNet):
    """The U-Net with additive attention gates on its skips (Oktay et al. 2018, arXiv 1804.03999).

    The gating signal of a skip is the decoder's coarser level. As in the paper the first level's skip has no gate.
    It is padded and has all skips.
    """

    def __init__(self, settings: ModelSettings, *, in_channels: int = 1, classes: int = 2) -> None:
        super().__init__(settings, in_channels=in_channels, classes=classes)
        self.gates = nn.ModuleList(AttentionGate(count) for count in reversed(self.filters[1:-1]))

    def passed(self, place: int, skipped: Tensor, gate: Tensor) -> Tensor:
        """Return the skip scaled by its gate; all of it on the first level."""
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
        """Return the scaled skip."""
        alpha = self.psi(relu(self.of_skip(skipped) + self.of_gate(gate))).sigmoid()
        return skipped * interpolate(alpha, scale_factor=2, mode="bilinear", align_corners=False)
