"""Rules and scripts: one name in all places, options that exist, and code whose edits rerun what it made."""

import ast
import re
from pathlib import Path

import pytest
from builders.code_reach import files_reached
from builders.rules import BODIES, OWN_SCRIPTS, ROOT, TEXT

FOLDER = ROOT / "workflow/scripts"
SHARED = {"script.py", "arguments.py", "progress_bar.py"}  # the command line of all scripts; a bar of bytes
LINES = 40
PINNED = {"fetch"}  # what it makes is checked by sha256: no edit of its code can change it


def test_a_rule_a_script_and_a_log_share_one_name():
    assert sorted(path.stem for path in FOLDER.glob("*.py") if path.name not in SHARED) == OWN_SCRIPTS
    assert len(OWN_SCRIPTS) > 15 and set(OWN_SCRIPTS) < set(BODIES)
    for name in OWN_SCRIPTS:
        assert re.search(rf'LAYOUT\.log\("{name}"|logs/{name}/', BODIES[name]), f"rule {name} has no log of its name"
        assert f"scripts/{name}.py" in BODIES[name]


@pytest.mark.parametrize("name", OWN_SCRIPTS)
def test_every_option_that_a_rule_passes_is_one_that_its_script_takes(name):
    script = (FOLDER / f"{name}.py").read_text()
    options = set(re.findall(r"--([a-z][a-z-]+)[ =]", BODIES[name]))
    assert options
    for option in options:
        assert re.search(rf"\b{option.replace('-', '_')}\b", script), f"{name}.py takes no --{option}"


def scripts_of(name):
    """The script of a rule and those that it imports."""
    found, waiting = set(), [f"{name}.py"]
    while waiting:
        script = waiting.pop()
        if script not in found | SHARED:
            found.add(script)
            tree = ast.walk(ast.parse((FOLDER / script).read_text()))
            modules = [node.module for node in tree if isinstance(node, ast.ImportFrom)]
            waiting += [f"{module}.py" for module in modules if (FOLDER / f"{module}.py").is_file()]
    return found


@pytest.mark.parametrize("name", sorted(set(OWN_SCRIPTS) - PINNED))
def test_an_edit_of_any_script_that_a_rule_runs_is_seen(name):
    assert set(re.findall(r'code_of\("(\w+\.py)"\)', BODIES[name])) >= scripts_of(name)


def test_what_all_scripts_share_reaches_no_code_that_changes_results():
    """It clears up after a signal, which changes no result; whatever else it reached would be in no fingerprint."""
    reached = set().union(*(files_reached(name, siblings=True) for name in SHARED))
    assert reached == {"unetlib/__init__.py", "unetlib/io/__init__.py", "unetlib/io/interruption.py"}


@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.glob("*.py")))
def test_a_script_has_no_logic_of_its_own(name):
    """It hands what its rule gives it to the library; anything longer belongs there, where it is tested."""
    assert len((FOLDER / name).read_text().splitlines()) <= LINES


def test_scripts_are_called_as_programs():
    """`script:` would rerun on a newer time alone, and with it every training after a checkout."""
    assert not re.search(r"^ *script:", TEXT, re.M) and Path(ROOT / "Snakefile").read_text().count("rule all") == 1
