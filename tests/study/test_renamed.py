"""Every name that was given up is refused with the name of today; no name of today is refused."""

from typing import Any

import pytest
from builders.config import CONFIG, TINY, changed, config_of

from unetlib.study.renamed import EXPERIMENT_NAMES, EXPERIMENTS, KEYS, METRICS, refuse_old_names
from unetlib.study.settings import ExperimentSettings, StudyError, StudySettings


def stated(pattern: str, value: Any) -> dict[str, Any]:
    """A configuration that states a value at a key, where "*" is called `mine`."""
    node: Any = value
    for part in reversed(pattern.split(".")):
        node = {"mine" if part == "*" else part: node}
    return node


@pytest.mark.parametrize(("old", "new"), KEYS.items(), ids=str)
def test_an_old_key_is_refused_with_the_new_one(old: str, new: str) -> None:
    with pytest.raises(StudyError) as caught:
        refuse_old_names(stated(old, {"x": 1}))
    line = str(caught.value)
    here, today = (key.replace("*", "mine") for key in (old, new))
    assert line.startswith(here.removesuffix(".mine")) and len(line.splitlines()) == 1
    assert (today in line) if new else ("a checkpoint is written at every evaluation" in line and "remove it" in line)
    assert caught.value.key == tuple(here.split("."))


@pytest.mark.parametrize("new", [new for new in KEYS.values() if new], ids=str)
def test_the_new_key_is_one_of_today(new: str) -> None:
    model: Any = StudySettings
    parts = new.replace(": all", "").split(".")
    if parts[0] == "experiments":
        model, parts = ExperimentSettings, parts[2:]
    assert parts[0] in model.model_fields


@pytest.mark.parametrize("where", ["validation", "experiments.*.validation"])
def test_validation_as_a_word_is_refused(where: str) -> None:
    with pytest.raises(StudyError, match=r"validation: whole is \{images: whole\} now; rewrite it"):
        refuse_old_names(stated(where, "whole"))


@pytest.mark.parametrize("where", EXPERIMENT_NAMES)
@pytest.mark.parametrize(("old", "new"), EXPERIMENTS.items())
def test_an_old_experiment_is_refused_wherever_it_is_named(where: str, old: str, new: str) -> None:
    lists = ("study.experiments", "tracking.networks_of")
    config = stated(where, ["x", old] if where in lists else old)
    if where == "experiments.*":
        config = {"experiments": {old: {}}}
    with pytest.raises(StudyError, match=rf"{old} is called {new} now; rename it"):
        refuse_old_names(config)


@pytest.mark.parametrize(("old", "new"), METRICS.items())
def test_an_old_metric_is_refused(old: str, new: str) -> None:
    with pytest.raises(StudyError, match=rf"datasets\.a\.primary_metric: {old} is called {new} now"):
        refuse_old_names(changed(("datasets", "a", "primary_metric"), old))


@pytest.mark.parametrize("names", [(), ("cpu", "ladder"), ("cpu", "tuned-cells"), ("demo",), (TINY,)], ids=str)
def test_no_name_of_today_is_refused(names: tuple) -> None:
    refuse_old_names(config_of(*names))
    refuse_old_names(CONFIG)


@pytest.mark.parametrize("config", [{}, {"study": None}, {"experiments": ["weights"]}, {"datasets": {"a": 3}}])
def test_what_is_no_configuration_at_all_passes_here(config: dict) -> None:
    refuse_old_names(config)
