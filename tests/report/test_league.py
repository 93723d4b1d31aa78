"""The league: scores of networks and tools beside what each took, from results and from a deposit alike."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from builders.finished_study import finish
from matplotlib.figure import Figure

from benchmarks.prediction_seconds import COLUMNS as COLUMNS_OF_PREDICTION
from tools.league_page import NOT_DEPOSITED, PREDICTION, league_section, league_summary
from unetlib.io.files import write_csv
from unetlib.report.deposit import Deposit, read_deposit, write_deposit
from unetlib.report.league import COLUMNS, NETWORK, TOOL, TRIVIAL, league_chart, league_shown
from unetlib.report.study_results import write_charts, write_tables
from unetlib.report.study_tables import display_table, study_tables
from unetlib.report.tool_resources import RESOURCES, read_resources, resources, tool_facts
from unetlib.study.layout import Layout
from unetlib.study.runs import NO_SEED


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """A finished study with a tool, whose networks of phc-u373 have benchmarks of 100 s for both seeds together."""
    root = tmp_path_factory.mktemp("project")
    facts = finish(root, tool=True)
    for fold in facts.folds:
        path = root / Layout(facts.name).benchmark("train", f"modern/phc-u373/fold{fold}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("s\th:m:s\tcpu_time\n60\t0:01:00\t100\n")
    write_deposit(root / "deposit", root, facts, "snakemake")
    return root


@pytest.fixture(scope="module")
def deposit(project: Path) -> Deposit:
    return read_deposit(project / "deposit")


@pytest.fixture(scope="module")
def table(deposit: Deposit) -> pd.DataFrame:
    return study_tables(deposit.facts, deposit.scores, deposit.trained)["league"]


def cells_of(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_what_each_training_took(project: Path, deposit: Deposit) -> None:
    found = resources(deposit.facts, project)
    assert list(found) == [*RESOURCES] and len(found) == 16 + 8
    modern = found[(found["experiment"] == "modern") & (found["train_dataset"] == "phc-u373")]
    assert set(modern["processor_seconds"]) == {50.0}, "two networks share a job of 100 s"
    assert found[found["experiment"] == "reference"]["processor_seconds"].isna().all()
    tool = found[found["experiment"] == "learner"]
    assert set(tool["processor_seconds"]) == {700.0, 701.0} and set(tool["prediction_seconds"]) == {12.5}
    assert set(tool["budget_seconds"]) == {780.0} and set(tool["peak_memory_mib"]) == {1024.0}


def test_a_row_per_arm_with_scores_seconds_and_reasons(table: pd.DataFrame) -> None:
    assert list(table) == COLUMNS
    rows = table.set_index(["test_dataset", "experiment"])
    kinds = rows.loc["phc-u373", "kind"].to_dict()
    assert kinds == {"reference": NETWORK, "modern": NETWORK, "their-tool": TRIVIAL, "learner": TOOL, "otsu": TRIVIAL}
    learner = rows.loc[("phc-u373", "learner")]
    assert 0.7 < learner["dice"] < 0.8 and learner["dice_low"] < learner["dice"] < learner["dice_high"]
    assert (learner["processor_low"], learner["processor_seconds"], learner["processor_high"]) == (700, 700.5, 701)
    assert learner["failed"] == "" and learner["runs"] == 4
    failed = rows.loc[("dic-hela", "learner")]
    assert failed["runs"] == 3 and failed["failed"] == "fold 1, seed 1: not trained: out of luck"


def test_the_table_as_text_says_what_failed(table: pd.DataFrame) -> None:
    shown = league_shown(table).set_index(["tested on", "arm"])
    learner = shown.loc[("phc-u373", "learner")]
    assert learner["processor seconds"] == "700 (700–701)" or learner["processor seconds"] == "701 (700–701)"
    assert learner["budget (s)"] == "780" and learner["memory (MiB)"] == "1,024"
    assert shown.loc[("dic-hela", "learner"), "note"].startswith("failed: fold 1, seed 1")
    nothing = table.assign(seg=float("nan"), failed="out of luck")
    assert set(league_shown(nothing)["SEG"]) == {"failed"}


def test_a_network_that_took_longer_than_a_tool_may_is_marked_and_not_the_best(deposit: Deposit) -> None:
    used = deposit.scores.resources
    assert used is not None
    slow = used["experiment"] == "modern"
    scores = replace(deposit.scores, resources=used.assign(processor_seconds=used["processor_seconds"] + 900 * slow))
    table = study_tables(deposit.facts, scores, deposit.trained)["league"]
    shown = league_shown(table).set_index(["tested on", "arm"])["note"]
    assert shown["phc-u373", "modern"] == "1.22 times the tools' budget; seeds × images"
    assert shown["phc-u373", "reference"] == shown["phc-u373", "learner"] == "seeds × images"
    before, after = (league_section({"mine": replace(deposit, scores=each)}) for each in (deposit.scores, scores))
    best = [
        next(line.split(" | ")[2] for line in lines if line.startswith("| phc-u373 | Dice"))
        for lines in (before, after)
    ]
    assert best[0].startswith("modern") and best[1].startswith("reference")
    every = replace(deposit.scores, resources=used.assign(processor_seconds=used["processor_seconds"].fillna(0) + 950))
    (line,) = (line for line in league_section({"mine": replace(deposit, scores=every)}) if "| phc-u373 | Dice" in line)
    assert line == "| phc-u373 | Dice | – | – | – | all of ours took over 1.2 times the tools' budget |"


def test_on_a_gpu_seconds_of_the_wall_count(deposit: Deposit) -> None:
    used = deposit.scores.resources
    assert used is not None and set(used["device"]) == {"cpu"}
    networks = used["experiment"] == "modern"
    busy = used.assign(processor_seconds=used["processor_seconds"] + 900 * networks, device="cuda")
    scores = replace(deposit.scores, resources=busy)
    table = study_tables(deposit.facts, scores, deposit.trained)["league"]
    shown = league_shown(table).set_index(["tested on", "arm"])
    assert shown.loc[("phc-u373", "modern"), "note"] == "seeds × images"
    assert shown.loc[("phc-u373", "learner"), "budget (s)"] == "780 (wall)"
    assert league_chart(table).axes[0].get_xlabel() == "wall seconds of training"
    slow = busy.assign(wall_seconds=busy["wall_seconds"] + 950 * networks)
    table = study_tables(deposit.facts, replace(deposit.scores, resources=slow), deposit.trained)["league"]
    assert (
        "times the tools' budget" in league_shown(table).set_index(["tested on", "arm"])["note"]["phc-u373", "modern"]
    )


def test_a_table_of_before_devices_were_kept_is_of_a_cpu(deposit: Deposit, tmp_path: Path) -> None:
    assert deposit.scores.resources is not None
    for device in ({}, {"device": ""}):
        old = deposit.scores.resources.drop(columns="device").assign(**device)
        old.to_csv(tmp_path / "old.csv", index=False)
        assert set(read_resources(tmp_path / "old.csv")["device"]) == {"cpu"}


def test_other_tables_mark_the_tool_and_keep_its_seeds(deposit: Deposit) -> None:
    tables = study_tables(deposit.facts, deposit.scores, deposit.trained)
    own = tables["comparison"][tables["comparison"]["experiment"] == "learner"]
    assert set(own["train_dataset"]) == {"phc-u373", "dic-hela"} and set(own["resampled"]) > set()
    for name in ("comparison", "ablation", "transfer", "costs"):
        shown = display_table(deposit.facts, name, tables[name])
        assert shown is not None and (shown["experiment"] == "learner (tool)").any(), name
    ablation = tables["ablation"]
    learner = ablation[(ablation["experiment"] == "learner") & (ablation["metric"] == "dice")]
    assert set(learner["question"]) == {"other tools"} and learner["p"].notna().all() and len(learner) == 2


def test_the_chart_has_a_panel_per_dataset_and_metric(table: pd.DataFrame) -> None:
    figure = league_chart(table, metrics=("dice", "seg"))
    assert isinstance(figure, Figure) and len(figure.axes) == 4
    assert league_chart(table[table["kind"] == TRIVIAL], metrics=("dice",)).axes


def test_a_deposit_has_the_facts_of_tools_without_the_machine(project: Path, deposit: Deposit) -> None:
    assert [each.seed for each in deposit.scores.tools] == [run.seed for run in deposit.facts.tool_runs()]
    assert tool_facts(deposit.facts, project)[0].versions["platform"] and not any(
        "platform" in each.versions for each in deposit.scores.tools
    )
    assert [each.reason for each in deposit.scores.failed] == ["not trained: out of luck"] * 2


def test_the_league_is_published_from_the_deposit(deposit: Deposit, tmp_path: Path) -> None:
    write_tables(tmp_path, deposit, [], {})
    write_charts(tmp_path, deposit)
    assert {"league.csv", "league.md", "league.png", "league.svg"} <= {path.name for path in tmp_path.iterdir()}


def test_the_section_of_the_page_says_who_is_ahead(deposit: Deposit) -> None:
    lines = league_section({"mine": deposit})
    (row,) = [line for line in lines if line.startswith("| phc-u373 | Dice |")]
    assert "| modern 0.8" in row and "| learner 0.7" in row and row.endswith("| ours is ahead |")
    assert league_section({}) == [NOT_DEPOSITED]


def test_our_lead_over_each_tool_is_that_over_the_best_tool_where_there_is_one(deposit: Deposit) -> None:
    lines = league_section({"mine": deposit})
    start = next(place for place, line in enumerate(lines) if "our best network of each metric minus" in line)
    leads = {tuple(cells[:2]): cells[2:6] for cells in map(cells_of, lines[start + 2 : start + 4])}
    assert [*leads] == [("phc-u373", "learner"), ("dic-hela", "learner")] and lines[start + 4] == ""
    for place, metric in enumerate(("Dice", "SEG")):
        (_, _, _, _, between, word) = next(cells_of(each) for each in lines if f"| phc-u373 | {metric} |" in each)
        clear = word != "no clear difference"
        assert leads["phc-u373", "learner"][place] == (f"**{between}**" if clear else between)
    assert any(cell.startswith("**") for row in leads.values() for cell in row)


def test_measured_seconds_of_prediction_stand_beside_those_of_tools(deposit: Deposit, tmp_path: Path) -> None:
    path = tmp_path / PREDICTION.format(study=deposit.facts.name)
    row = {"experiment": "modern", "dataset": "phc-u373", "seed": 0, "images": 4, "processor_seconds": 31.6}
    write_csv(path, [row | {"wall_seconds": 33, "peak_memory_mib": 900}], COLUMNS_OF_PREDICTION)
    before, after = (league_section({"mine": deposit}, each) for each in (tmp_path / "empty", tmp_path))
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert [(old.split(" | ")[1], old.split(" | ")[9], new.split(" | ")[9]) for old, new in changed] == [
        ("modern", "–", "32")
    ]


def test_one_training_each_is_said(deposit: Deposit) -> None:
    scores = replace(deposit.scores, scores=deposit.scores.scores[deposit.scores.scores["seed"].isin([0, NO_SEED])])
    facts = deposit.facts.model_copy(update={"seeds": (0,)})
    lines = league_section({"mine": replace(deposit, facts=facts, scores=scores)})
    rows = [line for line in lines if " | learner 0." in line and "ahead" in line]
    assert rows and all(row.endswith(", one training each |") for row in rows)


def test_the_summary_has_the_primary_score_of_every_arm(deposit: Deposit, tmp_path: Path) -> None:
    assert league_summary(tmp_path) == []
    write_tables(tmp_path, deposit, [], {})
    lead, _, header, _, *rows = league_summary(tmp_path)
    assert " at most 701 processor seconds, " in lead, "of the longest training, not the longest mean"
    assert lead.endswith("2 networks each:") or lead.endswith("4 networks each:")
    assert header.startswith("| | ") or header.startswith("|  | ")
    assert [row.split(" | ")[0] for row in rows][:3] == ["| reference", "| modern", "| learner"]
