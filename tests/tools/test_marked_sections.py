"""Generated sections of a page are replaced between their comments, and nothing else of the page changes."""

from pathlib import Path

import pytest

from tools.marked_sections import keep_other_rows, replace_section, write_section

PAGE = "before\n<!-- x: written by a/b.py -->\nold\n<!-- end of x -->\nafter\n"
RELIABILITY = Path(__file__).parents[2] / "docs/reliability.md"


def test_a_section_is_replaced_and_the_rest_of_the_page_kept(tmp_path):
    expected = "before\n<!-- x: written by a/b.py -->\nnew\nlines\n<!-- end of x -->\nafter\n"
    assert replace_section(PAGE, "x", "a/b.py", ["new", "lines"]) == expected
    path = tmp_path / "page.md"
    path.write_text(PAGE)
    write_section(path, "x", "a/b.py", ["new", "lines"])
    assert path.read_text() == expected


@pytest.mark.parametrize(("name", "writer"), [("y", "a/b.py"), ("x", "another.py")])
def test_a_page_without_the_section_is_refused(name, writer):
    with pytest.raises(ValueError, match="the page has no section"):
        replace_section(PAGE, name, writer, ["new"])


def test_rows_that_were_not_made_again_stay_in_the_table():
    old = ["before", "", "| fault | runs |", "|---|---|", "| a | 1 |", "| b | 1 |"]
    page = replace_section(PAGE, "x", "a/b.py", old)
    new = ["now", "", "| fault | runs |", "|---|---|", "| b | 2 |"]
    assert keep_other_rows(page, "x", "a/b.py", new) == [*new, "| a | 1 |"]


@pytest.mark.parametrize(
    ("name", "writer"),
    [
        ("faults", "tests/robustness/inject_faults.py"),
        ("fuzz", "tests/robustness/fuzz.py"),
        ("slurm", "tests/slurm/run.py"),
    ],
)
def test_the_reliability_page_has_the_section_of_each_program_that_writes_it(name, writer):
    page = RELIABILITY.read_text()
    assert replace_section(page, name, writer, ["new"]) != page
    assert f'"{name}"' in (RELIABILITY.parents[1] / writer).read_text()
