"""A finished study is deposited: what is made of its deposit has the bytes of the workflow's own tables and charts."""

import re

import pytest
from builders.project import ROOT
from builders.tiny_study import OVERLAY, results

from benchmarks.prediction_seconds import COLUMNS
from tools.deposit import facts_of
from unetlib.io.files import read_csv
from unetlib.report.deposit import read_deposit, write_deposit
from unetlib.report.literature import read_errors, read_ledger
from unetlib.report.study_results import write_charts, write_tables

pytestmark = pytest.mark.pipeline
SILVER = "silver.md"  # of the published folder alone: the workflow shows this table in the report only


def test_tables_and_charts_of_a_deposit_are_those_of_the_workflow(finished, tmp_path):
    facts = facts_of([finished.path("config.yaml"), OVERLAY])
    write_deposit(tmp_path / "deposit", finished.folder, facts, "snakemake --configfile tiny.yaml")
    deposit, made = read_deposit(tmp_path / "deposit"), tmp_path / "made"
    errors = read_errors(ROOT / "workflow/known-errors.csv")
    made.mkdir()
    write_tables(made, deposit, read_ledger(ROOT / "workflow/literature.csv", errors), errors)
    tables = {path.name: path.read_bytes() for path in results(finished, "tables").iterdir()}
    assert {path.name for path in made.iterdir()} == {*tables, SILVER}
    assert [name for name, data in tables.items() if (made / name).read_bytes() != data] == []
    write_charts(made, deposit)
    charts = sorted(path.name for path in made.glob("*.svg"))
    assert charts == ["ablation.svg", "learning-curves.svg", "transfer.svg", "waterfall.svg"]
    for name in charts:
        assert (made / name).read_bytes() == results(finished, f"figures/{name}").read_bytes(), name


def test_each_network_is_measured_on_the_test_images_of_its_own_dataset(finished):
    words = ("-m", "benchmarks.prediction_seconds", "--configfile", finished.study, "--experiments")
    done = finished.run("python", *words, "reference", "tta", "multi-dataset")
    rows = [dict(pair.rsplit(" ", 1) for pair in line.split(", ")) for line in done.stdout.splitlines()]
    assert done.returncode == 0, done.stdout
    assert [(row["experiment"], row["dataset"]) for row in rows] == [
        (name, dataset) for name in ("reference", "tta") for dataset in ("phase", "membranes")
    ]
    assert all(1 <= int(row["images"]) <= 3 and float(row["processor_seconds"]) > 0 for row in rows)
    done = finished.run("python", *words, "reference", "--seed", "0", "--publish")
    assert done.returncode == 0, done.stdout
    published = read_csv(finished.path("docs/results/learning/prediction-tiny.csv"), COLUMNS)
    assert [(row["experiment"], row["seed"]) for row in published] == [("reference", "0")] * 2


@pytest.mark.parametrize(
    ("words", "message"),
    [(("--experiments", "refrence"), "refrence is no experiment"), (("--seed", "7"), "no network of seed 7")],
)
def test_a_name_or_a_seed_that_the_study_does_not_have_is_refused(finished, words, message):
    done = finished.run(
        "python", "-m", "benchmarks.prediction_seconds", "--configfile", finished.study, *words, "--publish"
    )
    assert done.returncode == 2 and message in done.stdout


def test_a_study_that_was_not_run_is_refused_in_one_line(finished, tmp_path):
    overlay = tmp_path / "other.yaml"
    overlay.write_text("study: {name: other}\n")
    words = ("-m", "benchmarks.prediction_seconds", "--configfile", finished.study, str(overlay))
    done = finished.run("python", *words, "--experiments", "reference")
    assert done.returncode == 1, done.stdout
    assert re.fullmatch(
        r"error: resources/other/splits/phase/\w+/fold0\.csv: missing; run the study first\n", done.stdout
    )
