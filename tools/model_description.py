"""Read the hand-written descriptions of shipped networks from tools/shipped_models.yaml."""

from pathlib import Path

import yaml
from pydantic import Field

from unetlib.io.settings import Settings, SettingsError

DESCRIPTIONS = Path(__file__).parent / "shipped_models.yaml"


class DataTerms(Settings):
    """The terms of a dataset that trained a network."""

    licence: str = Field(description="The terms of the images.")
    citation: str = Field(description="What to cite.")


class Description(Settings):
    """Facts about a network that no file of a study contains."""

    shows: str = Field(description="Which images it is for, in a line.")
    not_for: tuple[str, ...] = Field(min_length=1, description="What it is not for.")
    study: str = Field(description="The command that trains it.")
    picture: bool = Field(description="Whether a training image may be shown.")
    data: dict[str, DataTerms] = Field(min_length=1, description="Terms by dataset.")


def read_descriptions(path: Path = DESCRIPTIONS) -> dict[str, Description]:
    """Return the descriptions by name; an invalid file raises SettingsError in one line."""
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {name: Description.read(each, f"{path.name}: {name}") for name, each in found.items()}


def description_of(name: str, path: Path = DESCRIPTIONS) -> Description:
    """Return the description of the network with this name; raise SettingsError if there is none."""
    found = read_descriptions(path)
    if name not in found:
        raise SettingsError(f"{name}: {path.name} says nothing of this network; add an entry of this name")
    return found[name]
