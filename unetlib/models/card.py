"""The card of a shipped network: its purpose, training data, scores and files."""

from pathlib import Path

from pydantic import Field

from unetlib.io.files import read_json
from unetlib.io.settings import Settings

CARD_FILE = "card.json"
CARD_PAGE = "card.md"
EXAMPLE_FILE = "example.png"


class Range(Settings):
    """The central 90 % of a quantity over the images of a training set."""

    low: float = Field(description="Their 5th percentile.")
    high: float = Field(description="Their 95th percentile.")


class AppearanceRecord(Settings):
    """The appearance of the training images; see `imaging.appearance`."""

    full_scales: tuple[float, ...] = Field(description="Grey values of white: 255 of 8 bits, 65535 of 16 bits.")
    skew: Range = Field(description="Skew of the grey values: positive for bright objects on a dark ground.")
    foreground: Range = Field(description="Share of the pixels in objects.")
    diameter_px: float = Field(gt=0, description="Median diameter of the objects.")


class TrainingData(Settings):
    """A dataset that a shipped network was trained on."""

    dataset: str = Field(description="Its name in the study.")
    images: int = Field(ge=1, description="How many of its images trained.")
    source: str = Field(description="The archive, or what made it.")
    sha256: str | None = Field(description="Checksum of the archive.")
    licence: str = Field(description="The terms of the images.")
    citation: str = Field(description="What to cite.")


class ScoreRecord(Settings):
    """The cross-validated score of networks with this training recipe: the mean over the folds of a study."""

    metric: str = Field(description="The primary metric of the dataset, by its name in tables.")
    title: str = Field(description="Its name for people.")
    dataset: str = Field(description="The dataset of the images.")
    mean: float = Field(description="The mean.")
    low: float | None = Field(description="Lower end of the 95 % interval.")
    high: float | None = Field(description="Upper end of the 95 % interval.")
    resampled: str | None = Field(description="What the interval resamples.")
    images: int = Field(ge=1, description="How many images were scored.")
    folds: int = Field(ge=1, description="How many networks scored them, each on images that it never saw.")
    study: str = Field(description="The study.")
    experiment: str = Field(description="The experiment.")

    def text(self) -> str:
        """Return the score with its interval in the format of the tables."""
        interval = "" if self.low is None or self.high is None else f" ({self.low:.3f}–{self.high:.3f})"
        return f"{self.title} {self.mean:.3f}{interval}"


class WeightsRecord(Settings):
    """Storage format of a shipped network's weights, and agreement of its masks with those of the trained weights."""

    format: str = Field(description="How the numbers of the convolutions are stored.")
    parameters: int = Field(ge=1, description="How many numbers there are.")
    agreement: float = Field(description="Dice of its masks and those of the trained weights, over all images.")
    lowest_agreement: float = Field(description="The lowest of an image.")
    images: int = Field(ge=1, description="On how many images that was tried.")


class ModelCard(Settings):
    """Purpose, training data, score and files of a shipped network."""

    name: str = Field(description="By what name the command line knows it.")
    shows: str = Field(description="Which images it is for.")
    not_for: tuple[str, ...] = Field(description="What it is not for.")
    pixel_size_um: float | None = Field(description="Side of a pixel of the training images.")
    architecture: str = Field(description="The network, in words.")
    appearance: AppearanceRecord = Field(description="How images must look.")
    data: tuple[TrainingData, ...] = Field(description="What it was trained on.")
    score: ScoreRecord = Field(description="How good it is.")
    weights: WeightsRecord = Field(description="How its weights are stored.")
    commands: tuple[str, ...] = Field(description="What makes it again.")
    code: str | None = Field(description="Fingerprint of the code that trained it.")
    versions: dict[str, str] = Field(description="Versions of the programs that trained it.")
    files: dict[str, str] = Field(description="SHA-256 of each file.")


def read_card(folder: Path) -> ModelCard:
    """Read the card of a shipped network; an invalid card raises FileError or SettingsError with a one-line message."""
    path = folder / CARD_FILE
    return ModelCard.read(read_json(path), str(path))
