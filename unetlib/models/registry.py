"""Shipped networks by name, and the resolution of a name or path to a network."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

SHIPPED = Path(__file__).parent / "shipped"
NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


class ModelNameError(ValueError):
    """A name that matches no network or is ambiguous, or a damaged shipped network."""


@dataclass(frozen=True)
class ShippedModel:
    """The entry of a shipped network in lists; its card has the details."""

    name: str
    folder: Path
    shows: str
    pixel_size_um: float | None
    score: str

    @property
    def weights(self) -> Path:
        return self.folder / "model.pt"


@dataclass(frozen=True)
class Network:
    """The file of a network and, if unetlib ships the network, its entry."""

    path: Path
    shipped: ShippedModel | None = None


def shipped_models(folder: Path = SHIPPED) -> list[ShippedModel]:
    """Return the shipped networks, sorted by name; raise ModelNameError if a card is damaged."""
    return [_read(card) for card in sorted(folder.glob("*/card.json"))]


def find_network(text: str, folder: Path = SHIPPED) -> Network:
    """Return the shipped network with the name `text`, or else the network in the file `text`.

    A path with a folder, such as ./nuclei, always means a file. A folder is never a network. Raises ModelNameError if
    `text` is both a file and a shipped network, and if it is neither.
    """
    path = Path(text)
    models = shipped_models(folder)
    named = next((model for model in models if model.name == text), None)
    if named and path.is_file():
        raise ModelNameError(
            f"{text}: is a file here and a shipped network ({named.shows}); write ./{text} for the file, or change to"
            " another folder for the network"
        )
    if named:
        _check(named)
        return Network(named.weights, named)
    if NAME.fullmatch(text) and not path.exists():
        raise ModelNameError(f"{text}: there is no such file, and {_no_such_name(models)}")
    return Network(path)


def named_model(name: str, folder: Path = SHIPPED) -> ShippedModel:
    """Return the shipped network with this name; raise ModelNameError if there is none."""
    models = shipped_models(folder)
    for model in models:
        if model.name == name:
            return model
    raise ModelNameError(f"{name}: {_no_such_name(models)}")


def _no_such_name(models: list[ShippedModel]) -> str:
    return f"no shipped network has this name; there are {', '.join(model.name for model in models) or 'none'}"


def _read(card: Path) -> ShippedModel:
    """Read a network's entry from its card as plain JSON, to avoid the import of pydantic that a full check needs."""
    try:
        found = json.loads(card.read_text(encoding="utf-8"))
        score = found["score"]
        interval = "" if score["low"] is None else f" ({score['low']:.3f}–{score['high']:.3f})"
        text = f"{score['title']} {score['mean']:.3f}{interval}"
        return ShippedModel(found["name"], card.parent, found["shows"], found["pixel_size_um"], text)
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise ModelNameError(f"{card}: not the card of a shipped network ({error}); install unetlib again") from error


def _check(model: ShippedModel) -> None:
    """Raise ModelNameError if a file of a shipped network does not match the checksum on its card."""
    from unetlib.io.files import sha256_of

    files = json.loads((model.folder / "card.json").read_text(encoding="utf-8")).get("files", {})
    for name, checksum in files.items():
        path = model.folder / name
        if not path.is_file() or sha256_of(path) != checksum:
            raise ModelNameError(f"{path}: is not the file that its card describes; install unetlib again")
