"""The record of a training: what made a network. It is stored in model.pt and, with more facts, as facts.json."""

from collections.abc import Mapping
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, field_validator

from unetlib.io.files import read_json
from unetlib.io.settings import first_fault
from unetlib.networks.old_settings import translated


class RecordError(ValueError):
    """A record that cannot be read."""


class Record(BaseModel):
    """Facts that were recorded: what this version does not know is left out, what is missing stays empty."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    @classmethod
    def read(cls, values: object, where: str) -> Self:
        """Return the record; RecordError, in one line that names the file, for what is none."""
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise RecordError(f"{where}: {first_fault(error, cls)}; train again") from error


class SourceRecord(Record):
    """One dataset that a network was trained on, and where it came from."""

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
        """Side of a pixel in µm, before binning; None where it is not known."""
        size = self.options.get("pixel_size_um")
        return float(size) if isinstance(size, int | float) else None


class RunRecord(Record):
    """What made a network: its settings, run, data and code, and its validation score."""

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

    @field_validator("settings", mode="before")
    @classmethod
    def _settings_of_today(cls, value: object) -> object:
        return translated(value) if isinstance(value, Mapping) else value

    @property
    def binning(self) -> int:
        """The binning of the training images; 1 where the datasets differ."""
        found = {entry.binning for entry in self.data}
        return found.pop() if len(found) == 1 else 1

    @property
    def pixel_size_um(self) -> float | None:
        """Side of a pixel of the training images in µm, before binning; None where it is not known or differs."""
        sizes = {entry.pixel_size_um for entry in self.data}
        return sizes.pop() if len(sizes) == 1 else None

    def with_pixel_size(self, size_um: float | None) -> Self:
        """Return the record with the pixel size that its study states today; one that is not known changes nothing.

        A study may learn the pixel size of a dataset later, and trains nothing anew then.
        """
        if size_um is None:
            return self
        data = tuple(
            entry.model_copy(update={"options": {**entry.options, "pixel_size_um": size_um}}) for entry in self.data
        )
        return self.model_copy(update={"data": data})

    def is_of_the_same_run(self, other: "RunRecord") -> bool:
        """Return whether both are about one training."""
        ours, theirs = ((r.settings, r.experiment, r.train_dataset, r.fold, r.seed, r.code) for r in (self, other))
        return ours == theirs


class RunFacts(RunRecord):
    """The record of a training and what it took, as facts.json holds it."""

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
    """Return the facts of a run from its facts.json; FileError or RecordError, in one line, for anything else."""
    return RunFacts.read(read_json(path), str(path))
