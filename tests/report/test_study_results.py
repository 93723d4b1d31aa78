"""study_results: the tables and charts of a deposit are those of the study's own files, and one score changes them."""

import pandas as pd
import pytest
from builders.config import ROOT
from builders.finished_study import finish
from PIL import Image

from unetlib.evaluation import tables
from unetlib.report import literature
from unetlib.report.deposit import read_deposit, write_deposit
from unetlib.report.study_results import remove_empty, write_charts, write_tables
from unetlib.report.study_tables import Scores, study_tables, trained_facts
from unetlib.study.layout import Layout

ERRORS = literature.read_errors(ROOT / "workflow/known-errors.csv")
CLAIMS = literature.read_ledger(ROOT / "workflow/literature.csv", ERRORS)
LAYOUT = Layout("small")


def made(project, folder, **options):
    """Write the results of an invented study; return its deposit."""
    facts = finish(project, **options)
    write_deposit(folder / "deposit", project, facts, "snakemake")
    deposit = read_deposit(folder / "deposit")
    (folder / "tables").mkdir()
    study = write_tables(folder / "tables", deposit, CLAIMS, ERRORS)
    assert study.reference == "reference"
    return deposit


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """The project of an invented study, and its results."""
    project, folder = (tmp_path_factory.mktemp(name) for name in ("project", "results"))
    return project, folder, made(project, folder)


def test_every_table_is_that_of_the_files_of_the_study(results, monkeypatch):
    project, folder, deposit = results
    monkeypatch.chdir(project)
    long = (tables.read_long(path) for path in (LAYOUT.all_scores, LAYOUT.baselines))
    clusters = tables.read_clusters(project / LAYOUT.frames(name) for name in deposit.facts.datasets)
    for name, table in study_tables(deposit.facts, Scores(*long, clusters), trained_facts(deposit.facts)).items():
        assert (folder / f"tables/{name}.csv").read_text() == tables.to_csv(table), name
        assert len(table), name
    assert (folder / "tables/silver.csv").read_bytes() == (project / LAYOUT.table("silver")).read_bytes()


def test_published_claims_are_answered(results):
    found = pd.read_csv(results[1] / "tables/claims.csv")
    answered = found[found["ours"].notna()]
    assert "levitsky2024-modern-dice" in set(answered["id"]) and set(answered["runs"]) == {4}


def test_one_changed_score_changes_the_tables(results, tmp_path):
    _, folder, _ = results
    made(tmp_path / "project", tmp_path, shift=0.01)
    changed = [
        path.name
        for path in sorted((tmp_path / "tables").iterdir())
        if path.read_bytes() != (folder / "tables" / path.name).read_bytes()
    ]
    assert {"comparison.csv", "ablation.csv", "differences.csv", "transfer.csv", "comparison.md"} <= {*changed}
    assert not {"costs.csv", "tracking.csv", "silver.csv"} & {*changed}


def test_charts_are_small_pictures_and_svg_of_what_has_content(results):
    _, folder, deposit = results
    write_charts(folder / "tables", deposit)
    names = {path.name for path in (folder / "tables").iterdir() if path.suffix in (".png", ".svg")}
    assert names == {
        f"{name}.{form}" for name in ("ablation", "learning-curves", "transfer") for form in ("png", "svg")
    }
    picture = Image.open(folder / "tables/ablation.png")
    assert picture.width == 1200 and picture.mode == "P"


def test_empty_tables_are_not_published(tmp_path):
    for name in ("empty", "claims", "full"):
        (tmp_path / f"{name}.md").write_text("|")
    (tmp_path / "empty.csv").write_text("a,b\n")
    (tmp_path / "full.csv").write_text("a,b\n1,2\n")
    (tmp_path / "claims.csv").write_text("id,theirs,ours\nx,,\n")
    remove_empty(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"full.csv", "full.md"}


@pytest.mark.parametrize("answer", ["0.9,", ",0.9"])
def test_claims_with_a_score_are_published(tmp_path, answer):
    (tmp_path / "claims.csv").write_text(f"id,theirs,ours\nx,,\ny,{answer}\n")
    remove_empty(tmp_path)
    assert (tmp_path / "claims.csv").exists()
