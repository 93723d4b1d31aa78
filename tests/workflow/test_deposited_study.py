"""A finished study is deposited: what is made of its deposit has the bytes of the workflow's own tables and charts."""

import pytest
from builders.project import ROOT
from builders.tiny_study import OVERLAY, results

from tools.deposit import facts_of
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
