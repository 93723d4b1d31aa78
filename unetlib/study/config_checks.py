"""What a study's configuration must be beyond its schema: names that are defined, folds that exist, tiles that fit."""

import difflib
import math
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from unetlib.evaluation.baselines import TRIVIAL
from unetlib.networks.tiling import smallest_output, step_px, takes_tile
from unetlib.study.experiments import (
    experiment_settings,
    mirrored_windows,
    split_settings,
    tile_facts,
    uses_watershed,
    watershed_depths,
)
from unetlib.study.external_tools import ExternalError, split_command
from unetlib.study.runs import EXTERNAL, JOINT, StudyError, is_joint, runs
from unetlib.study.tracked_runs import untrackable

PREDICTS = {"trained_as", "inference", "instances", "scoring"}  # what an experiment that trains nothing may state


def check_study(config: Mapping[str, Any]) -> None:
    """Raise StudyError when the study names what is not defined, or asks for what cannot be."""
    study = config["study"]
    _finite(config, "")
    for kind in ("datasets", "experiments", "externals"):
        for name in study[kind]:
            _known(name, config[kind], f"study.{kind}")
        if twins := {a for a in study[kind] for b in study[kind] if a != b and a.lower() == b.lower()}:
            names = " and ".join(sorted(twins))
            raise StudyError(f"study.{kind}: {names} would be one folder on many systems; rename one of them")
    _known(study["reference"], dict.fromkeys(study["experiments"]), "study.reference")
    for experiment in study["experiments"]:
        _trained_as(experiment, config)
    for name in (JOINT, EXTERNAL, "none"):
        if name in study["datasets"]:
            raise StudyError(f"a dataset cannot be called {name!r}: the tables use the word; rename it in datasets:")
    if is_joint(config, study["reference"]):
        raise StudyError(f"study.reference is {study['reference']!r}, a joint network; compare with one per dataset")
    for name in study["datasets"]:
        _sources(name, config["datasets"][name])
        _folds(name, config)
    for experiment, dataset in {(run.experiment, run.train_dataset): None for run in runs(config)}:
        chosen = experiment_settings(config, experiment, dataset)
        _architecture(experiment, chosen["model"])
        _tile(experiment, chosen)
    for name in study["externals"]:
        _external(name, config)
    for name in config["tracking"]["experiments"]:
        _known(name, config["experiments"], "tracking.experiments")
    for name, reason in untrackable(config).items():
        raise StudyError(f"tracking.experiments names {name}, which {reason}")
    for name, depths in watershed_depths(config).items():
        if uses_watershed(config, name) and not any(depths.values()):
            raise StudyError(f"{name}: instances are cut by watershed, but no dataset says how: set watershed_depth_px")
    _mistakes(config)
    for name, audit in config["audits"].items():
        for side in ("honest", "illusion"):
            _known(audit[side], config["experiments"], f"audits.{name}.{side}")


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


def _trained_as(experiment: str, config: Mapping[str, Any]) -> None:
    entry = config["experiments"][experiment]
    target = entry.get("trained_as")
    if target is None:
        return
    where = f"experiments.{experiment}.trained_as"
    _known(target, config["experiments"], where)
    if target not in config["study"]["experiments"]:
        raise StudyError(f"{where} is {target!r}, which is not in study.experiments; add it there")
    if config["experiments"][target].get("trained_as"):
        raise StudyError(
            f"{where} is {target!r}, which is not trained itself; name {config['experiments'][target]['trained_as']!r}"
        )
    if more := sorted(set(entry) - PREDICTS):
        raise StudyError(
            f"experiments.{experiment} is trained as {target} but states {', '.join(more)}; "
            "it may change inference, instances and scoring alone: remove them, or trained_as"
        )


def _sources(name: str, entry: Mapping[str, Any]) -> None:
    given = [key for key in ("archive", "folder", "synthetic") if entry.get(key)]
    if len(given) != 1:
        found = " and ".join(given) or "none of them"
        raise StudyError(f"datasets.{name} needs exactly one of archive, folder and synthetic; it has {found}")
    if entry.get("folder") and entry["format"] != "pairs":
        raise StudyError(f"datasets.{name}: a folder is read as pairs, not {entry['format']}; zip it or say pairs")
    if set("{}") & set(entry.get("folder") or ""):
        raise StudyError(f"datasets.{name}: Snakemake takes braces for wildcards; rename the folder {entry['folder']}")


def _mistakes(config: Mapping[str, Any]) -> None:
    """What is wrong by intention stands in the illusion of an audit and nowhere else."""
    illusions = {audit["illusion"] for audit in config["audits"].values()}
    for experiment in config["study"]["experiments"]:
        chosen = experiment_settings(config, experiment, "") | {"scoring": mirrored_windows(config).get(experiment, 0)}
        made = {
            "weights.form": chosen["weights"]["form"] == "id_indexed",
            "validation": chosen["validation"] != "whole",
        }
        made |= {"scoring.window_px": chosen["scoring"] > 0}
        for name in (name for name, wrong in made.items() if wrong and experiment not in illusions):
            raise StudyError(
                f"{experiment}: {name} makes a mistake on purpose; only an audit's illusion may: see audits"
            )


def _external(name: str, config: Mapping[str, Any]) -> None:
    entry = config["externals"][name]
    if bool(entry.get("command")) == bool(entry.get("folder")):
        raise StudyError(f"externals.{name} needs exactly one of command and folder")
    if entry.get("command"):
        try:
            split_command(entry["command"], images=PurePath("images"), output=PurePath("output"))
        except ExternalError as error:
            raise StudyError(f"externals.{name}: {error}") from error
    if name in config["study"]["experiments"]:
        raise StudyError(f"{name!r} is an experiment and an external; the tables need two names: rename the external")
    if name in TRIVIAL:
        raise StudyError(f"externals.{name}: {name!r} stands for a trivial baseline in the tables; rename the external")


def _folds(name: str, config: Mapping[str, Any]) -> None:
    last = max(config["study"]["folds"])
    for experiment in (None, *config["study"]["experiments"]):
        folds = split_settings(config, name, experiment)["folds"]
        if last >= folds:
            by = f" in experiment {experiment}" if experiment else ""
            raise StudyError(
                f"study.folds asks for fold {last}, but {name} has {folds} folds, 0 to {folds - 1}{by}; "
                f"remove it from study.folds or raise split.folds (or datasets.{name}.folds)"
            )


def _architecture(experiment: str, model: Mapping[str, Any]) -> None:
    """The rule of architectures.build, without importing torch; a test compares the two."""
    name = model["architecture"]
    if name != "unet":
        for key, only in (("padding", "same"), ("skip", "concatenate")):
            if model[key] != only:
                raise StudyError(f"{experiment}: model.{key} is {model[key]!r}, which {name} cannot take; set {only}")


def _tile(experiment: str, chosen: Mapping[str, Any]) -> None:
    depth, padding, side = chosen["model"]["depth"], chosen["model"]["padding"], chosen["batch"]["tile_px"]
    if takes_tile(side, **tile_facts(chosen)):
        return
    if padding == "valid":
        form = f"{step_px(depth)}k + {smallest_output(depth)}"
        raise StudyError(f"{experiment}: an unpadded network of depth {depth} has no {side}-px tile; take {form}")
    raise StudyError(f"{experiment}: a padded network of depth {depth} takes tiles of {step_px(depth)}k px, not {side}")
