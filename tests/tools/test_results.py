"""results: all that is published is made again from the deposits, byte for byte, with nothing but the repository."""

import csv
import shutil
import subprocess
import sys

import pytest
from builders.config import ROOT
from builders.finished_study import finish

from tools import protocol_tables, published_pages, results
from tools.marked_sections import replace_section
from unetlib.io.outputs import OutputError
from unetlib.io.packed import check_checksums, read_packed, write_checksums, write_packed
from unetlib.report.deposit import write_deposit

SECTIONS = ["aims", "recipes", "levers", "limits", "deposits", "ledger", "values", "flaws", "directions"]
COMMAND = "snakemake --configfile studies/small.yaml"


def content(folder):
    """Every published file with its bytes."""
    paths = [
        folder / "README.md",
        folder / "docs/paper.md",
        folder / "docs/statistics.md",
        *(path for path in (folder / "docs/results").rglob("*") if path.is_file()),
    ]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def copy_of_published(folder):
    """Copy what `make_results` reads and writes."""
    shutil.copytree(ROOT / "docs/results", folder / "docs/results")
    (folder / "workflow").mkdir()
    for name in (
        "README.md",
        "docs/paper.md",
        "docs/statistics.md",
        "workflow/literature.csv",
        "workflow/known-errors.csv",
    ):
        shutil.copyfile(ROOT / name, folder / name)
    return folder


def test_everything_published_is_made_again_from_the_deposits_byte_for_byte(tmp_path):
    before = content(copy_of_published(tmp_path))
    for name in results.deposited(tmp_path):
        for path in (tmp_path / "docs/results" / name).glob("*"):
            if not path.name.startswith(results.PANELS):
                path.unlink()
    results.make_results(tmp_path)
    after = content(tmp_path)
    assert after.keys() == before.keys()
    assert [name for name in before if after[name] != before[name]] == []


def test_results_need_no_torch():
    code = "import sys, tools.results; sys.exit('torch' in sys.modules or 'snakemake' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A repository with two deposited studies, small and twice, and all that is made of them."""
    folder = tmp_path_factory.mktemp("repository")
    shown = f"docs/results/{published_pages.README_STUDY}"
    (folder / shown).mkdir(parents=True)
    (folder / "workflow").mkdir()
    for name in ("workflow/literature.csv", "workflow/known-errors.csv"):
        shutil.copyfile(ROOT / name, folder / name)
    for name in ("command.txt", "comparison.csv", "costs.csv"):
        shutil.copyfile(ROOT / shown / name, folder / shown / name)
    for page, names in {
        "README.md": ["answers", "results"],
        "docs/results/README.md": SECTIONS,
        "docs/paper.md": ["counts"],
        "docs/statistics.md": ["power"],
    }.items():
        marks = [f"<!-- {name}: written by {published_pages.WRITER} -->\n<!-- end of {name} -->\n" for name in names]
        (folder / page).write_text("".join(marks))
    for name in ("small", "twice"):
        facts = finish(folder / "project", name)
        write_deposit(folder / "docs/results/deposit" / name, folder / "project", facts, COMMAND)
    results.make_results(folder)
    return folder


def test_a_deposited_study_is_published_whole(published):
    folder = published / "docs/results/small"
    names = {path.name for path in folder.iterdir()}
    tables = {
        f"{name}.{form}" for name in ("comparison", "ablation", "transfer", "costs", "claims") for form in ("csv", "md")
    }
    assert tables | {"differences.csv", "tracking.csv", "ablation.png", "ablation.svg", "command.txt"} <= names
    assert "pitfalls.csv" not in names and "waterfall.csv" not in names
    check_checksums(folder)
    origin = (folder / "provenance.md").read_text()
    assert f"| command | `{COMMAND}` |" in origin and "| dic-hela | cells.zip, sha256 12ab |" in origin
    assert "| networks | 16 |" in origin and "| code of the training | c0de |" in origin


def test_the_ledger_names_the_study_of_each_answer(published):
    with (published / "docs/results/claims.csv").open(newline="") as handle:
        rows = list(csv.DictReader(handle))
    with (published / "docs/results/small/claims.csv").open(newline="") as handle:
        own = list(csv.DictReader(handle))
    assert [row["id"] for row in rows] == [row["id"] for row in own]
    for row, single in zip(rows, own, strict=True):
        assert row["study"] == ("small" if single["ours"] or single["trivial"] else "")  # of equals the first by name
        assert row["verdict"] == single["verdict"] and row["ours"] == single["ours"]
    assert any(row["study"] for row in rows)
    page = (published / "docs/results/README.md").read_text()
    assert f"Of {len(rows)} published numbers and statements, " in page and "| verdict | claims | small |" in page
    assert "| [twice](deposit/twice) |" in page


