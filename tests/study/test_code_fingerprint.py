"""A script's fingerprint changes with the meaning of every file that it reaches, and with nothing else."""

import shutil
from pathlib import Path

import pytest
from builders.code_reach import PACKAGES, ROOT, SCRIPTS, file_to_edit, files_reached

from unetlib.study.code_fingerprint import code_of, imported_modules


@pytest.fixture
def project(tmp_path):
    """script.py → first → second; third is not reached."""
    package = tmp_path / "unetlib"
    package.mkdir()
    (package / "first.py").write_text(
        '"""First."""\nfrom unetlib.second import g\n\ndef f():\n    """Doc."""\n    return g()\n'
    )
    (package / "second.py").write_text("def g():\n    return 1\n")
    (package / "third.py").write_text("x = 1\n")
    script = tmp_path / "script.py"
    script.write_text("def main():\n    from unetlib import first\n    return first.f()\n")
    return script, package


def edit(path, old, new):
    path.write_text(path.read_text().replace(old, new))


def test_modules_are_reached_through_one_another_and_through_functions(project):
    script, package = project
    assert {path.name for path in imported_modules(script, package)} == {"first.py", "second.py"}


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("first.py", "First.", "Other words."),
        ("first.py", '"""Doc."""\n', '"""More."""\n    # a comment\n'),
        ("second.py", "return 1", "return  1  # one"),
        ("third.py", "x = 1", "x = 2"),
    ],
)
def test_words_layout_and_other_modules_do_not_count(project, name, old, new):
    script, package = project
    before = code_of(script, package)
    edit(package / name, old, new)
    assert code_of(script, package) == before


@pytest.mark.parametrize(("name", "old", "new"), [("second.py", "1", "2"), ("first.py", "g()", "g() + 0")])
def test_meaning_counts(project, name, old, new):
    script, package = project
    before = code_of(script, package)
    edit(package / name, old, new)
    assert code_of(script, package) != before


def test_the_script_itself_counts(project):
    script, package = project
    before = code_of(script, package)
    edit(script, "first.f()", "first.f() + 1")
    assert code_of(script, package) != before


def test_a_touched_file_does_not_count(project):
    script, package = project
    before = code_of(script, package)
    (package / "second.py").touch()
    assert code_of(script, package) == before


@pytest.mark.parametrize(
    "line",
    [
        "from unetlib.training import loop",
        "from unetlib.training import loop as trainer",
        "from unetlib.training.loop import train",
        "from unetlib.training.loop import (\n    train,\n    TrainingError,\n)",
        "from unetlib.training.loop import *",
        "import unetlib.training.loop",
        "import unetlib.training.loop as trainer",
        "import json, unetlib.training.loop",
        "def main():\n    from unetlib.training import loop",
        "if TYPE_CHECKING:\n    from unetlib.training.loop import train",
        "try:\n    import unetlib.training.loop\nexcept ImportError:\n    pass",
    ],
)
def test_every_form_of_import_reaches_the_module_and_its_packages(line, tmp_path):
    package = tmp_path / "unetlib"
    (package / "training").mkdir(parents=True)
    files = [package / name for name in ("__init__.py", "training/__init__.py", "training/loop.py")]
    other = package / "training/losses.py"
    for path in (*files, other):
        path.write_text("VALUE = 1\n")
    script = tmp_path / "train.py"
    script.write_text(line + "\n")
    assert imported_modules(script, package) == set(files)
    for path, counts in [*((path, True) for path in files), (other, False)]:
        before = code_of(script, package)
        edit(path, "1", "22")
        assert (code_of(script, package) != before) == counts, path


def codes(folder: Path) -> dict[str, str]:
    return {name: code_of(folder / "workflow/scripts" / name, folder / "unetlib") for name in SCRIPTS}


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the library and the scripts, and the code of each script before any edit."""
    folder = tmp_path_factory.mktemp("project")
    for part in ("unetlib", "workflow/scripts"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    return folder, codes(folder)


@pytest.mark.parametrize("name", [*map(file_to_edit, PACKAGES), "unetlib/__init__.py", "unetlib/networks/__init__.py"])
def test_an_edit_changes_the_code_of_exactly_the_scripts_that_reach_it(copy, name):
    folder, before = copy
    text = (folder / name).read_text()
    try:
        (folder / name).write_text(text + "EDITED = 1\n")
        after = codes(folder)
    finally:
        (folder / name).write_text(text)
    assert {script for script in SCRIPTS if after[script] != before[script]} == {
        script for script in SCRIPTS if name in files_reached(script)
    }


def test_the_edits_are_of_every_package_and_tell_scripts_apart():
    edited = {name: sum(name in files_reached(script) for script in SCRIPTS) for name in map(file_to_edit, PACKAGES)}
    assert len(edited) == len(PACKAGES) > 10 and len(SCRIPTS) > 20
    assert sum(0 < count < len(SCRIPTS) for count in edited.values()) >= 9, edited


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_finder_of_python_reaches_the_same_files(script):
    found = {path.relative_to(ROOT).as_posix() for path in imported_modules(ROOT / "workflow/scripts" / script)}
    assert found == files_reached(script)
