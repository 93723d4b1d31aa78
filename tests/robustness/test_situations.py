"""The table of situations: every kind names tests that exist, their cases are counted, and the page has its section."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

HERE = Path(__file__).parents[1]
ROOT = HERE.parent
sys.path.insert(0, str(HERE / "robustness"))

from situations import KINDS, SCRIPT, Kind, Outcomes, main, row, tried  # noqa: E402


def test_every_kind_has_tests_and_the_page_a_section():
    page = (ROOT / "docs/reliability.md").read_text()
    for kind in KINDS:
        assert all((ROOT / path).is_file() for path, _ in kind.tests), kind.name
    assert f"<!-- situations: written by {SCRIPT} -->" in page


def test_cases_random_ones_and_failures_are_counted(tmp_path, capsys):
    (tmp_path / "test_some.py").write_text(
        "import pytest\nfrom hypothesis import given, strategies as st\n"
        "@pytest.mark.parametrize('n', range(3))\ndef test_n(n):\n    assert n < 2\n"
        "@given(st.integers())\ndef test_any(n):\n    pass\n"
    )
    kind = Kind("k", ((str(tmp_path / "test_some.py"), ""),), limit="a limit")
    found = tried(kind)
    assert row(kind, found) == "| k | 4 | 1 | – | 1 failed | a limit |" and len(found.failed) == 1
    assert row(replace(kind, loses=True), found) == "| k | 4 | 1 | 1 failed | 1 failed | a limit |"
    found.failed.clear()
    assert row(kind, found) == "| k | 4 | 1 | – | none | a limit |"
    assert row(replace(kind, loses=True), found) == "| k | 4 | 1 | nothing | none | a limit |"
    with pytest.raises(SystemExit, match="no test was run"):
        tried(Kind("k", ((str(tmp_path / "test_some.py"), "nothing"),)))
    assert Outcomes().cases == 0 and main(["--only", KINDS[-2].name]) == 0
    assert f"| {KINDS[-2].name} | " in capsys.readouterr().out


def test_what_is_done_is_written_after_each_kind_and_other_rows_stay(tmp_path, monkeypatch):
    first, second = (Kind(name, (("", ""),)) for name in ("one", "two"))
    monkeypatch.setattr("situations.KINDS", (first, second))
    page = tmp_path / "page.md"
    page.write_text(f"<!-- situations: written by {SCRIPT} -->\n| two | 9 |\n<!-- end of situations -->\n")

    def stopped_at_the_second(kind):
        if kind is second:
            raise KeyboardInterrupt
        return Outcomes()

    monkeypatch.setattr("situations.tried", stopped_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        main(["--write", str(page)])
    assert "| one | 0 | 0 | – | none | none |" in page.read_text() and "| two | 9 |" in page.read_text()
    monkeypatch.setattr("situations.tried", lambda kind: Outcomes())
    assert main(["--write", str(page)]) == 0
    assert "| two | 0 | 0 | – | none | none |" in page.read_text() and "| two | 9 |" not in page.read_text()
