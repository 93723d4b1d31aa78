"""The comparison of two versions' results sees every cell that differs, and knows the new names."""

from pathlib import Path

import pytest

from tools.map_results import main

SCORES = "experiment,metric,value\nreference,iou,0.5\nleaky,seg_official,0.25\n"
AUDITS = "audit,dataset,honest,low\nno-gap,a,0.5,0.1\n"
COSTS = "experiment,train_seconds,updates\nreference,1.5,4\n"
MARKDOWN = "| experiment | p |\n| :--- | ---: |\n| tta | 0.5 |\n"


def results(folder: Path, scores: str, audits: str, costs: str, name: str) -> Path:
    (folder / "tables").mkdir(parents=True)
    (folder / "scores.csv").write_text(scores)
    (folder / "baselines.csv").write_text("baseline\notsu\n")
    (folder / f"tables/{name}.csv").write_text(audits)
    (folder / "tables/costs.csv").write_text(costs)
    (folder / "tables/costs.md").write_text(MARKDOWN)
    return folder


NEW = (
    SCORES.replace("leaky,seg_official", "random-split,seg_ctc"),
    AUDITS.replace("audit", "pitfall").replace("honest", "control").replace("no-gap", "touching-merged"),
    COSTS.replace("1.5", "9.5"),
)


@pytest.mark.parametrize(
    ("place", "old", "new", "unexplained"),
    [
        (0, "x", "x", 0),
        (0, "0.25", "0.26", 1),
        (0, "random-split", "leaky", 1),
        (1, "0.5", "0.6", 1),
        (1, "0.1", "0.2", 0),  # an interval whose seed has a new name
        (2, "4", "5", 1),
        (0, "reference,iou,0.5\n", "", 1),
        (1, "control", "honest", 1),
    ],
)
def test_every_cell_that_differs_counts(tmp_path: Path, capsys, place, old, new, unexplained) -> None:
    made = list(NEW)
    made[place] = made[place].replace(old, new)
    before = results(tmp_path / "old", SCORES, AUDITS, COSTS, "audits")
    assert main(before, results(tmp_path / "new", *made, "pitfalls")) == unexplained
    assert "5 tables compared" in capsys.readouterr().out


def test_a_table_that_is_missing_counts(tmp_path: Path) -> None:
    before = results(tmp_path / "old", SCORES, AUDITS, COSTS, "audits")
    assert main(before, results(tmp_path / "new", *NEW, "audits")) == 1
