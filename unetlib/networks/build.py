"""The architectures a study may choose: the U-Net, and two of its heirs that are padded only, under the same settings.

Both are made of the U-Net's own blocks: norm, dropout and upsampling mean the same everywhere. MONAI (1.6.1) has
both networks, but its attention U-Net cannot be without batch norm, its U-Net++ has a fixed depth, and importing it
takes 13 s of processor time (torch alone 4 s). Neither has the deep supervision of its paper: every architecture is
trained by the same loss on one output.
"""

from unetlib.networks.attention_unet import AttentionUNet
from unetlib.networks.blocks import ModelError, SegmentationNet, one_of
from unetlib.networks.unet import UNet
from unetlib.networks.unet_plus_plus import UNetPlusPlus

ARCHITECTURES: dict[str, type[SegmentationNet]] = {
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
) -> SegmentationNet:
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
