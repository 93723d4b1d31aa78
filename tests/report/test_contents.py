"""contents: what of a study's tables and facts becomes a table, a number or a picture of the page."""

import pandas as pd
from builders.config import changed, facts
from builders.tables import WATERFALL, study, tables_of_change

from unetlib.evaluation import pitfalls
from unetlib.evaluation.settings import ProtocolSteps
from unetlib.evaluation.silver_truth import COLUMNS as COLUMNS_OF_SILVER
from unetlib.networks.run_record import RunFacts
from unetlib.report import claims, contents
from unetlib.study.result_checks import COLUMNS
from unetlib.tracking import sequences

FACTS = [
    RunFacts(
        train_seconds=90,
        data=[{"dataset": "a", "source": "a.zip", "sha256": "0" * 64}],
        code=code,
        versions={"torch": "2"},
        device="cpu",
        threads=2,
    )
    for code in ("abc", "abc", "def")
]
TRACKED = ["reference", "cells", 0, 0, "02", 12, 90, 9, 8, 2, 1, 0.91, 0.95, 0.5, 20.06]

SILVER = ("cells", "02", 19, 118, 0.888, 0.95, 19)


def checks(*rows: tuple[str, str, str]) -> pd.DataFrame:
    return pd.DataFrame([(check, subject, status, "", "", "") for check, subject, status in rows], columns=[*COLUMNS])


def found(tracks: int = 0, silver: int = 0, steps: pd.DataFrame | None = None) -> contents.StudyTables:
    return contents.StudyTables(
        **tables_of_change([-0.1, -0.12]),
        tracking=pd.DataFrame([TRACKED] * tracks, columns=sequences.COLUMNS),
        pitfalls=pd.DataFrame(columns=pitfalls.COLUMNS),
        waterfall=pd.DataFrame() if steps is None else steps,
        claims=claims.compare_claims([], {}, study()),
        checks=checks(),
        silver=pd.DataFrame([SILVER] * silver, columns=[*COLUMNS_OF_SILVER]),
    )


def test_sections_without_rows_have_no_table() -> None:
    assert [table.name for table in contents.report_tables(found())] == [
        *("comparison", "ablation", "transfer", "costs", "claims")
    ]
    with_steps = contents.report_tables(found(steps=WATERFALL))
    assert [table.name for table in with_steps][-2:] == ["waterfall", "claims"]
    with_tracks = contents.report_tables(found(tracks=1))
    assert [table.name for table in with_tracks][-2:] == ["tracking", "claims"]
    (shown,) = [table for table in contents.report_tables(found(silver=1)) if table.name == "silver"]
    assert shown.section == "training-data" and shown.frame["SEG"].tolist() == ["0.888"]
    assert all(len(table.csv.splitlines()) > 1 for table in with_tracks[:-1])


def test_a_run_counts_as_scored_when_all_its_scores_are_there() -> None:
    runs = facts().runs()
    rows = [("coverage", run.path, "ok") for run in runs[:3]] + [("coverage", runs[3].path, "failed")]
    rows += [("coverage", "of/another/study", "ok"), ("baseline", runs[4].path, "flagged")]
    assert contents.key_facts(facts(), checks(*rows), FACTS) == {
        "runs scored": f"3 of {len(runs)}",
        "datasets": "2",
        "training": "4 min",
        "flagged": "1 of 6",
    }


def test_provenance_counts_the_runs_of_each_code() -> None:
    rows = [("coverage", "x", "ok"), ("baseline", "x", "flagged"), ("roles", "x", "ok")]
    found = contents.provenance(FACTS, checks(*rows))
    assert found["Code"] == {"training code": "abc (2 runs), def (1 runs)"}
    assert found["Checks"] == {"flagged": "1", "ok": "2"}
    assert found["Data"]["a"].endswith("0" * 64) and found["Machine"]["threads per training"] == "2"


def test_sentences_name_no_mistake_and_no_other_tool() -> None:
    config = changed(("study", "experiments"), ["reference", "random-split"])
    known = facts(config).model_copy(update={"external_tools": ["cellpose"]})
    names = ["reference", "random-split", "cellpose", "otsu"]
    rows = pd.DataFrame({"experiment": names})
    tables = found()
    comparison, ablation = contents._for_sentences(
        contents.StudyTables(**{**vars(tables), "comparison": rows, "ablation": rows}), known
    )
    assert list(comparison["experiment"]) == ["reference", "otsu"]
    assert list(ablation["experiment"]) == ["reference", "otsu"]


def test_the_chart_of_protocols_is_there_where_a_study_has_any() -> None:
    assert contents.chart_names(facts()) == [*contents.CHARTS, "training-size"]
    protocols = {"p": ProtocolSteps(document="x", test_dataset="a", metric="iou", steps=[])}
    assert contents.chart_names(facts().model_copy(update={"protocols": protocols}))[-1] == "waterfall"
