"""Check a study's configuration beyond its types: names are defined, folds exist, tiles fit."""

from collections.abc import Collection

from unetlib.models.registry import ModelNameError, find_network
from unetlib.networks.tiling import smallest_output, step_px, takes_tile
from unetlib.study.experiments import (
    PREDICTED_BY,
    datasets_of,
    inference_settings,
    instance_method,
    instance_settings,
    is_joint,
    run_settings,
    seed_settings,
    split_settings,
    training_experiment,
    training_sets,
)
from unetlib.study.mistakes import allowed, mistakes_of
from unetlib.study.names import check_known
from unetlib.study.protocol_checks import check_protocols
from unetlib.study.runs import EXTERNAL, JOINT
from unetlib.study.settings import ABOUT, ExperimentSettings, StudyError, StudySettings
from unetlib.study.tool_checks import check_external_tool, check_tool
from unetlib.study.tracked_runs import untrackable

PREDICTS = {"networks_of", "datasets", *PREDICTED_BY}  # what an experiment that trains nothing may state
RESERVED = (JOINT, EXTERNAL, "none")  # words of the tables' column train_dataset


def check_study(study: StudySettings) -> None:
    """Raise StudyError when the study uses an undefined name or asks for something impossible."""
    _names(study)
    for experiment in study.study.experiments:
        _networks_of(experiment, study)
        _datasets(experiment, study)
    _reference(study)
    for name in study.study.datasets:
        _source(name, study)
        _folds(name, study)
    for experiment in study.study.experiments:
        inference_settings(study, experiment)
        for train_dataset in training_sets(study, experiment):
            _tile(experiment, train_dataset, study)
        _mistakes(experiment, study)
        _watershed(experiment, study)
        _seeds(experiment, study)
        _start(experiment, study)
    for name in study.study.external_tools:
        check_external_tool(name, study)
    for name in study.study.tools:
        check_tool(name, study)
    for name, reason in untrackable(study).items():
        raise StudyError(f"tracking.networks_of names {name}, which {reason}", "tracking", "networks_of")


def _names(study: StudySettings) -> None:
    """Refuse a name that is undefined, or that would be ambiguous in the tables."""
    lists: dict[str, tuple[list[str], Collection[str]]] = {
        "datasets": (study.study.datasets, study.datasets),
        "experiments": (study.study.experiments, study.experiments),
        "external_tools": (study.study.external_tools, study.external_tools),
        "tools": (study.study.tools, study.tools),
    }
    for kind, (names, defined) in lists.items():
        for name in names:
            check_known(name, defined, "study", kind)
        if twins := {a for a in names for b in names if a != b and a.lower() == b.lower()}:
            message = f"study.{kind}: {' and '.join(sorted(twins))} would be one folder on many systems; rename one"
            raise StudyError(message, "study", kind)
    check_known(study.study.reference, study.study.experiments, "study", "reference")
    for name in study.tracking.networks_of:
        check_known(name, study.experiments, "tracking", "networks_of")
    for name, pitfall in study.pitfalls.items():
        check_known(pitfall.control, study.experiments, "pitfalls", name, "control")
        check_known(pitfall.flawed, study.experiments, "pitfalls", name, "flawed")
    check_protocols(study)
    if reserved := [name for name in RESERVED if name in study.study.datasets]:
        message = f"a dataset cannot be called {reserved[0]!r}: the tables use the word; rename it in datasets"
        raise StudyError(message, "study", "datasets")


def _networks_of(experiment: str, study: StudySettings) -> None:
    entry = study.experiments[experiment]
    target = entry.networks_of
    if target is None:
        return
    key = ("experiments", experiment, "networks_of")
    where = ".".join(key)
    check_known(target, study.experiments, *key)
    if target not in study.study.experiments:
        raise StudyError(f"{where} is {target!r}, which is not in study.experiments; add it there", *key)
    if further := study.experiments[target].networks_of:
        raise StudyError(f"{where} is {target!r}, which is not trained itself; name {further!r}", *key)
    if more := sorted(_stated(entry) - PREDICTS):
        raise StudyError(
            f"experiments.{experiment} uses the networks of {target} but states {', '.join(more)}; it may change"
            " inference, instance_method and scoring alone: remove them, or networks_of",
            "experiments",
            experiment,
        )


def _datasets(experiment: str, study: StudySettings) -> None:
    key = ("experiments", experiment, "datasets")
    for name in study.experiments[experiment].datasets or []:
        check_known(name, study.datasets, *key)
    used, trainer = datasets_of(study, experiment), training_experiment(study, experiment)
    if not used:
        named = ", ".join(study.experiments[experiment].datasets or study.experiments[trainer].datasets or [])
        raise StudyError(
            f"{experiment}: no dataset of the study is among its own ({named}); add one to study.datasets or leave the"
            " experiment out",
            *key,
        )
    if missing := [name for name in used if name not in datasets_of(study, trainer)]:
        raise StudyError(f"{'.'.join(key)} names {missing[0]}, on which {trainer} trains no network; remove it", *key)


