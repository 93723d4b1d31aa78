"""Settings of a training: augmentation, loss, batches, optimiser, and the selection of a network."""

from typing import Literal, Self

from pydantic import Field, model_validator

from unetlib.datasets.settings import DrawnBy
from unetlib.imaging.settings import (
    NORMALISATIONS,
    Normalisation,
    Probability,
    ResampleSettings,
    TargetSettings,
    WeightMapSettings,
)
from unetlib.io.settings import Settings, option
from unetlib.networks.settings import ModelSettings, Precision

LOSS_PARAMETERS = {
    "weighted_ce": (),
    "ce_dice": ("dice_fraction",),
    "bce_tversky": ("alpha", "beta"),
    "inverse_frequency_bce": (),
}


class AugmentationSettings(Settings):
    """Random changes of the training images; see `training.augmentation` and `training.variants`."""

    policy: Literal["none", "flips", "full"] = Field(
        "full", description="none; flips: flips and quarter turns; full: these and the cached copies."
    )
    symmetries: Literal["dihedral", "flips", "half_turns", "none"] = option(
        "dihedral",
        "Symmetries of the square that a tile is shown in, by policies flips and full. dihedral: all 8; flips, mirrored"
        " rows and columns, and half_turns, turned by 180° and mirrored: the same 4; none.",
    )
    copies: int = Field(12, ge=0, description="Warped copies of each training image in the cache, besides itself.")
    elastic_grid: int = Field(3, ge=2, description="Points per side of the elastic grid.")
    elastic_sigma_px: float = Field(10, ge=0, description="SD of the displacements in px (`datasets.NAME.lengths`).")
    elastic_probability: float = option(
        1.0, "Share of copies that are deformed elastically; all are turned, zoomed and shifted.", ge=0, le=1
    )
    rotation_deg: float = Field(15, ge=0, description="Largest rotation in degrees.")
    scale: float = Field(0.15, ge=0, description="Largest relative zoom.")
    shift_px: float = Field(10, ge=0, description="Largest shift in px (`datasets.NAME.lengths`).")
    interpolation: Literal["bilinear", "bicubic"] = Field(
        "bicubic", description="How images are resampled (labels by nearest neighbour)."
    )
    gamma: float = Field(0.2, ge=0, description="Largest relative change of gamma.")
    contrast: float = Field(0.2, ge=0, description="Largest relative change of contrast.")
    brightness: float = Field(0.05, ge=0, description="Largest change of brightness as a share of the range.")
    noise: float = Field(0.02, ge=0, description="Largest SD of the added noise as a share of the range.")
    invert_probability: float = option(
        0.0, "Share of copies whose grey values are inverted within the image's range.", ge=0, le=1
    )

    def scaled(self, scale: float) -> Self:
        """Return the settings with every length times scale."""
        lengths = {"elastic_sigma_px": self.elastic_sigma_px * scale, "shift_px": self.shift_px * scale}
        return self.model_copy(update=lengths)


class LossParameters(Settings):
    """Parameters of a loss; those of other losses stay unset."""

    dice_fraction: float | None = Field(None, ge=0, le=1, description="ce_dice: share of the Dice term.")
    alpha: float | None = Field(None, ge=0, description="bce_tversky: cost of false positives.")
    beta: float | None = Field(None, ge=0, description="bce_tversky: cost of false negatives.")

    def given(self) -> dict[str, float]:
        """Return the parameters that are set, by name."""
        return {name: value for name, value in self if value is not None}

    def plain(self) -> dict[str, float]:
        """Return the parameters that are set, by name."""
        return self.given()

    def identity(self) -> dict[str, float]:
        """Return the parameters that are set, by name."""
        return self.given()


