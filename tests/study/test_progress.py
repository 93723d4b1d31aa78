"""What is said of a study that is not complete: every run that is expected is counted, none is silently left out."""

import pytest
from builders.config import CONFIG, changed

from unetlib.study.experiments import share_identical_trainings
from unetlib.study.runs import SHOWN, closing_line, progress, runs, trained_runs


@pytest.fixture
def config():
    return share_identical_trainings(changed(("study", "externals"), ["otsu"]))


def put(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("x")


def complete(config, results):
    for run in trained_runs(config):
        put(results / "runs" / run.path / "model.pt")
    for run in runs(config):
        put(results / "scores" / f"{run.path}.csv")
    for fold in config["study"]["folds"]:
        put(results / "external_tools" / "otsu" / f"fold{fold}.csv")


def test_nothing_is_there_yet(config, tmp_path):
    trained, scored, others = progress(config, tmp_path)
    expected = trained_runs(config)
    assert trained.startswith(f"networks trained: 0 of {len(expected)}; not {expected[0].path}, ")
    assert trained.endswith(f" and {len(expected) - SHOWN} more")
    assert scored.startswith(f"runs scored: 0 of {len(runs(config))}; ") and len(runs(config)) > len(expected)
    assert others == "other tools scored: 0 of 2; not otsu/fold0, otsu/fold1"


def test_a_complete_study_names_nothing(config, tmp_path):
    complete(config, tmp_path)
    counts = [len(trained_runs(config)), len(runs(config)), 2]
    assert [line.split(": ")[1] for line in progress(config, tmp_path)] == [f"{n} of {n}" for n in counts]


def test_one_missing_network_is_named(config, tmp_path):
    complete(config, tmp_path)
    gone = trained_runs(config)[3]
    (tmp_path / "runs" / gone.path / "model.pt").unlink()
    assert progress(config, tmp_path)[0].endswith(f"; not {gone.path}")


def test_a_study_without_other_tools_has_none_of_none(tmp_path):
    assert progress(share_identical_trainings(CONFIG), tmp_path)[2] == "other tools scored: 0 of 0"


def test_the_end_of_a_run_is_one_line_that_says_what_is_there(config, tmp_path):
    count = len(trained_runs(config))
    assert closing_line(config, tmp_path).startswith(f"no report yet; networks trained: 0 of {count}; not ")
    complete(config, tmp_path)
    (tmp_path / "checks.csv").write_text("check,subject,status,detail\na,b,ok,\na,c,flagged,\n")
    (tmp_path / "report.html").write_text("")
    trained = f"networks trained: {count} of {count}"
    assert closing_line(config, tmp_path) == f"{tmp_path}/report.html; {trained}; checks that flagged a result: 1 of 2"
