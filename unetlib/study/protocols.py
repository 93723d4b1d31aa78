"""Protocols: experiments that lead from what a document did to what we do, one flaw at a time."""

from collections import defaultdict
from typing import Any

from unetlib.evaluation.settings import ProtocolStep, ProtocolSteps, Reported
from unetlib.io.settings import SettingsError
from unetlib.study.experiments import datasets_of, is_joint
from unetlib.study.runs import JOINT
from unetlib.study.settings import ExperimentSettings, StudyError, StudySettings
from unetlib.study.stated_settings import Stated, done, stated

REPORTED = "reported"  # the only name in a flaw's settings that is not a setting of an experiment
NAMED = 3  # how many differences an error lists


def step_names(study: StudySettings, protocol: str) -> list[str]:
    """Return the names of the experiments that a protocol may add, one for each flaw that is removed."""
    return [f"{protocol}-step{number}" for number in range(1, len(study.protocols[protocol].flaws) + 1)]


def with_protocols(study: StudySettings) -> StudySettings:
    """Return a checked study with the experiments of its protocols added.

    An experiment that the study does not list itself is trained only on the datasets of the protocols that need it.
    Raises StudyError if the last step of a protocol still differs from compare_with.
    """
    defined = study
    for name in study.study.protocols:
        steps = step_experiments(study, name)
        if taken := sorted(steps.keys() & study.experiments.keys()):
            message = f"experiments.{taken[0]} has the name of a step of protocols.{name}; rename it"
            raise StudyError(message, "experiments", taken[0])
        defined = defined.model_copy(update={"experiments": defined.experiments | steps})
    needed: dict[str, list[str]] = defaultdict(list)
    for name in study.study.protocols:
        for step in protocol_steps(defined, name).steps:
            needed[step.experiment].append(study.protocols[name].dataset)
            _trained_there(study, name, step.experiment)
    added = {name: _on(defined, name, datasets) for name, datasets in needed.items() if not _listed(study, name)}
    listed = study.study.model_copy(update={"experiments": [*study.study.experiments, *added]})
    return defined.model_copy(update={"study": listed, "experiments": defined.experiments | added})


def _listed(study: StudySettings, experiment: str) -> bool:
    return experiment in study.study.experiments


def _trained_there(study: StudySettings, protocol: str, experiment: str) -> None:
    dataset = study.protocols[protocol].dataset
    if _listed(study, experiment) and dataset not in datasets_of(study, experiment):
        message = f"protocols.{protocol} needs {experiment} on {dataset}; add it to experiments.{experiment}.datasets"
        raise StudyError(message, "experiments", experiment, "datasets")


def _on(study: StudySettings, experiment: str, datasets: list[str]) -> ExperimentSettings:
    """Restrict an experiment to these datasets; a joint network keeps its own."""
    entry = study.experiments[experiment]
    if is_joint(study, experiment):
        return entry
    return entry.model_copy(update={"datasets": [name for name in study.study.datasets if name in datasets]})


def step_experiments(study: StudySettings, protocol: str) -> dict[str, ExperimentSettings]:
    """Return one experiment per flaw of a protocol: the document's without this flaw and all flaws before it."""
    chosen, found = study.protocols[protocol], dict[str, ExperimentSettings]()
    now, ours = stated(study, chosen.experiment), stated(study, chosen.compare_with)
    if not is_joint(study, chosen.experiment):  # a protocol is about one dataset, whatever the experiments train on
        now, ours = ({**each, "datasets": [chosen.dataset]} for each in (now, ours))
    for name, flaw in zip(step_names(study, protocol), chosen.flaws, strict=True):
        for setting in flaw.settings:
            now = now if setting == REPORTED else replaced(now, ours, setting)
        try:
            found[name] = ExperimentSettings.read(now, f"experiments.{name}")
        except SettingsError as error:
            raise StudyError(str(error), "protocols", protocol, "flaws") from error
    return found


def replaced(theirs: Stated, ours: Stated, name: str) -> Stated:
    """Return an experiment's overrides with one setting, or one whole section, replaced by another experiment's."""
    section, _, key = name.partition(".")
    value: Any = ours.get(section)
    if key:
        value = {each: old for each, old in theirs.get(section, {}).items() if each != key}
        value |= {each: new for each, new in ours.get(section, {}).items() if each == key}
    others = {each: old for each, old in theirs.items() if each != section}
    return others if value in (None, {}) else others | {section: value}


def protocol_steps(study: StudySettings, protocol: str) -> ProtocolSteps:
    """Return the steps of a protocol whose step experiments are defined, from the document's to compare_with.

    A flaw that changes nothing in this study has no step. A step with the settings of compare_with is compare_with
    itself, and one that only reports another score keeps the experiment of the step before. Raises StudyError if
    differences remain.
    """
    chosen = study.protocols[protocol]
    ours = done(study, chosen.compare_with, chosen.dataset)
    now, settings = chosen.experiment, done(study, chosen.experiment, chosen.dataset)
    reported: Reported = chosen.reported
    steps = [_step(study, "", now, chosen.dataset, reported)]
    for name, flaw in zip(step_names(study, protocol), chosen.flaws, strict=True):
        before, now_done = (now, reported), done(study, name, chosen.dataset)
        if now_done != settings:  # else the flaw changes nothing in this study
            now, settings = chosen.compare_with if now_done == ours else name, now_done
        reported = "test" if REPORTED in flaw.settings else reported
        if (now, reported) != before:
            steps.append(_step(study, flaw.name, now, chosen.dataset, reported))
    left = [
        f"{key} is {settings.get(key)!r}, not {ours.get(key)!r}"
        for key in ours | settings
        if settings.get(key) != ours.get(key)
    ]
    _check_end(protocol, chosen.compare_with, left + ["reported is validation, not test"] * (reported != "test"))
    return ProtocolSteps(
        document=chosen.document,
        test_dataset=chosen.test_dataset or chosen.dataset,
        metric=chosen.metric,
        steps=steps,
    )


def _step(study: StudySettings, flaw: str, experiment: str, dataset: str, reported: Reported) -> ProtocolStep:
    trained_on = JOINT if is_joint(study, experiment) else dataset
    return ProtocolStep(flaw=flaw, experiment=experiment, train_dataset=trained_on, reported=reported)


def _check_end(protocol: str, compare_with: str, left: list[str]) -> None:
    """Raise StudyError if something still differs from compare_with after the last flaw."""
    if left:
        more = f" and {len(left) - NAMED} more" if len(left) > NAMED else ""
        raise StudyError(
            f"protocols.{protocol} does not end at {compare_with}: after its last flaw {'; '.join(left[:NAMED])}{more};"
            " name them in the settings of a flaw",
            "protocols",
            protocol,
            "flaws",
        )
