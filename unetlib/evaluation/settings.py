"""Settings of scoring: what of a test image counts, and which pairs of experiments measure a pitfall."""

from typing import Literal

from pydantic import Field

from unetlib.io.settings import Settings


class ScoringSettings(Settings):
    """What of the test images is scored."""

    mirrored_window_px: int = Field(
        0,
        ge=0,
        description="0: the image. Else (a mistake, for the flawed arm of a pitfall alone) a window of at least this"
        " side, where a smaller image is mirrored and its surroundings count as background.",
    )


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
    reported: Literal["test", "validation"] = Field(
        "test",
        description="What the flawed protocol calls its result: its scores of the test images, or (validation) the best"
        " Dice among its evaluations during training.",
    )
