"""deposit: the command takes the study's own configuration, laid over each other as Snakemake does."""

import shutil
import sys

import pytest
import yaml
from builders.config import ROOT, facts
from builders.finished_study import configuration, finish

from tools import deposit
from unetlib.report.deposit import read_deposit


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project whose config.yaml states all but its study, with a finished study."""
    config = configuration()
    study = config.pop("study")
    finish(tmp_path / "project")
    (tmp_path / "project/config.yaml").write_text(yaml.safe_dump(config | {"study": {**study, "name": "paper"}}))
    (tmp_path / "project/small.yaml").write_text(yaml.safe_dump({"study": {"name": "small"}}))
    monkeypatch.setattr(deposit, "ROOT", tmp_path / "repository")
    return tmp_path / "project"


def call(monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["deposit", *map(str, words)])
    return deposit.main()


def test_a_finished_study_is_deposited_by_its_name(project, tmp_path, monkeypatch, capsys):
    assert call(monkeypatch, project / "results/small", "snakemake x", "--configfile", project / "small.yaml") == 0
    folder = tmp_path / "repository/docs/results/deposit/small"
    assert read_deposit(folder).facts == facts(configuration())
    assert capsys.readouterr().out == f"{folder}: 0.01 MB; python -m tools.results makes what is published of it\n"


def test_the_configuration_of_another_study_is_one_line(project, tmp_path, monkeypatch, capsys):
    (project / "small.yaml").write_text("study: {name: other}")
    assert call(monkeypatch, project / "results/small", "snakemake x", "--configfile", project / "small.yaml") == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("results/small: the configuration is of study other; give the files of small")
    assert not (tmp_path / "repository").exists()


def test_seeds_are_added_to_a_deposit_that_is_there(project, tmp_path, monkeypatch, capsys):
    words = [project / "results/small", "snakemake x", "--configfile", project / "small.yaml", "--add"]
    assert call(monkeypatch, *words) == 1
    assert capsys.readouterr().err.endswith("deposit/small: there is no deposit to add to; leave out --add\n")
    assert call(monkeypatch, *words[:-1]) == 0
    assert call(monkeypatch, *words) == 1
    assert "seed 0 is in both deposits" in capsys.readouterr().err


def test_an_unfinished_study_is_one_line(project, monkeypatch, capsys):
    shutil.rmtree(project / "results/small/runs")
    assert call(monkeypatch, project / "results/small", "snakemake x", "--configfile", project / "small.yaml") == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ") and "history.csv" in line


@pytest.mark.parametrize("names", [["cpu"], ["cpu", "ladder"], ["cpu", "protocols"]])
def test_files_are_laid_over_each_other_in_their_order(names):
    found = deposit.facts_of([ROOT / "config.yaml", *(ROOT / f"studies/{name}.yaml" for name in names)])
    assert found.name == names[-1] and bool(found.protocols) == (names[-1] == "protocols")
