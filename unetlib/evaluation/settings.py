"""Settings of scoring: the scored part of a test image, the pairs of experiments that measure pitfalls, protocols."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from unetlib.datasets.settings import Metric
from unetlib.imaging.settings import InstanceSettings
from unetlib.io.settings import Settings, option

Reported = Literal["test", "validation"]
ScoredMetric = (
    Metric
    | Literal["pixel_accuracy", "iou_pooled", "dice_pooled", "pixel_accuracy_pooled", "rand_error", "pixel_error"]
)
Question = Literal[
    "skips",
    "augmentation",
    "border weights",
    "loss",
    "normalisation",
    "architecture",
    "training recipe",
    "data",
    "inference",
    "protocol",
]
VALIDATED = ("dice", "iou")  # metrics that are computed on validation images
Line = Annotated[str, Field(pattern=r"^[^\r\n]{1,120}$")]


class ScoringSettings(Settings):
    """What of the test images is scored."""

    mirrored_window_px: int = Field(
        0,
        ge=0,
        description="0: the image. Else (a mistake, for the flawed arm of a pitfall alone) a window of at least this"
        " side, where a smaller image is mirrored and its surroundings count as background.",
    )


class NetworkScoring(ScoringSettings):
    """How the predictions of an experiment's networks are scored."""

    instances: dict[str, InstanceSettings] = Field(description="By dataset: how probabilities become instances.")


class DatasetScoring(Settings):
    """How the test images of one dataset are scored; see `evaluation.test_set.score_test_set`."""

    min_area_px: int = Field(
        0, ge=0, description="True and predicted objects under this area in px are not scored; their pixels are."
    )
    field_of_interest_px: int | None = Field(None, ge=0, description="Border for seg_ctc and det, px; null = neither.")
    thinning_thresholds: list[float] | None = Field(None, description="Thresholds of border thinning; null = none.")


class PitfallSettings(Settings):
    """What a mistake seems to be worth: two experiments, on the images that both were tested on."""

    control: str = Field(description="The experiment without the mistake.")
    flawed: str = Field(description="The experiment that makes the mistake.")
    reported: Reported = Field(
        "test",
        description="What the flawed protocol calls its result: its scores of the test images, or (validation) the best"
        " Dice among its evaluations during training.",
    )


class FlawSettings(Settings):
    """A difference between what a document did and what we do; a protocol takes it away in one step."""

    name: Line = Field(description="The flaw in one line.")
    settings: Annotated[list[str], Field(min_length=1)] = Field(
        description="What of the experiment becomes that of compare_with: names such as validation.images, whole"
        " sections such as training, or reported."
    )


class ProtocolSettings(Settings):
    """What a document did, flaws and all, and the way from there to what we do, one flaw at a time."""

    document: Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$")] = Field(
        description="The document, by its key in docs/sources.md."
    )
    experiment: str = Field(description="The experiment that does what the document did.")
    dataset: str = Field(description="The dataset that it is trained on (of a joint network: scored on).")
    test_dataset: str | None = option(None, "The dataset that it is scored on, if it is another.")
    metric: ScoredMetric = Field(description="The metric by which the steps are compared.")
    reported: Reported = Field(
        "test",
        description="What the document calls its result: scores of test images, or (validation) the best score"
        " among the evaluations during training.",
    )
    compare_with: str = Field(description="The experiment without the flaws.")
    flaws: Annotated[list[FlawSettings], Field(min_length=1)] = Field(
        description="Its differences from compare_with, in the order in which they are removed."
    )

    @model_validator(mode="after")
    def _validation_has_few_metrics(self) -> Self:
        if self.reported == "validation" and self.metric not in VALIDATED:
            raise ValueError(f"metric is {self.metric}, but validation is scored by {' and '.join(VALIDATED)} alone")
        if self.reported == "validation" and self.test_dataset not in (None, self.dataset):
            raise ValueError("test_dataset differs from dataset, whose images alone validate; set reported: test")
        return self


class ProtocolStep(Settings):
    """A step of a protocol: an experiment, and the flaw that the step before it still has."""

    flaw: str = Field(description='The flaw removed by this step; "": none yet.')
    experiment: str = Field(description="The experiment of this step.")
    train_dataset: str = Field(description="What its networks are trained on.")
    reported: Reported = Field(description="Whether the score is of test images or the best of validation.")


class ProtocolSteps(Settings):
    """A protocol as it is measured: from what a document did to what we do."""

    document: str = Field(description="The document, by its key in docs/sources.md.")
    test_dataset: str = Field(description="The dataset that all steps are scored on.")
    metric: ScoredMetric = Field(description="The metric by which the steps are compared.")
    steps: list[ProtocolStep] = Field(description="The document's experiment first, ours last.")