class LossSettings(Settings):
    """The loss and its parameters; see `training.losses.LOSSES`."""

    name: Literal["weighted_ce", "ce_dice", "bce_tversky", "inverse_frequency_bce"] = Field(
        "weighted_ce", description="Which loss."
    )
    params: LossParameters = Field(default_factory=LossParameters, description="Its parameters.")

    @model_validator(mode="after")
    def _parameters_of_this_loss(self) -> Self:
        if foreign := sorted(set(self.params.given()) - set(LOSS_PARAMETERS[self.name])):
            known = ", ".join(LOSS_PARAMETERS[self.name]) or "none"
            raise ValueError(f"{self.name} takes no {', '.join(foreign)} (its parameters: {known})")
        return self


class TrainingSettings(Settings):
    """The training loop. A checkpoint is written at every evaluation."""

    optimiser: Literal["sgd", "nesterov", "adam", "adamw"] = Field("sgd", description="Optimiser.")
    learning_rate: float = Field(0.005, gt=0, description="Step size after warm-up.")
    momentum: float = Field(0.99, ge=0, lt=1, description="Momentum of sgd and nesterov; adam and adamw do not use it.")
    weight_decay: float = Field(0, ge=0, description="L2 penalty (decoupled for adamw).")
    clip_norm: float | None = option(
        None, "Gradients are scaled down to this norm over all weights where theirs is larger; null: never.", gt=0
    )
    schedule: Literal["constant", "cosine", "plateau", "one_cycle"] = Field(
        "cosine",
        description="Learning rate over time. cosine: falls to 0. plateau: falls when evaluations do not get better."
        " one_cycle: rises over the first 30 % of the updates from a 25th, without warm-up, and falls to a 250,000th.",
    )
    warmup_updates: int = Field(100, ge=0, description="Updates over which the learning rate rises from 0.")
    plateau_patience: int = option(
        3, "plateau: evaluations in a row without a better one after which the next fails too many.", ge=0
    )
    plateau_factor: float = option(0.5, "plateau: what the learning rate is then multiplied by.", gt=0, lt=1)
    minimum_learning_rate: float = option(0.0, "The learning rate never falls below it after the warm-up.", ge=0)
    updates: int = Field(20000, ge=1, description="Optimiser steps at most.")
    updates_per: Literal["network", "dataset"] = option(
        "network",
        "What updates and evaluate_every count. dataset: those of one dataset, so that a joint network makes as many"
        " times more as it has datasets.",
    )
    accumulation_steps: int = Field(1, ge=1, description="Batches per optimiser step.")
    evaluate_every: int = Field(500, ge=1, description="Updates between validations (and checkpoints).")
    select_by: Literal["dice", "loss", "last"] = option(
        "dice",
        "Which evaluation's weights are kept: that of the best validation Dice, of the smallest validation loss, or the"
        " last. plateau follows the loss where that is chosen, else the Dice.",
    )
    patience: int = Field(0, ge=0, description="Validations without improvement after which training stops; 0 = never.")
    precision: Precision = Field(
        "auto",
        description="Arithmetic of the forward pass. bfloat16 is faster where the processor or GPU has it and many"
        " times slower where it does not; auto is bfloat16 where it has it, else float32.",
    )

    def for_datasets(self, count: int) -> Self:
        """Return the settings of one training on `count` datasets, in updates of the network."""
        if self.updates_per == "network":
            return self
        more = {"updates": self.updates * count, "evaluate_every": self.evaluate_every * count}
        return self.model_copy(update=more)

    @model_validator(mode="after")
    def _minimum_below_learning_rate(self) -> Self:
        if self.minimum_learning_rate > self.learning_rate:
            raise ValueError(
                f"training.minimum_learning_rate is {self.minimum_learning_rate:g}, above learning_rate"
                f" ({self.learning_rate:g}); lower it"
            )
        return self

    @model_validator(mode="after")
    def _nesterov_needs_momentum(self) -> Self:
        if self.optimiser == "nesterov" and self.momentum == 0:
            raise ValueError("training.momentum is 0; nesterov needs a positive one")
        return self


