"""Inputs and settings of the jobs of a tool, and the check of its folder before a study starts."""

import copy
import json
from pathlib import Path

import pytest
from builders.config import CONFIG, study
from builders.fake_tools import write_tool

from unetlib.study.config_checks import check_study
from unetlib.study.facts import study_facts
from unetlib.study.settings import StudyError
from unetlib.trained_tools.tool_inputs import check_tools, tool_conda, tool_files, tool_folder, tool_settings


def with_tools(**entries):
    config = copy.deepcopy(CONFIG)
    config["study"]["tools"] = [*entries]
    return config | {"tools": entries}


def test_an_entry_may_name_the_folder_of_another() -> None:
    made = study(with_tools(stardist={}, fine={"tool": "cellpose"}))
    assert [tool_folder(made.tools[name], name) for name in made.tools] == [
        "workflow/tools/stardist",
        "workflow/tools/cellpose",
    ]


def test_the_budget_is_the_studys_or_the_tools_own() -> None:
    made = study(with_tools(a={}, b={"budget_s": 30, "options": {"rays": 16}, "pretrained": True}))
    assert json.loads(tool_settings(made, "a"))["budget_s"] == 780
    own = json.loads(tool_settings(made, "b"))
    assert own["budget_s"] == 30 and own["options"] == {"rays": 16} and own["pretrained"]
    facts = study_facts(made)
    assert facts.tools["b"].pretrained and [entry.budget_seconds for entry in facts.tools.values()] == [780, 30]
    assert len(facts.tool_runs()) == 2 * len(facts.datasets) * len(facts.folds) * len(facts.seeds)
    first = next(iter(facts.datasets))
    assert facts.split_keys_for_testing_tool(first) == facts.splits[""]
    alone = facts.model_copy(update={"tool_transfer": False})
    assert alone.split_keys_for_testing_tool(first) == {first: facts.splits[""][first]}


def test_a_tool_whose_folder_is_incomplete_stops_the_study_before_it_starts(tmp_path: Path) -> None:
    made = study(with_tools(mine={}))
    with pytest.raises(StudyError, match=r"tools\.mine: .*no such tool"):
        check_tools(made, tmp_path)
    folder = write_tool(tmp_path / "workflow/tools/mine")
    check_tools(made, tmp_path)
    assert set(tool_files(made.tools["mine"], "mine", tmp_path)) == {"run.py", "tool.toml"}
    assert tool_conda(made.tools["mine"], "mine", tmp_path) == str(tmp_path / "envs/data.yaml")
    (folder / "requirements.in").write_text("numpy\n")
    assert tool_conda(made.tools["mine"], "mine", tmp_path) == str(folder / "conda.yaml")


@pytest.mark.parametrize(("name", "words"), [("reference", "an experiment"), ("otsu", "a trivial baseline")])
def test_a_name_that_the_tables_have_already_is_refused(name: str, words: str) -> None:
    with pytest.raises(StudyError, match=f"{words} and a tool"):
        check_study(study(with_tools(**{name: {}})))


def test_a_tool_that_is_not_defined_is_refused_with_the_nearest_name() -> None:
    config = with_tools(stardist={})
    config["study"]["tools"] = ["stardits"]
    with pytest.raises(StudyError, match="did you mean 'stardist'"):
        check_study(study(config))


def test_a_tool_may_be_trained_on_some_datasets_alone() -> None:
    names = [*study_facts(study(with_tools(a={}))).datasets]
    facts = study_facts(study(with_tools(a={}, b={"datasets": names[-1:]})))
    trained = [(run.experiment, run.train_dataset) for run in facts.tool_runs()]
    assert [*dict.fromkeys(trained)] == [*(("a", name) for name in names), ("b", names[-1])]


@pytest.mark.parametrize(
    ("datasets", "words"),
    [
        (["nowhere"], r"tools\.a\.datasets names 'nowhere', which is not defined"),
        ([], r"tools\.a\.datasets: no dataset of the study is among its own \(none\); add one"),
    ],
)
def test_a_tool_without_a_dataset_of_the_study_is_refused(datasets: list[str], words: str) -> None:
    with pytest.raises(StudyError, match=words):
        check_study(study(with_tools(a={"datasets": datasets})))
