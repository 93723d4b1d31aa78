"""Published tables: README's numbers are theirs, an unfinished study replaces nothing, empty tables are left out."""

import csv
import json
from pathlib import Path

import pytest
from PIL import Image

from tools import publish_results
from tools.marked_sections import replace_section
from unetlib.io.outputs import OutputError

ROOT = Path(__file__).parents[2]


def test_the_numbers_of_the_readme_are_those_of_the_published_tables():
    page = (ROOT / "README.md").read_text()
    lines = publish_results.readme_section(ROOT / "docs/results/cpu")
    assert replace_section(page, "results", publish_results.WRITER, lines) == page


@pytest.mark.parametrize(
    ("rows", "tested"),
    [
        ("verdict,theirs,ours\n", False),
        ("verdict,theirs,ours\nnot run,,\nmisquoted,,\n", False),
        ("verdict,theirs,ours\nnot run,,\nreproduced,,0.9\n", True),
        ("verdict,theirs,ours\nreproduced,0.9,\n", True),
    ],
)
def test_claims_that_a_study_did_not_test_are_not_published(tmp_path, rows, tested):
    assert not publish_results.has_content(tmp_path, "claims")
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables/claims.csv").write_text(rows)
    assert publish_results.has_content(tmp_path, "claims") == tested


def write_table(path, *rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as handle:
        writer = csv.DictWriter(handle, rows[0])
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A repository with an old publication and a finished study of one experiment, named like README's."""
    monkeypatch.setattr(publish_results, "ROOT", tmp_path)
    old = tmp_path / "docs/results/cpu"
    old.mkdir(parents=True)
    (old / "ablation.csv").write_text("old")
    for page, name in ((tmp_path / "README.md", "results"), (old.parent / "README.md", "aims")):
        page.write_text(f"a\n<!-- {name}: written by {publish_results.WRITER} -->\n<!-- end of {name} -->\nb\n")
    results = tmp_path / "results/cpu"
    score = {"test_dataset": "cells", "train_dataset": "cells", "metric": "seg", "primary": "True", "images": "4"}
    plain = score | {"experiment": "reference", "mean": "0.8", "low": "0.7", "high": "0.9", "resampled": "images"}
    otsu = score | {"experiment": "otsu", "mean": "0.5", "low": "", "high": "", "resampled": ""}
    write_table(results / "tables/comparison.csv", plain, otsu)
    costs = {"experiment": "reference", "fold": "0", "seed": "3", "train_seconds": "3600"}
    write_table(results / "tables/costs.csv", costs, costs | {"experiment": "all", "fold": "", "seed": ""})
    write_table(results / "tables/transfer.csv", {"test_dataset": "cells"})
    (results / "tables/differences.csv").write_text("experiment\n")
    (results / "scores.csv").write_text("")
    run = results / "runs/reference/cells/fold0-seed3"
    run.mkdir(parents=True)
    (run / "history.csv").write_text("update\n1\n2\n")
    (results / "figures").mkdir()
    Image.new("RGB", (240, 100)).save(results / "figures/learning-curves.png")
    return tmp_path


def finish(repository):
    """Give the study's one run its facts.json."""
    facts = {"versions": {"python": "3.11", "platform": "Linux"}, "code": "abc", "data": []}
    facts["data"] = [{"dataset": "cells", "source": "cells.zip", "sha256": "12ab"}]
    (repository / "results/cpu/runs/reference/cells/fold0-seed3/facts.json").write_text(json.dumps(facts))


def test_a_finished_study_replaces_what_was_published_of_it(repository):
    finish(repository)
    publish_results.publish(repository / "results/cpu", "snakemake x")
    folder = repository / "docs/results/cpu"
    names = {path.name for path in folder.iterdir()}
    expected = {"comparison.csv", "costs.csv", "transfer.csv", "learning-curves.png", "command.txt", "provenance.md"}
    assert names == expected
    assert Image.open(folder / "learning-curves.png").size == (1200, 500)
    origin = (folder / "provenance.md").read_text()
    assert "| command | `snakemake x` |" in origin and "| cells | cells.zip, sha256 12ab |" in origin
    assert "| python | 3.11 |" in origin and "Linux" not in origin
    page = (repository / "README.md").read_text()
    assert "`snakemake x`: 1 networks, 1.0 hours of training; fold 0, seed 3." in page
    assert "from resampling images (cells); they do not cover the variation between trainings." in page
    assert "| network | cells, SEG |\n|---|---:|\n| reference | 0.800 (0.700–0.900) |" in page
    assert "| best trivial baseline | 0.500 |\n| test images | 4 |" in page


def published(repository):
    """Every file of docs and the README, with its bytes."""
    paths = [repository / "README.md", *(repository / "docs").rglob("*")]
    return {path: path.read_bytes() for path in paths if path.is_file()}


def test_an_unfinished_study_replaces_nothing(repository):
    before = published(repository)
    with pytest.raises(publish_results.PublishError, match=r"results/cpu: no scores\.csv or no finished run"):
        publish_results.publish(repository / "results/cpu", "snakemake x")
    assert published(repository) == before


def test_what_is_not_published_by_us_is_never_removed(repository):
    finish(repository)
    (repository / "docs/results/cpu/notes.docx").write_text("precious")
    before = published(repository)
    with pytest.raises(OutputError, match=r"cpu: holds notes\.docx, which is no part of published results"):
        publish_results.publish(repository / "results/cpu", "snakemake x")
    assert published(repository) == before


@pytest.mark.parametrize("name", ["README.md", "docs/results/README.md"])
def test_a_page_without_the_section_is_an_error_before_anything_is_replaced(repository, name):
    finish(repository)
    (repository / name).write_text("no section")
    before = published(repository)
    with pytest.raises(ValueError, match=r"the page has no section <!-- .* written by tools/publish_results\.py"):
        publish_results.publish(repository / "results/cpu", "snakemake x")
    assert published(repository) == before


def test_a_figure_that_cannot_be_read_leaves_what_was_published(repository):
    finish(repository)
    (repository / "results/cpu/figures/learning-curves.png").write_bytes(b"no image")
    before = published(repository)
    with pytest.raises(OSError, match="cannot identify image file"):
        publish_results.publish(repository / "results/cpu", "snakemake x")
    assert published(repository) == before


def test_a_table_of_an_earlier_version_is_read_under_the_columns_of_today(repository):
    finish(repository)
    publish_results.publish(repository / "results/cpu", "snakemake x")
    folder = repository / "docs/results/cpu"
    lines, table = publish_results.readme_section(folder), folder / "comparison.csv"
    table.write_text(table.read_text().replace("primary", "headline"))
    assert publish_results.readme_section(folder) == lines