class ValidationSettings(Settings):
    """The validation that chooses among the evaluations of a training."""

    images: Literal["whole", "augmented"] = Field(
        "whole",
        description="whole: validation images as they are; augmented: one augmented tile of each, a mistake, for the"
        " flawed arm of a pitfall alone (the history then has the IoU as well).",
    )


class BatchSettings(Settings):
    """The tiles of one forward pass."""

    size: int = Field(1, ge=1, description="Tiles per batch.")
    draw_frames_by: DrawnBy = option(
        "frame",
        "How likely a training frame is: as likely as any other, or in proportion to the objects that are drawn in it.",
    )
    foreground_share: float = option(
        0.0, "Share of tiles that are centred on a random foreground pixel instead of anywhere.", ge=0, le=1
    )
    tile_px: int = Field(
        388,
        ge=4,
        description="Side in px of the output tile (16k + 4 for depth 5 unpadded, 16k padded; an experiment that"
        " changes the padding alone takes the largest below).",
    )


class CacheSettings(Settings):
    """The settings that determine the bytes of an augmented cache, besides its frames, seed and code."""

    separate_touching: bool = Field(True, description="Whether touching instances are separated by a 1-px gap.")
    weight_map: WeightMapSettings = Field(default_factory=WeightMapSettings, description="The weight map.")
    augmentation: AugmentationSettings = Field(default_factory=AugmentationSettings, description="Augmentation.")
    distances: bool = option(False, "Whether it holds distance targets beside the mask.")
    object_diameter_px: float | None = option(
        None, "Median diameter in px that the objects of each image have in it; null: images keep their size.", gt=0
    )

    def scaled(self, scale: float) -> Self:
        """Return the settings with every length times scale; `Dataset.length_scale` converts to a network's pixels.

        The gap between touching instances stays 1 px, as nothing thinner can be drawn.
        """
        if scale == 1:
            return self
        parts = {"weight_map": self.weight_map.scaled(scale), "augmentation": self.augmentation.scaled(scale)}
        return self.model_copy(update=parts)


class RunSettings(Settings):
    """Everything that determines a network except data, fold and seed: the study overridden by an experiment."""

    separate_touching: bool = Field(
        True, description="Whether touching instances are separated by a 1-px gap before training."
    )
    normalisation: Normalisation = Field("zscore", description=NORMALISATIONS)
    threshold: Probability = Field(0.5, description="Foreground probability from which a pixel is foreground.")
    weight_map: WeightMapSettings = Field(default_factory=WeightMapSettings, description="The weight map of the loss.")
    augmentation: AugmentationSettings = Field(default_factory=AugmentationSettings, description="Augmentation.")
    model: ModelSettings = Field(default_factory=ModelSettings, description="The network.")
    loss: LossSettings = Field(default_factory=LossSettings, description="The loss.")
    training: TrainingSettings = Field(default_factory=TrainingSettings, description="The training loop.")
    validation: ValidationSettings = Field(default_factory=ValidationSettings, description="What selects a network.")
    batch: BatchSettings = Field(default_factory=BatchSettings, description="What one forward pass takes.")
    target: TargetSettings = option(TargetSettings(), "What a network learns to say of a pixel.")
    resample: ResampleSettings = option(ResampleSettings(), "At which size networks see objects.")
    start_from: str | None = option(
        None,
        "A shipped network (`unetlib models`) or a model.pt whose weights training starts from; null: random ones.",
    )

    @property
    def cache(self) -> CacheSettings:
        """The settings that determine the cache; symmetries are applied later, to the tiles cut from it."""
        rest = AugmentationSettings.model_fields["symmetries"].default
        return CacheSettings(
            separate_touching=self.separate_touching,
            weight_map=self.weight_map,
            augmentation=self.augmentation.model_copy(update={"symmetries": rest}),
            distances=self.target.kind == "distances",
            object_diameter_px=self.resample.object_diameter_px,
        )
