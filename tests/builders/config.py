"""What the tests of a study share: a small configuration with an experiment of every kind, and the real schemas."""

import copy
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

SCHEMAS = {
    path.name: yaml.safe_load(path.read_text())
    for path in (Path(__file__).parents[2] / "workflow/schemas").glob("*.schema.yaml")
}
VALIDATOR = Draft202012Validator(
    SCHEMAS["config.schema.yaml"],
    registry=Registry().with_resources((name, Resource.from_contents(schema)) for name, schema in SCHEMAS.items()),
)

CONFIG: dict[str, Any] = {
    "study": {
        "name": "s",
        "datasets": ["a", "b"],
        "experiments": ["reference", "plain", "flipped", "joint", "small", "leaky", "padded", "turned"],
        "reference": "reference",
        "folds": [0, 1],
        "seeds": [0],
        "externals": [],
    },
    "datasets": {
        "a": {"format": "ctc", "archive": "a.zip", "split": "sequence", "tile_px": 100},
        "b": {"format": "isbi", "archive": "b.zip", "split": "block", "folds": 5},
    },
    "split": {"by": None, "folds": 2, "max_train": None, "seed": 0},
    "gap": True,
    "normalisation": "zscore",
    "threshold": 0.5,
    "instances": "components",
    "weights": {"form": "paper", "w0": 10},
    "augmentation": {"policy": "full", "variants": 4},
    "model": {
        "architecture": "unet",
        "base_filters": 8,
        "depth": 5,
        "padding": "valid",
        "skip": "concatenate",
    },
    "loss": {"name": "weighted_ce", "params": {}},
    "training": {"updates": 10},
    "batch": {"size": 1, "tile_px": 388},
    "inference": {"mode": "tile", "rotations": 1},
    "validation": "whole",
    "scoring": {"window_px": 0},
    "tracking": {"experiments": [], "max_distance_px": None, "max_gap": 1, "divisions": True},
    "audits": {"leakage": {"honest": "reference", "illusion": "leaky"}},
    "externals": {},
    "experiments": {
        "reference": {},
        "plain": {"augmentation": {"policy": "none"}, "loss": {"name": "ce_dice", "params": {"dice_fraction": 0.5}}},
        "flipped": {"augmentation": {"policy": "flips"}},
        "joint": {"joint": True},
        "small": {"split": {"max_train": 2}},
        "leaky": {"split": {"by": "random"}},
        "padded": {"model": {"padding": "same"}},
        "turned": {"trained_as": "reference", "inference": {"rotations": 8}},
    },
}


def changed(path: tuple[str, ...], value: Any) -> dict[str, Any]:
    """A copy of the configuration with one value replaced."""
    config = copy.deepcopy(CONFIG)
    place = config
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return config
