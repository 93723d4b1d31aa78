"""Malformed files: every reader returns what the file holds or refuses it in one line, in bounded time and memory.

The long form, with memory limits and thousands of cases per reader, is tests/robustness/fuzz.py.
"""

import os
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from builders.foreign_layouts import tiffs
from builders.malformed import mutated
from builders.malformed_targets import Target, targets
from robustness import fuzz

from unetlib.io.images import ImageError

CASES = {"tiff": 200, "png": 120, "zip": 150, "http": 15, "checkpoint": 12, "model": 25}


@pytest.mark.parametrize("name", targets())
def test_mutations_are_read_or_refused_by_one_line_of_the_projects_own(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.fsync", lambda descriptor: None)  # as in the long form: it would take most of the time
    target = targets()[name]
    seeds = target.seeds()
    tally = dict.fromkeys(fuzz.OUTCOMES, 0)
    for index in range(CASES.get(name, 20)):
        with warnings.catch_warnings(action="ignore"):
            data = mutated(seeds[index % len(seeds)], target.kind, 1, index)
            outcome, message = fuzz.outcome_of(target, fuzz.fresh(tmp_path / "case"), data)
        assert outcome != "defect", f"{name}, case {index}: {message}"
        tally[outcome] += 1
    assert [path.name for path in tmp_path.iterdir()] == ["case"]
    assert name in ("http", "journal", "note") or tally["refused"] > 0.2 * sum(tally.values()), tally


def test_mutations_are_the_same_every_time() -> None:
    data = tiffs()[0]
    several = [mutated(data, "tiff", 7, index) for index in range(50)]
    assert several == [mutated(data, "tiff", 7, index) for index in range(50)]
    assert len(set(several)) > 40 and data not in several[:3]


def hang(folder: Path, data: bytes) -> None:
    while True:
        pass


def crash(folder: Path, data: bytes) -> None:
    if data != b"good":
        os._exit(11)


def stray(folder: Path, data: bytes) -> None:
    if data != b"good":
        (folder.parent / "elsewhere").write_bytes(data)


def overwrite(folder: Path, data: bytes) -> None:
    if data != b"good":
        (folder / ".." / "evil.tif").write_bytes(data)


def eat(folder: Path, data: bytes) -> None:
    if data != b"good":
        np.ones(10**9)


def stumble(folder: Path, data: bytes) -> None:
    if data != b"good":
        raise IndexError("list index out of range")


@pytest.mark.parametrize("fault", [crash, stray, overwrite, eat, stumble])
def test_the_fuzzer_notices(fault) -> None:
    target = Target(fault.__name__, "bytes", lambda: [b"good"], fault, (ImageError,))
    rows = fuzz.run(fault.__name__, target, 0, 0, 4)
    changed = [mutated(b"good", "bytes", 0, index) != b"good" for index in range(4)]
    assert sum(changed) > 1 and [row["outcome"] == "defect" for row in rows] == changed
    assert [row["index"] for row in rows] == [0, 1, 2, 3]


def test_the_fuzzer_runs_all_readers_and_writes_its_table(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("<!-- fuzz: written by tests/robustness/fuzz.py -->\n<!-- end of fuzz -->\n")
    monkeypatch.setattr(fuzz, "targets", lambda: {"json": targets()["json"]})
    monkeypatch.setattr("sys.argv", ["fuzz", "--count", "2", "--write", str(tmp_path / "page.md")])
    with pytest.raises(SystemExit) as ended:
        fuzz.main()
    assert not ended.value.code and "| json | files.read_json | 2 |" in (tmp_path / "page.md").read_text()


def test_the_fuzzer_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(fuzz, "SECONDS", 0.2)
    outcome, message = fuzz.outcome_of(Target("", "bytes", list, hang, ()), tmp_path, b"")
    assert outcome == "defect" and message.startswith("TooSlow")


def test_an_error_that_a_target_does_not_declare_is_a_defect(tmp_path: Path) -> None:
    target = replace(targets()["tiff"], errors=())
    outcome, message = fuzz.outcome_of(target, tmp_path, b"nonsense")
    assert outcome == "defect" and message.startswith("ImageError")
