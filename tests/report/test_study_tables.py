"""The tables of a study: flawed experiments are left out of all but their own, and files are read where they stand."""

import numpy as np
import pandas as pd
from builders.config import changed, facts

from unetlib.evaluation import tables
from unetlib.evaluation.long_table import BASELINE_COLUMNS, SCORE_COLUMNS
from unetlib.io.files import write_json
from unetlib.networks.run_record import RunFacts
from unetlib.report.display_tables import SHOWN
from unetlib.report.study_tables import (
    Scores,
    pitfall_table,
    study_tables,
    tracking_table,
    trained_facts,
    write_table,
)
from unetlib.study.layout import Layout

FACTS = facts(changed(("study", "experiments"), ["reference", "plain", "random-split"]))


def invented(study=FACTS):
    random = np.random.default_rng(0)
    rows = [
        (run.experiment, run.train_dataset, test, run.fold, run.seed, f"{image}{run.fold}", "iou", random.random())
        for run in study.runs()
        for test in study.datasets
        for image in "pq"
    ]
    trivial = [
        ("otsu", test, fold, f"{image}{fold}", "iou", 0.1)
        for test in study.datasets
        for fold in (0, 1)
        for image in "pq"
    ]
    images = [(test, image, image) for test in study.datasets for image in ("p0", "q0", "p1", "q1")]
    clusters = pd.DataFrame(images, columns=["test_dataset", "image", "cluster"])
    scores, baselines = pd.DataFrame(rows, columns=SCORE_COLUMNS), pd.DataFrame(trivial, columns=BASELINE_COLUMNS)
    return Scores(scores, baselines, clusters)


def trained():
    roles = {"a": {"train": ["x"], "validation": [], "test": []}}
    return [RunFacts(**vars(run), roles=roles, train_seconds=2.0, updates=3) for run in FACTS.trained_runs()]


def test_flawed_experiments_are_in_the_table_of_pitfalls_alone():
    found = study_tables(FACTS, invented(), trained())
    assert set(found) == {"comparison", "ablation", "transfer", "power", "costs", "differences"}
    for name in ("comparison", "ablation", "transfer", "differences"):
        assert "random-split" not in set(found[name]["experiment"]), name
    assert set(found["comparison"]["experiment"]) == {"reference", "plain", "otsu"}
    assert "random-split" in set(found["costs"]["experiment"])
    measured = pitfall_table(FACTS, invented(), trained())
    assert set(measured["pitfall"]) == {"leakage"} and set(measured["dataset"]) == {"a", "b"}


def test_a_joint_network_is_compared_only_on_datasets_that_trained_it():
    """On others it is a transfer, which would stand among the ablations as the worst of them."""
    config = changed(("study", "experiments"), ["reference", "joint"])
    config["datasets"]["c"] = config["datasets"]["a"]
    config["study"]["datasets"] = ["a", "b", "c"]
    config["experiments"]["joint"]["datasets"] = ["a", "b"]
    found = study_tables(facts(config), invented(facts(config)), [])
    for name in ("comparison", "ablation", "differences"):
        table = found[name]
        assert set(table.loc[table["experiment"] == "joint", "test_dataset"]) == {"a", "b"}, name
    table = found["transfer"]
    assert set(table.loc[table["experiment"] == "joint", "test_dataset"]) == {"a", "b", "c"}


def test_facts_are_read_from_every_trained_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for each in trained():
        path = f"{each.experiment}/{each.train_dataset}/fold{each.fold}-seed{each.seed}"
        write_json(Layout("s").run_facts(path), each.model_dump(mode="json"))
    assert trained_facts(FACTS) == trained()
    assert tracking_table(FACTS).empty


def test_a_table_is_written_for_programs_and_for_people(tmp_path):
    table = study_tables(FACTS, invented(), trained())["comparison"]
    write_table(tmp_path / "comparison.csv", table, SHOWN["comparison"](table))
    assert (tmp_path / "comparison.csv").read_text() == tables.to_csv(table)
    assert (tmp_path / "comparison.md").read_text().startswith("| tested on |")
    write_table(tmp_path / "differences.csv", table, None)
    assert not (tmp_path / "differences.md").exists()