def test_one_changed_score_changes_what_rests_on_it_and_nothing_else(published, tmp_path):
    """The other study is made again with the same bytes; pictures of images stay, and are in the checksums."""
    shutil.copytree(published, tmp_path, dirs_exist_ok=True)
    folder = tmp_path / "docs/results/deposit/small"
    lines = read_packed(folder / "scores.csv.xz").decode().splitlines(keepends=True)
    place = next(n for n, line in enumerate(lines) if line.startswith("modern,phc-u373,phc-u373,0,0,01-t000,dice,"))
    lines[place] = f"{lines[place].rpartition(',')[0]},0.1\n"
    write_packed(folder / "scores.csv.xz", "".join(lines).encode())
    write_checksums(folder)
    panel = tmp_path / "docs/results/small/examples-dic-hela.png"
    panel.write_bytes(b"a picture")
    results.make_results(tmp_path)
    before, after = content(published), content(tmp_path)
    changed = {name.removeprefix("docs/results/") for name in before if before[name] != after[name]}
    assert {"small/comparison.csv", "small/claims.csv", "small/transfer.csv", "claims.csv"} <= changed
    assert "small/costs.csv" not in changed and not any(name.startswith("twice/") for name in changed)
    assert panel.read_bytes() == b"a picture"
    assert "  examples-dic-hela.png\n" in (panel.parent / "SHA256SUMS").read_text()


def test_what_is_not_published_by_us_is_never_removed(published, tmp_path):
    shutil.copytree(published, tmp_path, dirs_exist_ok=True)
    (tmp_path / "docs/results/small/notes.docx").write_text("precious")
    before = content(tmp_path)
    with pytest.raises(OutputError, match=r"small: holds notes\.docx, which is not part of published results"):
        results.make_results(tmp_path)
    assert content(tmp_path) == before


@pytest.mark.parametrize("name", ["README.md", "docs/results/README.md"])
def test_a_page_without_its_section_is_an_error_and_no_page_is_written(published, tmp_path, name):
    shutil.copytree(published, tmp_path, dirs_exist_ok=True)
    shutil.rmtree(tmp_path / "docs/results/deposit")
    (tmp_path / name).write_text("no section")
    before = content(tmp_path)
    with pytest.raises(ValueError, match=r"the page has no section <!-- .* written by tools/results\.py"):
        results.make_results(tmp_path)
    assert content(tmp_path) == before


def test_the_numbers_of_the_readme_are_those_of_the_published_tables():
    page = (ROOT / "README.md").read_text()
    lines = published_pages.readme_section(ROOT / "docs/results" / published_pages.README_STUDY)
    assert replace_section(page, "results", published_pages.WRITER, lines) == page


def test_a_table_of_an_earlier_version_is_read_under_the_columns_of_today(published, tmp_path):
    folder = tmp_path / "a-study"
    shutil.copytree(published / "docs/results" / published_pages.README_STUDY, folder)
    table = folder / "comparison.csv"
    lines = published_pages.readme_section(folder)
    names = ("headline", "primary") if "headline" in table.read_text() else ("primary", "headline")
    table.write_text(table.read_text().replace(*names))
    assert published_pages.readme_section(folder) == lines


def test_the_flaws_that_are_shown_are_those_whose_interval_excludes_zero(tmp_path):
    rows = [
        # step, change, low, high, compared on: only 1 and 3 are shown, the larger first; the last is the whole recipe
        (0, "", "", "", ""),
        (1, 0.1, 0.02, 0.18, "same images"),
        (2, 0.3, -0.1, 0.7, "same images"),
        (3, -0.2, -0.3, -0.1, "same images"),
        (4, 0.5, 0.4, 0.6, "other images"),
        (5, 0.9, 0.8, 1.0, "same images"),
    ]
    lines = ["protocol,metric,step,flaw,change,change_low,change_high,compared_on,images,primary"]
    lines += [f"as-x,iou,{step},flaw {step},{','.join(map(str, rest))},7,True" for step, *rest in rows]
    (tmp_path / "one").mkdir()
    (tmp_path / "one/waterfall.csv").write_text("\n".join(lines) + "\n")
    lead, _, _, _, *shown = protocol_tables.flaws(tmp_path)
    assert lead.startswith("2 of 3 steps")
    assert [line.split(" | ")[0] for line in shown] == ["| flaw 3", "| flaw 1"]
    assert protocol_tables.flaws(tmp_path / "one") == [protocol_tables.NOTHING]
    assert protocol_tables.published_values(None) == [protocol_tables.NOTHING]
