"""docs/add-a-paper.md, followed literally: its study is read, its steps are those it names, its row is accepted."""

import csv
import re

import yaml
from builders.config import config_of
from builders.project import ROOT

from unetlib.report import literature
from unetlib.study.config_errors import read_study
from unetlib.study.experiments import merged
from unetlib.study.facts import study_facts

PAGE = (ROOT / "docs/add-a-paper.md").read_text()


def overlay():
    (block,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    return yaml.safe_load(block)


def row():
    """The cells of the page's table by column; a line may hold several columns."""
    section = PAGE.split("## 3.")[1].split("## 4.")[0]
    cells = {"where": "", "errors": ""}
    for names, values in re.findall(r"^\| ([a-z_, ]+) \| (.+) \|$", section, re.MULTILINE):
        if names == "column":
            continue
        columns = [name.strip() for name in names.split(",")]
        stated = re.findall(r"`([^`]+)`", values) if "errors" not in columns else ["random frames", "test", ""]
        cells |= dict(zip(columns, stated if len(columns) > 1 else [*stated, "its sentence"], strict=False))
    return {name: cells.get(name, "") for name in literature.COLUMNS}


def test_the_study_of_the_page_has_the_steps_that_the_page_names():
    found = study_facts(read_study(merged(config_of("cpu"), overlay())))
    (protocol,) = found.protocols.values()
    assert [step.experiment for step in protocol.steps] == [
        *("as-doe2031", "as-doe2031-step1", "as-doe2031-step2", "reference")
    ]
    assert {run.train_dataset for run in found.trained_runs()} == {"phc-u373"} and len(found.trained_runs()) == 4
    for name in re.findall(r"`(as-doe2031[-a-z0-9]*)`", PAGE):
        assert name in found.experiments, name


def test_the_row_of_the_page_is_one_of_the_ledger(tmp_path):
    path = tmp_path / "literature.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, literature.COLUMNS)
        writer.writeheader()
        writer.writerow(row())
    (claim,) = literature.read_ledger(path, {})
    protocol = overlay()["protocols"][claim.protocol]
    assert (claim.value, claim.source, claim.dataset) == (0.93, protocol["document"], protocol["dataset"])
    assert claim.answer == (protocol["compare_with"], protocol["dataset"], protocol["dataset"], protocol["metric"])


def test_the_page_names_every_mistake():
    from unetlib.study.mistakes import MISTAKES

    for name in MISTAKES:
        section, key = name.split(".")
        assert name in PAGE or re.search(rf"`{section}: {{{key}: ", PAGE), name
