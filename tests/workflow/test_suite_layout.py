"""How the suite is laid out: no test is imported by another file, names are unique, folders mirror the packages."""

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "tests").rglob("*.py"))
TESTS = [path for path in FILES if path.name.startswith("test_")]
NAMES = {path.stem for path in TESTS}
OTHER_FOLDERS = {"tests", "workflow", "robustness", "tools"}  # besides one per package


def imported_tests(source: str) -> set[str]:
    """Return the names of test files that the source imports, also from code within its strings."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names = re.findall(r"(?:import|from) +([\w.]+)", node.value)
        else:
            continue
        found |= {part for name in names if not name.startswith("unetlib.") for part in name.split(".")}
    return found & NAMES


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_test_is_imported(path: Path) -> None:
    """What two files need is in tests/builders."""
    assert not imported_tests(path.read_text())


@pytest.mark.parametrize(
    "source",
    [
        "import {}",
        "import {} as twin",
        "from {} import helper",
        "def f():\n    from tests.workflow import {}",
        "from tests.workflow.{} import helper",
        "code = 'import sys; import {} as t'",
    ],
)
def test_every_form_of_import_is_found(source: str) -> None:
    assert imported_tests(source.format(Path(__file__).stem)) == {Path(__file__).stem}


def test_the_walk_sees_the_whole_suite() -> None:
    assert len(TESTS) > 80 and len(FILES) > len(TESTS) + 10


def test_names_are_unique() -> None:
    """pytest imports test files by their names alone."""
    counts = Counter(path.stem for path in FILES if path.name != "conftest.py")
    assert [name for name, count in counts.items() if count > 1] == []


def test_folders_mirror_the_packages() -> None:
    packages = {path.parent.name for path in (ROOT / "unetlib").glob("*/__init__.py")}
    folders = {path.parent.name for path in TESTS}
    assert packages <= folders <= packages | OTHER_FOLDERS
