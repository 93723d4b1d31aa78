"""The architectures that a study may choose: the U-Net, and two successors that exist only padded.

All are made of the U-Net's own blocks: norm, dropout and upsampling mean the same everywhere. MONAI (1.6.1) has
both networks, but its attention U-Net cannot be without batch norm, its U-Net++ has a fixed depth, and importing it
takes 13 s of processor time (torch alone 4 s). Neither has the deep supervision of its paper: every architecture is
trained by the same loss on one output.
"""

from unetlib.networks.attention_unet import AttentionUNet
from unetlib.networks.blocks import SegmentationNet
from unetlib.networks.settings import ModelSettings
from unetlib.networks.unet import UNet
from unetlib.networks.unet_plus_plus import UNetPlusPlus

ARCHITECTURES: dict[str, type[UNet | UNetPlusPlus]] = {
    "unet": UNet,
    "attention_unet": AttentionUNet,
    "unet_plus_plus": UNetPlusPlus,
}


def build(settings: ModelSettings, *, in_channels: int = 1, classes: int = 2) -> SegmentationNet:
    """Build the network of these settings; `initialise` draws its weights."""
    return ARCHITECTURES[settings.architecture](settings, in_channels=in_channels, classes=classes)
