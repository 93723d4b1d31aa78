"""What the tests of a study share: a small configuration with an experiment of every kind."""

import copy
from pathlib import Path
from typing import Any

import yaml

from unetlib.study.experiments import merged
from unetlib.study.facts import StudyFacts, study_facts
from unetlib.study.settings import StudySettings
from unetlib.study.shared_trainings import share_identical_trainings

ROOT = Path(__file__).parents[2]
TINY = ROOT / "tests/builders/tiny.yaml"

CONFIG: dict[str, Any] = {
    "study": {
        "name": "s",
        "datasets": ["a", "b"],
        "experiments": ["reference", "plain", "flipped", "joint", "small", "random-split", "padded", "turned"],
        "reference": "reference",
        "folds": [0, 1],
        "seeds": [0],
        "external_tools": [],
    },
    "mirrors": [],
    "limits": {"archive_bytes": 1, "archive_members": 1, "fetch_timeout_s": 1, "fetch_attempts": 1},
    "datasets": {
        "a": {
            "format": "ctc",
            "archive": "a.zip",
            "split": "sequence",
            "primary_metric": "seg",
            "min_area_px": 3,
            "tile_px": 100,
        },
        "b": {
            "format": "isbi",
            "archive": "b.zip",
            "split": "block",
            "primary_metric": "iou",
            "min_area_px": 0,
            "folds": 5,
        },
    },
    "split": {"by": None, "folds": 2, "max_train": None, "seed": 0},
    "separate_touching": True,
    "normalisation": "zscore",
    "threshold": 0.5,
    "instance_method": "components",
    "weight_map": {"form": "paper", "w0": 10},
    "augmentation": {"policy": "full", "copies": 4},
    "model": {"architecture": "unet", "base_filters": 8, "depth": 5, "padding": "valid", "skip": "concatenate"},
    "loss": {"name": "weighted_ce", "params": {}},
    "training": {"updates": 10},
    "batch": {"size": 1, "tile_px": 388},
    "compute": {},
    "inference": {"mode": "tile", "test_time_augmentation": 1},
    "validation": {"images": "whole"},
    "scoring": {"mirrored_window_px": 0},
    "tracking": {"networks_of": [], "max_distance_px": None, "max_gap": 1, "divisions": True},
    "pitfalls": {"leakage": {"control": "reference", "flawed": "random-split"}},
    "external_tools": {},
    "experiments": {
        "reference": {},
        "plain": {"augmentation": {"policy": "none"}, "loss": {"name": "ce_dice", "params": {"dice_fraction": 0.5}}},
        "flipped": {"augmentation": {"policy": "flips"}},
        "joint": {"train_on": "all"},
        "small": {"split": {"max_train": 2}},
        "random-split": {"split": {"by": "random"}},
        "padded": {"model": {"padding": "same"}},
        "turned": {"networks_of": "reference", "inference": {"test_time_augmentation": 8}},
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


def study(config: dict[str, Any] = CONFIG) -> StudySettings:
    """The configuration as typed settings, neither checked nor resolved."""
    return StudySettings.read(config)


def facts(config: dict[str, Any] = CONFIG) -> StudyFacts:
    """The facts of the configuration, in which identical trainings are shared."""
    return study_facts(share_identical_trainings(study(config)))


def config_of(*overlays: str | Path) -> dict[str, Any]:
    """config.yaml with overlays laid over it: names of studies, or files."""
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    for name in overlays:
        path = name if isinstance(name, Path) else ROOT / f"studies/{name}.yaml"
        config = merged(config, yaml.safe_load(path.read_text()))
    return config
