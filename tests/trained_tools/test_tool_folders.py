"""The folder of a tool: what it must have, what is wrong with it, and which environment runs it."""

import sys
from pathlib import Path

import pytest
from builders.fake_tools import write_tool

from unetlib.trained_tools.tool_folders import (
    FOLDER,
    LOCK,
    STAMP,
    ToolError,
    environment_of,
    fault_of,
    file_checksums,
    has_environment,
    interpreter,
    lock_checksum,
    python_versions,
)

ROOT = Path(__file__).parents[2]
SHIPPED = sorted(path.parent.name for path in (ROOT / FOLDER).glob("*/run.py"))


def test_tools_are_shipped() -> None:
    assert {"fitted-watershed"} <= set(SHIPPED)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_tool_is_complete(name: str) -> None:
    folder = ROOT / FOLDER / name
    assert fault_of(folder) == ""
    card = (folder / "card.md").read_text()
    for word in ("What it is", "Licence", "Environment", "Recipe", "What we changed", "Pitfalls"):
        assert f"**{word}**" in card, f"{name}/card.md lacks {word}"
    assert "3.11" in python_versions(folder)


@pytest.mark.parametrize(
    ("file", "text", "words"),
    [
        ("run.py", None, "lacks run.py"),
        ("card.md", None, "lacks card.md"),
        ("tool.toml", None, "lacks tool.toml"),
        ("tool.toml", "python = 3", "list of versions"),
        ("tool.toml", "python = [", "not readable as TOML"),
        ("tool.toml", "", "names no Python version"),
        ("requirements.in", "numpy", "no requirements.lock"),
    ],
)
def test_a_fault_of_a_folder_is_one_line(file: str, text: str | None, words: str, tmp_path: Path) -> None:
    folder = write_tool(tmp_path / "tool")
    if text is None:
        (folder / file).unlink()
    else:
        (folder / file).write_text(text)
    assert words in fault_of(folder) and "\n" not in fault_of(folder)


@pytest.mark.parametrize(
    ("lock", "words"),
    [("numpy==1\n", "no hashes"), ("# --index-url https://x\nnumpy==1 --hash=sha256:0\n", "fetched from")],
)
def test_a_lock_has_hashes_and_names_no_host(lock: str, words: str, tmp_path: Path) -> None:
    folder = write_tool(tmp_path / "tool")
    for name, text in {"requirements.in": "numpy\n", "conda.yaml": "name: x\n", LOCK: lock}.items():
        (folder / name).write_text(text)
    assert words in fault_of(folder)


def test_a_tool_that_is_not_there_names_those_that_are(tmp_path: Path) -> None:
    write_tool(tmp_path / "tool")
    assert "there are tool" in fault_of(tmp_path / "toll")


def test_an_edit_of_any_file_but_the_card_is_seen(tmp_path: Path) -> None:
    folder = write_tool(tmp_path / "tool")
    before = file_checksums(folder)
    (folder / "card.md").write_text("another text")
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__/run.pyc").write_bytes(b"x")
    assert file_checksums(folder) == before
    (folder / "helper.py").write_text("x = 1\n")
    assert file_checksums(folder) != before


def test_a_tool_without_requirements_runs_in_our_environment(tmp_path: Path) -> None:
    folder = write_tool(tmp_path / "tool")
    assert not has_environment(folder) and interpreter(folder, tmp_path) == sys.executable


def test_an_environment_of_another_lock_is_refused(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.delenv("UNETLIB_TOOLS", raising=False)
    folder = write_tool(tmp_path / "tool")
    (folder / "requirements.in").write_text("numpy\n")
    (folder / LOCK).write_text("numpy==1 --hash=sha256:0\n")
    place = environment_of("tool", tmp_path)
    assert place == tmp_path / ".tools/tool"
    (place / "bin").mkdir(parents=True)
    (place / "bin/python").touch()
    with pytest.raises(ToolError, match=r"another requirements\.lock.*make tools TOOLS=tool"):
        interpreter(folder, tmp_path)
    (place / STAMP).write_text(lock_checksum(folder))
    assert interpreter(folder, tmp_path) == str(place / "bin/python")
