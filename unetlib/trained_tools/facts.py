"""What is known of one training of a tool and of its predictions: time, memory, versions, frames, failures."""

from pathlib import Path

from pydantic import Field, JsonValue

from unetlib.io.files import read_json
from unetlib.networks.run_record import Record, RunFacts


class ToolFacts(RunFacts):
    """The facts of a training, as `tool_runs.train_tool` writes them; train_seconds are of the wall."""

    budget_seconds: float | None = None
    processor_seconds: float | None = None
    pretrained: bool = False
    reason: str = Field("", description='why it failed, or ""')
    files: dict[str, str] = Field(default_factory=dict, description="file of the tool's folder → SHA-256")
    told: dict[str, JsonValue] = Field(default_factory=dict, description="what the tool says of its training")


class Prediction(Record):
    """What one prediction of a test set took; reason: why it failed, or ""."""

    reason: str = ""
    processor_seconds: float | None = None
    wall_seconds: float | None = None
    peak_memory_bytes: int | None = None


def read_tool_facts(path: Path) -> ToolFacts:
    """Read the facts of a training; anything else raises FileError or RecordError in one line."""
    return ToolFacts.read(read_json(path), str(path))


def read_predictions(path: Path) -> dict[str, Prediction]:
    """Read what the predictions of each dataset took; FileError or RecordError in one line."""
    found = read_json(path).get("datasets", {})
    return {name: Prediction.read(each, f"{path}: {name}") for name, each in found.items()}