def _reference(study: StudySettings) -> None:
    reference, fault = study.study.reference, ""
    if is_joint(study, reference):
        fault = "a joint network; compare with one per dataset"
    elif missing := [name for name in study.study.datasets if name not in datasets_of(study, reference)]:
        fault = f"which is not trained on {missing[0]}; compare with one that is trained on every dataset"
    if fault:
        raise StudyError(f"study.reference is {reference!r}, {fault}", "study", "reference")


def _stated(entry: ExperimentSettings) -> set[str]:
    return {name for name in entry.model_fields_set - set(ABOUT) if getattr(entry, name) is not None}


def _source(name: str, study: StudySettings) -> None:
    entry = study.datasets[name]
    given = [key for key in ("archive", "folder", "synthetic") if getattr(entry, key)]
    fault = ""
    if len(given) != 1:
        found = " and ".join(given) or "none of them"
        fault = f" needs exactly one of archive, folder and synthetic; it has {found}"
    elif entry.folder and entry.format != "pairs":
        fault = f": a folder is read as pairs, not {entry.format}; zip it or set format: pairs"
    elif set("{}") & set(entry.folder or ""):
        fault = f": Snakemake takes braces for wildcards; rename the folder {entry.folder}"
    elif entry.lengths == "micrometres" and not entry.options.pixel_size_um:
        fault = ".lengths is micrometres, but options.pixel_size_um is not stated; state it"
    if fault:
        raise StudyError(f"datasets.{name}{fault}", "datasets", name)


def _folds(name: str, study: StudySettings) -> None:
    last = max(study.study.folds)
    for experiment in (None, *(each for each in study.study.experiments if name in datasets_of(study, each))):
        folds = split_settings(study, name, experiment).folds
        if last >= folds:
            by = f" in experiment {experiment}" if experiment else ""
            raise StudyError(
                f"study.folds asks for fold {last}, but {name} has {folds} folds, 0 to {folds - 1}{by}; "
                f"remove it from study.folds or raise split.folds (or datasets.{name}.folds)",
                "study",
                "folds",
            )


def _tile(experiment: str, train_dataset: str, study: StudySettings) -> None:
    chosen = run_settings(study, experiment, train_dataset)
    depth, padding, side = chosen.model.depth, chosen.model.padding, chosen.batch.tile_px
    if takes_tile(side, depth=depth, padding=padding):
        return
    own = study.datasets.get(train_dataset)
    key = ("datasets", train_dataset, "tile_px") if own and own.tile_px == side else ("batch", "tile_px")
    if padding == "valid":
        form = f"{step_px(depth)}k + {smallest_output(depth)}"
        raise StudyError(f"{experiment}: an unpadded network of depth {depth} has no {side}-px tile; take {form}", *key)
    message = f"{experiment}: a padded network of depth {depth} takes tiles of {step_px(depth)}k px, not {side}"
    raise StudyError(message, *key)


def _mistakes(experiment: str, study: StudySettings) -> None:
    """Refuse a deliberate mistake outside the flawed arm of a pitfall or a protocol."""
    if experiment not in allowed(study):
        for name in mistakes_of(study, experiment):
            raise StudyError(
                f"{experiment}: {name} makes a mistake on purpose, which only the flawed arm of a pitfall and the"
                " experiment of a protocol may do; see pitfalls and protocols",
                "experiments",
                experiment,
                *name.split("."),
            )


def _watershed(experiment: str, study: StudySettings) -> None:
    depths = [instance_settings(study, experiment, name).watershed_depth_px for name in datasets_of(study, experiment)]
    if instance_method(study, experiment) == "watershed" and not any(depths):
        raise StudyError(
            f"{experiment}: instances are cut by watershed, but no dataset states how deep: set watershed_depth_px",
            "experiments",
            experiment,
            "instance_method",
        )


def _seeds(experiment: str, study: StudySettings) -> None:
    if seed_settings(study, experiment) and run_settings(study, experiment).target.kind != "distances":
        raise StudyError(
            f"{experiment}: instances grow from seeds, which a network without distance targets does not find: set"
            " target.kind distances, or another instance_method",
            "experiments",
            experiment,
            "instance_method",
        )


def _start(experiment: str, study: StudySettings) -> None:
    """Refuse a network to start from that is not there."""
    if (start := run_settings(study, experiment).start_from) is None:
        return
    trainer = training_experiment(study, experiment)
    key = ("experiments", trainer, "start_from") if study.experiments[trainer].start_from else ("start_from",)
    try:
        if not find_network(start).path.is_file():
            raise ModelNameError(f"{start}: there is no such file")
    except ModelNameError as error:
        raise StudyError(f"{experiment}: start_from {error}", *key) from error
