"""The record of a training, stored in model.pt and, with more facts, as facts.json."""

from collections.abc import Mapping
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, field_validator

from unetlib.io.files import read_json
from unetlib.io.settings import first_fault
from unetlib.networks.old_settings import translated

ALONE = ("prediction", "held_out")  # fields of a network that belongs to no study


class RecordError(ValueError):
    """A record cannot be read."""


class Record(BaseModel):
    """Recorded facts: keys that this version does not know are dropped, missing ones stay empty."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    @classmethod
    def read(cls, values: object, where: str) -> Self:
        """Return the record; an invalid one raises RecordError in one line that names the file."""
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise RecordError(f"{where}: {first_fault(error, cls)}; train again") from error


class SourceRecord(Record):
    """One dataset that a network was trained on, and its source."""

    dataset: str | None = None
    source: str | None = None
    sha256: str | None = None
    options: dict[str, JsonValue] = Field(default_factory=dict)
    binning: int = 1

    @field_validator("options", mode="before")
    @classmethod
    def _options(cls, value: object) -> object:
        return {} if value is None else value

    @field_validator("binning", mode="before")
    @classmethod
    def _binning(cls, value: object) -> object:
        return 1 if value is None else value

    @property
    def pixel_size_um(self) -> float | None:
        """Pixel size in µm, before binning; None if unknown."""
        size = self.options.get("pixel_size_um")
        return float(size) if isinstance(size, int | float) else None


class RunRecord(Record):
    """The record of a network: its settings, run, data and code, and its validation score."""

    settings: dict[str, JsonValue] = Field(default_factory=dict)
    experiment: str | None = None
    train_dataset: str | None = None
    fold: int | None = None
    seed: int | None = None
    code: str | None = None
    data: tuple[SourceRecord, ...] = ()
    best_update: int | None = None
    best_validation_dice: float | None = None
    updates: int | None = None
    prediction: dict[str, JsonValue] | None = Field(
        None, description="settings of a network that no study predicts with"
    )
    held_out: dict[str, float] | None = Field(
        None, description="mean scores on images that did not train a fine-tuned one"
    )

    @field_validator("settings", mode="before")
    @classmethod
    def _settings_of_today(cls, value: object) -> object:
        return translated(value) if isinstance(value, Mapping) else value

    @property
    def binning(self) -> int:
        """The binning of the training images; 1 if the datasets differ."""
        found = {entry.binning for entry in self.data}
        return found.pop() if len(found) == 1 else 1

    @property
    def pixel_size_um(self) -> float | None:
        """Pixel size of the training images in µm, before binning; None if it is unknown or differs."""
        sizes = {entry.pixel_size_um for entry in self.data}
        return sizes.pop() if len(sizes) == 1 else None

    def with_pixel_size(self, size_um: float | None) -> Self:
        """Return the record with the pixel size that its study states today; None changes nothing.

        A study may state the pixel size of a dataset later, which retrains nothing.
        """
        if size_um is None:
            return self
        data = tuple(
            entry.model_copy(update={"options": {**entry.options, "pixel_size_um": size_um}}) for entry in self.data
        )
        return self.model_copy(update={"data": data})

    def is_of_the_same_run(self, other: "RunRecord") -> bool:
        """Return whether both records are of the same training."""
        ours, theirs = ((r.settings, r.experiment, r.train_dataset, r.fold, r.seed, r.code) for r in (self, other))
        return ours == theirs


class RunFacts(RunRecord):
    """The record of a training with its costs, as facts.json holds it."""

    roles: dict[str, dict[str, list[str]]] = Field(default_factory=dict, description="dataset → role → frames")
    splits: dict[str, str] = Field(default_factory=dict, description="dataset → key of its split")
    best_validation_iou: float | None = Field(None, description="of the same evaluation; where validation has it")
    parameters: int | None = None
    stopped_early: bool | None = None
    train_seconds: float | None = None
    peak_memory_bytes: int | None = None
    peak_device_memory_bytes: int | None = None
    device: str | None = None
    bfloat16: bool | None = None
    threads: int | None = None
    versions: dict[str, str] = Field(default_factory=dict)


def read_facts(path: Path) -> RunFacts:
    """Read the facts of a run from its facts.json; anything else raises FileError or RecordError in one line."""
    return RunFacts.read(read_json(path), str(path))
