"""Deliberate mistakes: the only list of settings that are wrong, and the experiments that may make them."""

from collections.abc import Callable
from typing import Any

from unetlib.study.experiments import datasets_of
from unetlib.study.protocols import step_names
from unetlib.study.settings import StudySettings
from unetlib.study.stated_settings import done

MISTAKES: dict[str, Callable[[Any], bool]] = {  # setting → whether its value is a mistake
    "weight_map.form": lambda form: form == "id_indexed",
    "weight_map.border_inside_cells": lambda inside: inside,
    "validation.images": lambda images: images == "augmented",
    "split.test_frames_also": lambda also: also != "none",
    "scoring.mirrored_window_px": lambda side: side > 0,
}


def mistakes_of(study: StudySettings, experiment: str) -> list[str]:
    """Return the settings by which an experiment makes a mistake on any of its datasets."""
    found = [done(study, experiment, dataset) for dataset in datasets_of(study, experiment)]
    return [name for name, wrong in MISTAKES.items() if any(name in each and wrong(each[name]) for each in found)]


def allowed(study: StudySettings) -> set[str]:
    """Return the experiments that may make mistakes: flawed arms of pitfalls, and starts and steps of protocols."""
    arms = {pitfall.flawed for pitfall in study.pitfalls.values()}
    starts = {protocol.experiment for protocol in study.protocols.values()}
    return arms | starts | {step for name in study.study.protocols for step in step_names(study, name)}


def set_apart(study: StudySettings) -> list[str]:
    """Return the experiments that the ordinary tables omit, in the order of the study.

    These are the flawed arms of pitfalls, every experiment that makes a mistake, and the starts and steps of the
    study's protocols, but never the experiments at which protocols end.
    """
    protocols = [study.protocols[name] for name in study.study.protocols]
    named = {pitfall.flawed for pitfall in study.pitfalls.values()}
    passed = {step for name in study.study.protocols for step in step_names(study, name)}
    passed |= {protocol.experiment for protocol in protocols}
    named |= passed - {study.study.reference, *(protocol.compare_with for protocol in protocols)}
    return [name for name in study.study.experiments if name in named or mistakes_of(study, name)]
