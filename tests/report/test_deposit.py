"""deposit: a finished study packed cell by cell, without a trace of the machine, and read as its tables need it."""

import pandas as pd
import pytest
from builders.finished_study import finish, frame

from unetlib.evaluation import tables
from unetlib.io.files import FileError, read_csv, write_csv
from unetlib.io.packed import read_packed, write_packed
from unetlib.report.deposit import DepositError, read_deposit, write_deposit
from unetlib.report.study_tables import tracking_table, trained_facts
from unetlib.study.external_scores import Failure
from unetlib.study.layout import Layout

COMMAND = "snakemake --cores 2 --configfile studies/small.yaml my-mirror.yaml"
LAYOUT = Layout("small")


@pytest.fixture
def project(tmp_path):
    return tmp_path / "project"


def test_scores_are_deposited_cell_by_cell_and_read_as_from_the_results(project, tmp_path):
    facts = finish(project)
    write_deposit(tmp_path / "deposit", project, facts, COMMAND)
    found = read_deposit(tmp_path / "deposit")
    assert (found.facts, found.command, len(found.day)) == (facts, COMMAND, 10)
    for name, read in (("scores.csv", found.scores.scores), ("baselines.csv", found.scores.baselines)):
        source = project / "results/small" / name
        assert read_packed(tmp_path / f"deposit/{name}.xz") == source.read_bytes()
        pd.testing.assert_frame_equal(read, tables.read_long(source))
    assert found.silver == (project / LAYOUT.table("silver")).read_bytes()
    assert len(found.checks) == 1 and found.scores.failed == []


def test_histories_facts_and_tracks_are_those_of_every_run(project, tmp_path, monkeypatch):
    facts = finish(project)
    write_deposit(tmp_path / "deposit", project, facts, COMMAND)
    found = read_deposit(tmp_path / "deposit")
    monkeypatch.chdir(project)
    pd.testing.assert_frame_equal(found.tracking, tracking_table(facts))
    assert len(found.tracking) == 8 and found.tracking["tra"].iloc[0] == 0.123456789
    history = [pd.read_csv(LAYOUT.history(run.path)).assign(**vars(run)) for run in facts.trained_runs()]
    expected = pd.concat(history, ignore_index=True)
    pd.testing.assert_frame_equal(found.history[[*expected]], expected)
    own = trained_facts(facts)
    assert len(own) == 16
    for before, after in zip(own, found.trained, strict=True):
        kept = before.model_dump(exclude={"data", "versions"})
        assert after.model_dump(exclude={"data", "versions"}) == kept


def test_frames_are_those_of_the_scored_images_with_film_and_time(project, tmp_path):
    write_deposit(tmp_path / "deposit", project, finish(project), COMMAND)
    rows = pd.read_csv(tmp_path / "deposit/datasets/dic-hela/frames.csv.xz", dtype=str)
    assert rows["frame"].tolist() == [frame(fold, place) for fold in (0, 1) for place in range(3)]
    assert rows["time"].tolist() == ["0", "1", "2"] * 2 and set(rows["sequence"]) == {"01", "02"}
    clusters = read_deposit(tmp_path / "deposit").scores.clusters
    assert set(clusters["cluster"]) == {"01", "02"} and set(clusters["test_dataset"]) == {"phc-u373", "dic-hela"}


def test_the_same_study_gives_the_same_bytes(project, tmp_path):
    facts = finish(project)
    for name in ("one", "two"):
        write_deposit(tmp_path / name, project, facts, COMMAND)
    names = sorted(path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*") if path.is_file())
    assert len(names) == 13
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name


def test_nothing_in_it_tells_of_the_machine(project, tmp_path):
    write_deposit(tmp_path / "deposit", project, finish(project), COMMAND)
    packed = [path for path in (tmp_path / "deposit").rglob("*") if path.is_file()]
    text = b"".join(read_packed(path) if path.suffix == ".xz" else path.read_bytes() for path in packed).decode()
    assert '"source": "cells.zip"' in text and "/home/me" not in text
    assert "my-desk" not in text and str(tmp_path) not in text


def test_what_a_tool_failed_on_stands_beside_the_scores(project, tmp_path):
    facts = finish(project)
    scores = read_csv(project / LAYOUT.all_scores, ())
    scores = [row for row in scores if (row["experiment"], row["fold"]) != ("their-tool", "1")]
    write_csv(project / LAYOUT.all_scores, scores, [*scores[0]])
    failures = [{"dataset": name, "reason": "it ended with code 3"} for name in facts.datasets]
    write_csv(project / LAYOUT.external_failures("their-tool", 1), failures, ("dataset", "reason"))
    write_deposit(tmp_path / "deposit", project, facts, COMMAND)
    found = read_deposit(tmp_path / "deposit").scores.failed
    assert [*found] == [Failure("their-tool", name, 1, "it ended with code 3") for name in ("phc-u373", "dic-hela")]


@pytest.mark.parametrize(
    ("runs", "fault"),
    [
        (lambda rows: [row for row in rows if row["seed"] == "0"], r"no score of modern/.*seed1; let the study finish"),
        (lambda rows: [*rows, rows[0] | {"experiment": "sgd"}], r"has scores of sgd/phc-u373/fold0-seed0, which its"),
    ],
)
def test_scores_of_another_configuration_replace_nothing(project, tmp_path, runs, fault):
    facts = finish(project)
    write_deposit(tmp_path / "deposit", project, facts, COMMAND)
    before = (tmp_path / "deposit/SHA256SUMS").read_bytes()
    scores = runs(read_csv(project / LAYOUT.all_scores, ()))
    write_csv(project / LAYOUT.all_scores, scores, [*scores[0]])
    with pytest.raises(DepositError, match=fault):
        write_deposit(tmp_path / "deposit", project, facts, COMMAND)
    assert (tmp_path / "deposit/SHA256SUMS").read_bytes() == before


def test_a_command_with_a_path_of_the_machine_is_refused(project, tmp_path):
    with pytest.raises(DepositError, match=r"names a path of this machine"):
        write_deposit(tmp_path / "deposit", project, finish(project), "snakemake --configfile /home/me/mirror.yaml")
    assert not (tmp_path / "deposit").exists()


def test_a_deposit_that_was_changed_is_not_read(project, tmp_path):
    write_deposit(tmp_path / "deposit", project, finish(project), COMMAND)
    write_packed(tmp_path / "deposit/scores.csv.xz", b"experiment\n")
    with pytest.raises(FileError, match=r"scores\.csv\.xz: its SHA-256 is not that of"):
        read_deposit(tmp_path / "deposit")
