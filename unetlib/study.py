"""What a study's configuration asks for: its runs, the settings of each, and the errors a schema cannot see."""

import copy
import difflib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from unetlib.tiles import is_valid_output, smallest_output, step_px

JOINT = "all"  # the training set of one network trained on every dataset of the study
SECTIONS = ("gap", "normalisation", "threshold", "weights", "augmentation", "model", "loss", "training", "batch")


class StudyError(ValueError):
    """A configuration that cannot be run."""


@dataclass(frozen=True, order=True)
class Run:
    """One trained network."""

    experiment: str
    train_dataset: str
    fold: int
    seed: int

    @property
    def path(self) -> str:
        """experiment/train_dataset/fold0-seed0: where its files stand under runs/, predictions/ and scores/."""
        return f"{self.experiment}/{self.train_dataset}/fold{self.fold}-seed{self.seed}"


def run_of(path: PurePath) -> Run:
    """Return the run whose file or folder stands at …/experiment/train_dataset/fold0-seed0[.suffix]."""
    match = re.fullmatch(r"fold(\d+)-seed(\d+)", path.stem)
    if match is None or len(path.parts) < 3:
        raise StudyError(f"{path}: no run stands there; a path ends in experiment/train_dataset/fold0-seed0")
    return Run(path.parts[-3], path.parts[-2], int(match[1]), int(match[2]))


def merged(base: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """Return base with change laid over it, mapping by mapping; neither is altered."""
    result = copy.deepcopy(dict(base))
    for key, value in change.items():
        old = result.get(key)
        whole = key == "params" or not (isinstance(value, Mapping) and isinstance(old, Mapping))
        result[key] = copy.deepcopy(value) if whole else merged(old, value)  # type: ignore[arg-type]
    return result


def check_study(config: Mapping[str, Any]) -> None:
    """Raise StudyError when the study names what is not defined, or asks for a fold that there is not."""
    study = config["study"]
    _finite(config, "")
    for kind in ("datasets", "experiments"):
        for name in study[kind]:
            _known(name, config[kind], f"study.{kind}")
        if twins := {a for a in study[kind] for b in study[kind] if a != b and a.lower() == b.lower()}:
            names = " and ".join(sorted(twins))
            raise StudyError(f"study.{kind}: {names} would be one folder on many systems; rename one of them")
    _known(study["reference"], dict.fromkeys(study["experiments"]), "study.reference")
    for name in study["datasets"]:
        folds = split_of(config, name)["folds"]
        if max(study["folds"]) >= folds:
            raise StudyError(
                f"study.folds asks for fold {max(study['folds'])}, but {name} has {folds} folds, 0 to {folds - 1}; "
                f"remove it from study.folds or raise split.folds (or datasets.{name}.folds)"
            )
    for name in (JOINT, "none"):
        if name in study["datasets"]:
            raise StudyError(f"a dataset cannot be called {name!r}: the tables use the word; rename it in datasets:")
    if config["experiments"][study["reference"]].get("joint"):
        raise StudyError(f"study.reference is {study['reference']!r}, a joint network; compare with one per dataset")
    for name in study["datasets"]:
        _sources(name, config["datasets"][name])
    for experiment, dataset in {(run.experiment, run.train_dataset): None for run in runs(config)}:
        _tile(experiment, settings(config, experiment, dataset))


def _finite(value: Any, where: str) -> None:
    """YAML knows .nan and .inf, and a schema's bounds let the first pass."""
    if isinstance(value, float) and not math.isfinite(value):
        raise StudyError(f"{where} is {value}; give a finite number")
    items = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        _finite(item, f"{where}.{key}".lstrip("."))


def _known(name: str, defined: Mapping[str, Any], where: str) -> None:
    if name not in defined:
        close = difflib.get_close_matches(name, defined, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise StudyError(f"{where} names {name!r}, which is not defined (defined: {', '.join(defined)}){hint}")


def _sources(name: str, entry: Mapping[str, Any]) -> None:
    given = [key for key in ("archive", "folder", "synthetic") if entry.get(key)]
    if len(given) != 1:
        found = " and ".join(given) or "none of them"
        raise StudyError(f"datasets.{name} needs exactly one of archive, folder and synthetic; it has {found}")
    if entry.get("folder") and entry["format"] != "pairs":
        raise StudyError(f"datasets.{name}: a folder is read as pairs, not {entry['format']}; zip it or say pairs")


def _tile(experiment: str, chosen: Mapping[str, Any]) -> None:
    depth, side = chosen["model"]["depth"], chosen["batch"]["tile_px"]
    if chosen["model"]["padding"] == "valid" and not is_valid_output(side, depth):
        form = f"{step_px(depth)}k + {smallest_output(depth)}"
        raise StudyError(f"{experiment}: an unpadded network of depth {depth} has no {side}-px tile; take {form}")
    if chosen["model"]["padding"] == "same" and side % step_px(depth):
        raise StudyError(
            f"{experiment}: a padded network of depth {depth} takes tiles of {step_px(depth)}k px, not {side}"
        )


def runs(config: Mapping[str, Any]) -> list[Run]:
    """Return every network the study trains, in the order of its lists."""
    study = config["study"]
    return [
        Run(experiment, dataset, fold, seed)
        for experiment in study["experiments"]
        for dataset in ([JOINT] if config["experiments"][experiment].get("joint") else study["datasets"])
        for fold in study["folds"]
        for seed in study["seeds"]
    ]


def settings(config: Mapping[str, Any], experiment: str, train_dataset: str) -> dict[str, Any]:
    """Return what this experiment does on this training set: the sections with the experiment laid over them.

    A dataset's own tile_px replaces batch.tile_px when it is trained on alone.
    """
    base = {key: config[key] for key in SECTIONS}
    own_tile = config["datasets"].get(train_dataset, {}).get("tile_px")
    if own_tile:
        base = merged(base, {"batch": {"tile_px": own_tile}})
    change = {key: value for key, value in config["experiments"][experiment].items() if key != "joint"}
    return merged(base, change)


def split_of(config: Mapping[str, Any], dataset: str) -> dict[str, Any]:
    """Return the arguments of `splits.split` for a dataset, all but the frames and the fold."""
    entry = config["datasets"][dataset]
    own = {"folds": entry["folds"]} if entry.get("folds") else {}
    return config["split"] | own | {"by": entry["split"]}


def training_datasets(config: Mapping[str, Any], train_dataset: str) -> list[str]:
    """Return the datasets that a training set stands for."""
    return list(config["study"]["datasets"]) if train_dataset == JOINT else [train_dataset]


def cache_settings(config: Mapping[str, Any], experiment: str) -> dict[str, Any]:
    """Return the settings an augmented cache depends on; experiments that agree in them share it."""
    chosen = settings(config, experiment, "")
    augmentation = chosen["augmentation"]
    if augmentation["policy"] != "full":  # the variants are not used: one cache for policies none and flips
        augmentation = {"policy": "none"}
    return {"augmentation": augmentation, "weights": chosen["weights"], "gap": chosen["gap"]}
