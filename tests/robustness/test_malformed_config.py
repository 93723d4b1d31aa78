"""Malformed values in a study's configuration: refused by name, or harmless as names of files and in commands."""

import copy
import math
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from builders.config import TINY, config_of

from unetlib.study.config_errors import read_study
from unetlib.study.experiments import merged
from unetlib.study.facts import study_facts
from unetlib.study.settings import StudyError

VALUES = (
    *("", " ", "a b", "it's", 'say "x"', "a;b", "$(touch pwned)", "`id`", "a\nb", "reference\n", "-rf", "--help", "é"),
    *("../x", "/etc/passwd", "a/b", ".", "..", "~", "{wildcards}", "{", "%s", "*", "CON", "x" * 300, "all", "none"),
    *(0, -1, 1.5, 10**30, math.nan, math.inf, -math.inf, True, None, [], {}, ["a"], {"a": 1}),
)
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\Z")


def config() -> dict[str, Any]:
    return config_of(TINY)


def places(node: Any, path: tuple = ()) -> Iterator[tuple]:
    """The way to every value of a configuration, sections included."""
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        yield (*path, key)
        yield from places(value, (*path, key))


def changed(whole: dict[str, Any], path: tuple, value: Any, *, rename: bool) -> dict[str, Any]:
    """The configuration with another value there, or (of a mapping) another name."""
    result = copy.deepcopy(whole)
    node = result
    for key in path[:-1]:
        node = node[key]
    if rename and isinstance(node, dict):
        node[str(value)] = node.pop(path[-1])
        if path[0] in ("datasets", "experiments") and len(path) == 2:
            study = result["study"]
            study[path[0]] = [str(value) if name == path[-1] else name for name in study[path[0]]]
    else:
        node[path[-1]] = value
    return result


def outcome(given: dict[str, Any]) -> str:
    try:
        facts = study_facts(read_study(given))
    except StudyError as error:
        assert len(str(error).splitlines()) == 1 and len(str(error)) < 1000, error
        return "refused"
    names = [facts.name, *facts.datasets, *facts.experiments]
    names += [part for run in facts.runs() for part in run.path.split("/")]
    assert all(NAME.match(name) for name in names), names
    numbers = [value for path in places(given) if isinstance(value := at(given, path), float)]
    assert all(map(math.isfinite, numbers)), numbers
    return "accepted"


def at(node: Any, path: tuple) -> Any:
    for key in path:
        node = node[key]
    return node


def test_any_value_anywhere_is_refused_or_harmless() -> None:
    rng = np.random.default_rng(3)
    whole = config()
    assert outcome(whole) == "accepted"
    where = list(places(whole))
    tally = {"refused": 0, "accepted": 0}
    for _ in range(500):
        path, value = where[int(rng.integers(len(where)))], VALUES[int(rng.integers(len(VALUES)))]
        tally[outcome(changed(whole, path, value, rename=bool(rng.integers(2))))] += 1
    assert tally["refused"] > 250 and tally["accepted"] > 10, tally


@pytest.mark.parametrize("value", VALUES[:27])
@pytest.mark.parametrize("path", [("study", "name"), ("datasets", "phase"), ("experiments", "no-skip")])
def test_names_become_folders(path: tuple, value: Any) -> None:
    """Of names, only those of letters, digits, '.', '_' and '-' pass; `all` and `none` belong to the tables."""
    whole = config()
    whole["study"] |= {"experiments": ["reference", "no-skip"], "protocols": []}
    whole["protocols"] = {}
    found = outcome(changed(whole, path, value, rename=path[0] != "study"))
    harmless = NAME.match(value) and not (path[0] == "datasets" and value in ("all", "none"))
    assert (found == "accepted") == bool(harmless)


def test_names_that_differ_in_case_alone_are_refused() -> None:
    whole = config()
    whole["datasets"]["Phase"] = whole["datasets"]["phase"]
    whole["study"]["datasets"].append("Phase")
    with pytest.raises(StudyError, match=r"study\.datasets: Phase and phase would be one folder"):
        read_study(whole)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_number_that_is_none_is_named(value: float) -> None:
    with pytest.raises(StudyError, match=rf"weight_map\.sigma_px is {value}: input should be a finite number"):
        read_study(merged(config(), {"weight_map": {"sigma_px": value}}))
