"""What is said of a study that is not complete: every run that is expected is counted, none is silently left out."""

import pytest
from builders.config import changed, facts

from unetlib.study.layout import Layout
from unetlib.study.progress import NAMED, closing_line, progress


@pytest.fixture
def expected():
    config = changed(("study", "external_tools"), ["otsu"])
    config["external_tools"]["otsu"] = {"folder": "x"}
    return facts(config)


def put(path, text="x"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def complete(expected, root):
    layout = Layout(expected.name)
    for run in expected.trained_runs():
        put(root / layout.model(run.path))
    for run in expected.runs():
        put(root / layout.scores(run.path))
    for run in expected.external_runs():
        put(root / layout.external_scores("otsu", run.fold))


def test_nothing_is_there_yet(expected, tmp_path):
    trained, scored, others = progress(expected, tmp_path)
    runs = expected.trained_runs()
    assert trained.startswith(f"networks trained: 0 of {len(runs)}; not {runs[0].path}, ")
    assert trained.endswith(f" and {len(runs) - NAMED} more")
    assert scored.startswith(f"runs scored: 0 of {len(expected.runs())}; ") and len(expected.runs()) > len(runs)
    assert others == "external tools scored: 0 of 2; not otsu/fold0, otsu/fold1"


def test_a_complete_study_names_nothing(expected, tmp_path):
    complete(expected, tmp_path)
    counts = [len(expected.trained_runs()), len(expected.runs()), 2]
    assert [line.split(": ")[1] for line in progress(expected, tmp_path)] == [f"{n} of {n}" for n in counts]


def test_one_missing_network_is_named(expected, tmp_path):
    complete(expected, tmp_path)
    gone = expected.trained_runs()[3]
    (tmp_path / Layout("s").model(gone.path)).unlink()
    assert progress(expected, tmp_path)[0].endswith(f"; not {gone.path}")


def test_what_a_tool_failed_on_is_said(expected, tmp_path):
    complete(expected, tmp_path)
    assert len(progress(expected, tmp_path)) == 3
    put(tmp_path / Layout("s").external_failures("otsu", 1), "dataset,reason\na,it ended with code 3\n")
    assert progress(expected, tmp_path)[2] == "external tools scored: 1 of 2; not otsu/fold1"
    assert progress(expected, tmp_path)[3:] == ["failed: otsu on a, fold 1: it ended with code 3"]


def test_a_study_without_external_tools_has_none_of_none(tmp_path):
    assert progress(facts(), tmp_path)[2] == "external tools scored: 0 of 0"


def test_the_end_of_a_run_is_one_line_that_says_what_is_there(expected, tmp_path):
    count, layout = len(expected.trained_runs()), Layout("s")
    assert closing_line(expected, tmp_path).startswith(f"no report yet; networks trained: 0 of {count}; not ")
    complete(expected, tmp_path)
    put(tmp_path / layout.checks, "check,subject,status,detail\na,b,ok,\na,c,flagged,\n")
    put(tmp_path / layout.report, "")
    trained = f"networks trained: {count} of {count}"
    line = f"{tmp_path / layout.report}; {trained}; checks that flagged a result: 1 of 2"
    assert closing_line(expected, tmp_path) == line
