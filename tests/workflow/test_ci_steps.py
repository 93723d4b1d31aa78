"""What .ci/run does: the commands of the README, a browser for the report's tests, no test skipped without a word."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BROWSER = ROOT / "tests/builders/browser.py"
STEPS = (ROOT / ".ci/run").read_text()


def test_the_browser_is_installed_before_the_tests_need_it() -> None:
    commands = re.findall(r"^(?:make|\.venv/bin/python) \S+", STEPS, re.M)
    assert commands[0] == "make check" and commands[-1] == "make test", "the first installs the environment"
    assert ".venv/bin/python tests/builders/browser.py" in commands


def test_every_target_of_the_steps_is_in_the_makefile() -> None:
    targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.M)
    wanted = re.findall(r"^make (\S+)", STEPS, re.M)
    assert len(wanted) > 3 and set(wanted) <= set(targets)


def test_skipped_tests_are_named_in_the_closing_lines() -> None:
    options = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]["addopts"].split()
    assert "-rs" in options


@pytest.mark.parametrize("ci", ["", "true"])
def test_a_browser_that_cannot_be_had_is_an_error_in_ci_alone(ci: str, tmp_path: Path) -> None:
    """No programs at all on the path: neither Chromium nor apt-get, whoever runs it."""
    environment = {name: value for name, value in os.environ.items() if name not in ("CI", "UNETLIB_AXE")}
    environment |= {"PATH": str(tmp_path)} | ({"CI": ci} if ci else {})
    done = subprocess.run([sys.executable, BROWSER], capture_output=True, text=True, env=environment)
    assert done.returncode == bool(ci)
    (line,) = (done.stdout + done.stderr).splitlines()
    assert "apt-get install chromium npm" in line and line.startswith("error: ") == bool(ci)


@pytest.mark.parametrize("ci", ["", "true"])
def test_a_test_without_its_browser_is_skipped_or_fails_by_one_line(ci: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from builders.browser import unavailable

    monkeypatch.setenv("CI", ci)
    with pytest.raises(pytest.fail.Exception if ci else pytest.skip.Exception, match="no Chromium found"):
        unavailable("no Chromium found")
