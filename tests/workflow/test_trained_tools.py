"""Tools that a study trains, through the whole workflow: good ones stand in every table, broken ones lose nothing."""

import csv
import shutil
from dataclasses import replace

import pytest
from builders.fake_tools import BROKEN, write_tool
from builders.tiny_study import results, rows

pytestmark = pytest.mark.pipeline

ENTRIES = dict.fromkeys(("works", "cut", "crash", "packages"), "{}")
ENTRIES |= {"floats": "{datasets: [phase]}", "greedy": "{datasets: [phase], budget_s: 2}"}
NAMES = [*ENTRIES]
STUDY = """study: {name: tiny, tools: [%s]}
tool_budget_s: 30
tools: {%s}
"""


@pytest.fixture(scope="module")
def league(finished, tmp_path_factory):
    """A copy of the finished study with more tools, of which one works."""
    project = replace(finished, folder=tmp_path_factory.mktemp("league") / "copy")
    shutil.copytree(finished.folder, project.folder, symlinks=True)
    for name in NAMES:
        training, writing, _ = BROKEN.get(name, ("", "", ""))
        write_tool(project.path(f"workflow/tools/{name}"), training, writing)
    text = STUDY % (
        ", ".join([*NAMES, "fitted-watershed"]),
        ", ".join(f"{name}: {entry}" for name, entry in ENTRIES.items()),
    )
    project.path("tools.yaml").write_text(text)
    return project, project.snakemake(overlays=("tools.yaml",))


def test_everything_else_is_made_and_the_end_says_what_failed(league, finished):
    project, done = league
    assert done.returncode != 0 and "Error in rule check_external" in done.stdout, done.stdout[-3000:]
    assert not any(f"Error in rule {rule}" in done.stdout for rule in ("train_tool", "predict_tool", "score_tool"))
    for words in (
        "trained tools scored: 4 of 12",
        "failed: crash on phase, fold 0, seed 0: not trained: training ended with code 1: RuntimeError: out of luck",
        "failed: cut on phase, fold 0, seed 0: ",
        "No module named 'no_such_package'",
        "failed: floats on phase, fold 0, seed 0: ",
        "processor seconds, more than 1.2 times its budget of 2 seconds",
    ):
        assert words in done.stdout, done.stdout[-3000:]
    kept = [
        row for row in rows(results(project, "scores.csv")) if row["experiment"] not in [*NAMES, "fitted-watershed"]
    ]
    assert kept == rows(results(finished, "scores.csv"))


def test_a_tool_that_works_stands_in_every_table(league):
    project, _ = league
    for name in ("comparison", "ablation", "transfer", "costs", "league", "differences"):
        table = rows(results(project, f"tables/{name}.csv"))
        own = [row for row in table if row["experiment"] == "works"]
        assert own and {row.get("train_dataset", "phase") for row in own} <= {"phase", "membranes"}, name
    transfer = rows(results(project, "tables/transfer.csv"))
    pairs = {(row["train_dataset"], row["test_dataset"]) for row in transfer if row["experiment"] == "works"}
    assert ("phase", "membranes") in pairs and ("membranes", "phase") in pairs
    report = results(project, "report.html").read_text()
    assert "works (tool)" in report and "fitted-watershed (tool)" in report
    assert results(project, "figures/league.svg").is_file()


def test_the_league_says_seconds_and_reasons(league):
    project, _ = league
    found = {(row["test_dataset"], row["experiment"]): row for row in rows(results(project, "tables/league.csv"))}
    works, crash, ours = (found["phase", name] for name in ("works", "crash", "reference"))
    assert works["kind"] == "tool" and float(works["processor_seconds"]) > 0 and float(works["budget_seconds"]) == 30
    assert ours["kind"] == "network" and float(ours["processor_seconds"]) > 0
    assert crash["seg"] == "" and "out of luck" in crash["failed"]
    shown = results(project, "tables/league.md").read_text()
    assert "| phase | crash | tool | failed | failed | failed | failed |" in shown


def test_what_failed_is_tried_again_and_the_rest_stays(league):
    project, _ = league
    again = project.planned("tools.yaml")
    assert again["train_tool"] == 5 and "train" not in again, "two tools on two datasets, and one on one"
    for name in NAMES:
        write_tool(project.path(f"workflow/tools/{name}"))
    done = project.snakemake(overlays=("tools.yaml",))
    assert done.returncode == 0, done.stdout[-3000:]
    assert project.planned("tools.yaml") == {}
    with results(project, "checks.csv").open(newline="") as handle:
        assert not [row for row in csv.DictReader(handle) if row["check"] == "external tool"]


def test_without_transfer_a_tool_predicts_its_own_dataset_alone(league):
    project, _ = league
    project.path("own.yaml").write_text("study: {name: tiny, tools: [works], tool_transfer: false}\n")
    done = project.snakemake(overlays=("tools.yaml", "own.yaml"))
    assert done.returncode == 0, done.stdout[-3000:]
    scored = [row for row in rows(results(project, "scores.csv")) if row["experiment"] == "works"]
    assert scored and all(row["train_dataset"] == row["test_dataset"] for row in scored)
    league = rows(results(project, "tables/league.csv"))
    assert {row["test_dataset"] for row in league if row["experiment"] == "works"} == {"phase", "membranes"}
