"""Settings of a network: its architecture, and how it predicts."""

from typing import Literal, Self

from pydantic import Field, model_validator

from unetlib.imaging.settings import NORMALISATIONS, InstanceSettings, Normalisation
from unetlib.io.settings import Settings, option

Precision = Literal["auto", "float32", "bfloat16"]


class ModelSettings(Settings):
    """The network's architecture; the defaults are the paper's network."""

    architecture: Literal["unet", "attention_unet", "unet_plus_plus"] = Field(
        "unet",
        description="The paper's, or with attention gates (Oktay 2018), or nested (Zhou 2018); the latter two need"
        " padding same and skip concatenate.",
    )
    base_filters: int = Field(64, ge=1, description="Filters of the first level; they double per level.")
    depth: int = Field(5, ge=1, le=7, description="Levels of the contracting path.")
    padding: Literal["valid", "same"] = Field(
        "valid", description="valid: unpadded as in the paper (572 → 388); same: zero-padded."
    )
    skip: Literal["concatenate", "none"] = Field("concatenate", description="Skip connections.")
    norm: Literal["none", "batch", "group", "instance"] = Field(
        "none",
        description="Normalisation after each 3×3 convolution. batch: by statistics of the batch; group (gcd(8,"
        " filters) groups) and instance (each channel alone): by those of each tile, also at prediction, which then"
        " depends on compute.predict_tile_px.",
    )
    initialisation: Literal["he", "xavier"] = option(
        "he",
        "How weights are drawn: he, N(0, 2/inputs) as in the paper; xavier, N(0, 2/(inputs + outputs)).",
    )
    dropout: float = Field(0.5, ge=0, lt=1, description="Share of activations dropped.")
    dropout_deepest: float | None = option(
        None,
        "Share dropped on the deepest level; shares rise or fall linearly to it, level by level, from dropout on the"
        " first. null: dropout everywhere.",
        ge=0,
        lt=1,
    )
    dropout_kind: Literal["element", "channel"] = option(
        "element", "What is dropped: single activations, or whole channels (Tompson et al. 2015)."
    )
    dropout_at: Literal["bottom", "all", "none"] = Field(
        "bottom", description="bottom: at the end of the contracting path as in the paper; all: after every level."
    )
    upsampling: Literal["transpose", "bilinear"] = Field(
        "transpose", description="Up-convolution or bilinear interpolation."
    )

    @model_validator(mode="after")
    def _padded_architectures(self) -> Self:
        if self.architecture != "unet":
            for name, only in (("padding", "same"), ("skip", "concatenate")):
                if getattr(self, name) != only:
                    raise ValueError(
                        f"model.{name} is {getattr(self, name)!r}, which {self.architecture} cannot take; set {only}"
                    )
        return self


class InferenceSettings(Settings):
    """How the test images are predicted; see `networks.predict.predict_image`."""

    mode: Literal["tile", "resize"] = Field(
        "tile",
        description="tile: overlapping tiles at the image's own scale; resize: the whole image as one resized tile.",
    )
    test_time_augmentation: Literal[1, 4, 8] = Field(
        1, description="Symmetries whose predictions are averaged: 1 none, 4 quarter turns, 8 with mirror images."
    )


class ComputeSettings(Settings):
    """Where and how networks run; this changes results only by rounding (threads, device)."""

    device: Literal["auto", "cpu", "cuda"] = Field("auto", description="auto is cuda if there is one.")
    threads: int = Field(2, ge=1, description="CPU threads of one training or prediction job.")
    predict_tile_px: int = Field(772, ge=4, description="Side in px of the output tile at inference.")
    predict_batch: int = Field(1, ge=1, description="Tiles per forward pass at inference.")
    pack_jobs: bool = Field(
        False,
        description="One job trains all seeds, writes all caches of a fold, predicts all experiments of a dataset. The"
        " results are the same; there is less start-up and less to run at once.",
    )


class PredictionSettings(Settings):
    """Prediction settings of a network's study, written beside the weights as prediction.json; they retrain nothing.

    `unetlib predict` takes its defaults from here, so that a shipped model predicts as its study does.
    """

    inference: InferenceSettings = Field(description="Tiles and test-time augmentation.")
    instances: InstanceSettings = Field(description="Threshold, minimum area and watershed depth.")
    normalisation: Normalisation = Field(description=NORMALISATIONS)
    binning: int = Field(
        1, ge=1, description="Side of the blocks of pixels that are averaged into one before the network sees them."
    )
    pixel_size_um: float | None = Field(None, gt=0, description="Pixel size of the training images in µm.")
