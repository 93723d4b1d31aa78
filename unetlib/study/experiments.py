"""What each experiment of a study does: the config's sections with the experiment's differences laid over them."""

import copy
from collections.abc import Mapping
from typing import Any

from unetlib.io.files import short_hash
from unetlib.networks.tiling import largest_tile
from unetlib.study.runs import is_joint, training_experiment

SECTIONS = (
    "gap",
    "normalisation",
    "threshold",
    "weights",
    "augmentation",
    "model",
    "loss",
    "training",
    "validation",
    "batch",
)
OF_PIXELS = ("iou", "dice", "v_rand_thinned", "v_info_thinned")  # headlines that no cut of instances changes
SWEEPS = {"training-size": ("split", "max_train"), "network-size": ("model", "base_filters")}


def merged(base: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """Return base with change laid over it, mapping by mapping; neither is altered."""
    result = copy.deepcopy(dict(base))
    for key, value in change.items():
        old = result.get(key)
        whole = key == "params" or not (isinstance(value, Mapping) and isinstance(old, Mapping))
        result[key] = copy.deepcopy(value) if whole else merged(old, value)  # type: ignore[arg-type]
    return result


def experiment_settings(config: Mapping[str, Any], experiment: str, train_dataset: str) -> dict[str, Any]:
    """Return how an experiment's networks are trained on this training set, whoever trains them.

    A dataset's own tile_px replaces batch.tile_px when it is trained on alone. An experiment that changes the
    padding and no tile takes the largest tile, not above the study's, that its networks can have.
    """
    entry = config["experiments"][training_experiment(config, experiment)]
    base = {key: config[key] for key in SECTIONS}
    own_tile = config["datasets"].get(train_dataset, {}).get("tile_px")
    if own_tile:
        base = merged(base, {"batch": {"tile_px": own_tile}})
    chosen = merged(base, {key: value for key, value in entry.items() if key in SECTIONS})
    changes_padding = chosen["model"].get("padding") != base["model"].get("padding")
    if changes_padding and "tile_px" not in entry.get("batch", {}):
        chosen["batch"]["tile_px"] = largest_tile(base["batch"]["tile_px"], **tile_facts(chosen))
    return chosen


def tile_facts(chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Return what decides which tiles a network takes: its depth and padding."""
    return {"depth": chosen["model"]["depth"], "padding": chosen["model"]["padding"]}


def inference_settings(config: Mapping[str, Any], experiment: str) -> dict[str, Any]:
    """Return how an experiment's networks predict the test images."""
    return merged(config["inference"], config["experiments"][experiment].get("inference", {}))


def mirrored_windows(config: Mapping[str, Any]) -> dict[str, int]:
    """Return the experiments that are scored in a mirrored window, with its side in pixels."""
    sides = {
        name: merged(config["scoring"], config["experiments"][name].get("scoring", {}))["window_px"]
        for name in config["study"]["experiments"]
    }
    return {name: side for name, side in sides.items() if side}


def watershed_depths(config: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """Return how deep, in px, each experiment of the study cuts instances of each dataset by watershed.

    0: they are connected components, for the experiment says so or the dataset states no depth.
    """
    depths = {name: config["datasets"][name].get("watershed_depth_px", 0) for name in config["study"]["datasets"]}
    return {
        name: depths if uses_watershed(config, name) else dict.fromkeys(depths, 0)
        for name in config["study"]["experiments"]
    }


def uses_watershed(config: Mapping[str, Any], experiment: str) -> bool:
    """Return whether an experiment's instances are cut by watershed."""
    return bool(config["experiments"][experiment].get("instances", config["instances"]) == "watershed")


def same_as_reference(config: Mapping[str, Any], experiment: str) -> list[str]:
    """Return the datasets on which an experiment's headline is the reference's by construction.

    Its networks asked the same way; of instances cut in another way where the headline is of pixels.
    """
    reference, windows, depths = config["study"]["reference"], mirrored_windows(config), watershed_depths(config)
    same = (
        experiment != reference
        and training_experiment(config, experiment) == training_experiment(config, reference)
        and inference_settings(config, experiment) == inference_settings(config, reference)
        and windows.get(experiment) == windows.get(reference)
    )
    return [
        name
        for name in config["study"]["datasets"]
        if same
        and (
            depths[experiment][name] == depths[reference][name] or config["datasets"][name].get("headline") in OF_PIXELS
        )
    ]


def split_settings(config: Mapping[str, Any], dataset: str, experiment: str | None = None) -> dict[str, Any]:
    """Return the arguments of `splits.split` for a dataset, all but the frames and the fold.

    split.by null is the dataset's own way, its `split`. An experiment's `split` is laid over the study's.
    """
    entry = config["datasets"][dataset]
    own = {"folds": entry["folds"]} if entry.get("folds") else {}
    change = (
        {} if experiment is None else config["experiments"][training_experiment(config, experiment)].get("split", {})
    )
    chosen = config["split"] | own | change
    return chosen | {"by": chosen["by"] or entry["split"]}


def split_keys(config: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Return the key of the split's settings by experiment and dataset; under "" those of the study itself."""
    return {
        name or "": {
            dataset: short_hash(split_settings(config, dataset, name)) for dataset in config["study"]["datasets"]
        }
        for name in (None, *config["study"]["experiments"])
    }


def cache_settings(config: Mapping[str, Any], experiment: str) -> dict[str, Any]:
    """Return the settings an augmented cache depends on; experiments that agree in them and in the split share it."""
    chosen = experiment_settings(config, experiment, "")
    augmentation = chosen["augmentation"]
    if augmentation["policy"] != "full":  # the variants are not used: one cache for policies none and flips
        augmentation = {"policy": "none"}
    return {"augmentation": augmentation, "weights": chosen["weights"], "gap": chosen["gap"]}


def swept_levels(config: Mapping[str, Any]) -> dict[str, dict[str, int | None]]:
    """Return what the study varies in steps: curve → experiment → level, the reference's among them.

    An experiment is a step of a curve when it differs from the sections of the config in that setting alone. A curve
    without a step is left out. None: as many as there are.
    """
    names, reference = config["study"]["experiments"], config["study"]["reference"]
    found = {}
    for curve, (section, key) in SWEEPS.items():
        changes = {name: {k: v for k, v in config["experiments"][name].items() if k != "trained_as"} for name in names}
        steps = {name: c[section][key] for name, c in changes.items() if [*c] == [section] and [*c[section]] == [key]}
        level = merged(config[section], changes[reference].get(section, {}))[key]
        if steps:
            found[curve] = steps | {reference: level}
    return found


def share_identical_trainings(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the config with `trained_as` stated by every experiment that needs no training of its own.

    Of the study's experiments that agree in every training setting and in the split, on every dataset, the
    reference, else the first in the list, is trained; the others use its networks. So a level of a curve that
    equals the study's reference costs a prediction and no training.
    """
    result = copy.deepcopy(dict(config))
    names = config["study"]["experiments"]
    trained: dict[str, str] = {}  # what is trained → by which experiment
    for name in sorted(names, key=lambda name: (trains_nothing(config, name), name != config["study"]["reference"])):
        first = trained.setdefault(_training(config, name), name)
        if first != name:
            result["experiments"][name]["trained_as"] = first
    return result


def trains_nothing(config: Mapping[str, Any], experiment: str) -> bool:
    """Return whether an experiment trains nothing."""
    return training_experiment(config, experiment) != experiment


def _training(config: Mapping[str, Any], experiment: str) -> str:
    """Return a key of everything that decides an experiment's networks but fold and seed."""
    datasets = config["study"]["datasets"]
    return short_hash(
        {
            "joint": is_joint(config, experiment),
            "settings": [experiment_settings(config, experiment, dataset) for dataset in (*datasets, "")],
            "splits": [split_settings(config, dataset, experiment) for dataset in datasets],
        }
    )
