"""The content of a network's package for other programs: its facts and its README."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from unetlib.imaging.normalisation import GreyScale
from unetlib.networks.settings import PredictionSettings
from unetlib.networks.tiling import context_px, smallest_output, step_px

PAPER = "10.1007/978-3-319-24574-4_28"
CITATION = (
    "Ronneberger O, Fischer P, Brox T. U-Net: Convolutional Networks for Biomedical Image Segmentation. MICCAI 2015."
)
PROJECT = (
    "Made by unetlib (the unetlib developers: the U-Net cell-segmentation literature, regenerated), after the paper."
)


@dataclass(frozen=True, kw_only=True)
class Package:
    """The content: the graph (ONNX, giving logits), facts about the network, and a tile with its probability.

    tile (H, W): grey values, binned by `binning` but not normalised; probability (H', W'): PyTorch's result.
    fixed_scale: of the normalisation unit_range, which is the same for all images of one pixel type.
    """

    graph: bytes
    name: str
    depth: int
    padding: str
    prediction: PredictionSettings
    pixel_size_um: float | None
    object_diameter_px: float | None
    fixed_scale: GreyScale | None
    provenance: Mapping[str, JsonValue]
    opset: int
    difference: float
    tile: NDArray[np.float32]
    probability: NDArray[np.float32]

    @property
    def binning(self) -> int:
        """The side of the blocks of pixels that are averaged into one first."""
        return self.prediction.binning

    @property
    def largest_grey(self) -> float | None:
        """The largest grey value that an image may have, if the normalisation depends on it."""
        return None if self.fixed_scale is None else self.fixed_scale.offset + self.fixed_scale.scale

    @property
    def threshold(self) -> float:
        """The foreground probability from which a pixel is foreground."""
        return self.prediction.instances.threshold


def border_px(depth: int, padding: str) -> int:
    """Return how far an output's pixels see beyond it (unpadded), or how far padding reaches into it, each side."""
    return context_px(depth) if padding == "valid" else 6 * step_px(depth)


def smallest_input(depth: int, padding: str) -> int:
    """Return the smallest input side: an unpadded network's, or that of which a pixel is left within the border."""
    border = border_px(depth, padding)
    return 2 * border + (smallest_output(depth) if padding == "valid" else step_px(depth))


def documentation(subject: Package) -> str:
    """Return the package's README.md."""
    border, step = border_px(subject.depth, subject.padding), step_px(subject.depth)
    smallest = smallest_input(subject.depth, subject.padding)
    if subject.padding == "valid":
        context = (
            f"The network is unpadded: its output is {border} px smaller on each side. Give an image with {border} px "
            f"more on each side (mirrored where there is none); sides are {smallest} + {step}·n px."
        )
    else:
        context = (
            f"The network is padded with zeros, which reach {border} px into its output (the halo: cut it off, tiles "
            f"overlap by it); sides are multiples of {step} px, from {smallest} on."
        )
    return f"""\
# {subject.name}

{context} {scale_sentence(subject)} {_grey_sentence(subject)}

Output: the probability that a pixel is foreground; the study calls it foreground from {subject.threshold} on. Cells
are the 4-connected components of that, or what a watershed cuts them into.

## Validation

Largest difference of a probability to PyTorch's, on the tiles that were tried: {subject.difference:.1e}. The test
tensors are one of them. How well the network segments must be measured on images of your own that did not train it.

## Provenance

```json
{json.dumps(package_facts(subject), indent=2, ensure_ascii=False)}
```

## Citation

{CITATION} doi:{PAPER}

{PROJECT} The licence named is that of unetlib; see whether that of the training data says more.
"""


def scale_sentence(subject: Package) -> str:
    """Say how an image must be scaled for the network."""
    if diameter := subject.object_diameter_px:
        return f"Resample each image first, so that the median diameter of its objects is {diameter:g} px."
    size = subject.pixel_size_um
    texts = [f"Average {subject.binning} × {subject.binning} pixels into one first."] if subject.binning > 1 else []
    texts += [] if size is None else [f"Trained at {size * subject.binning:g} µm per pixel."]
    return " ".join(texts) or "Trained at one scale: give images of the same."


def _grey_sentence(subject: Package) -> str:
    """Say how the grey values of an image are normalised."""
    if subject.largest_grey is not None:
        return f"Grey values reach from 0 to {subject.largest_grey:g}; rescale an image of another pixel type."
    return "Statistics are those of the whole image that is given."


def package_facts(subject: Package) -> dict[str, JsonValue]:
    """Return what a program must know about the network besides the description's own fields."""
    border = border_px(subject.depth, subject.padding)
    context = {"context_px" if subject.padding == "valid" else "halo_px": border}
    facts = {
        "binning": subject.binning,
        "threshold": subject.threshold,
        "normalisation": subject.prediction.normalisation,
    }
    if subject.object_diameter_px is not None:
        facts["object_diameter_px"] = subject.object_diameter_px
    if subject.largest_grey is not None:
        facts["largest_grey"] = subject.largest_grey
    return {**context, **facts, "largest_difference": subject.difference, **subject.provenance}
