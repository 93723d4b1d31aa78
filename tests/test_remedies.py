"""What errors tell a user to do exists: options, extras, sizes. Those of outputs are typed in test_cli_files."""

import re
import tomllib
from pathlib import Path

import pytest
from builders.images import save, spots, write_stack

from unetlib import cli
from unetlib.cli_arguments import parser

ROOT = Path(__file__).parent.parent
COMMANDS = [path for path in (ROOT / "unetlib").glob("cli*.py") if path.name not in ("cli_arguments.py", "cli_help.py")]
SOURCES = [path for path in (ROOT / "unetlib").rglob("*.py") if path.name not in ("cli_arguments.py", "cli_help.py")]


def test_every_extra_that_is_named_can_be_installed():
    known = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    named = {extra for path in SOURCES for extra in re.findall(r"pip install '\.\[(\w+)\]'", path.read_text())}
    assert named == {"export", "workflow"} <= set(known)


def test_every_option_that_an_error_names_is_one():
    commands = next(action for action in parser()._actions if action.dest == "command" or action.choices)
    known = {name for each in commands.choices.values() for action in each._actions for name in action.option_strings}
    known |= {"--configfile"}  # of Snakemake, which `compare` runs
    rooms = ("io", "imaging", "networks", "models", "tracking")  # what the command line calls
    named = {}
    for path in SOURCES:
        if path.relative_to(ROOT / "unetlib").parts[0] in (*rooms, *(path.name for path in COMMANDS)):
            named |= dict.fromkeys(re.findall(r"(?<![\w-])--[a-z][a-z-]+", path.read_text()), path.name)
    assert "--overwrite" in named and "--device" in named
    assert {option: file for option, file in named.items() if option not in known} == {}


def test_the_tile_that_is_proposed_is_taken(tmp_path, capsys):
    pytest.importorskip("onnxruntime", reason="onnxruntime is part of the optional unetlib[export]")
    pytest.importorskip("onnx", reason="onnx is part of the optional unetlib[export]")
    movie = write_stack(tmp_path / "movie.tif", spots(2, 60, 70), "TYX")
    wish = ["export", save(tmp_path / "model.pt"), "--to", "onnx", "-o", tmp_path / "m.onnx", "--image", movie]
    assert cli.main([*map(str, wish), "--tile", "21"]) == 1
    (proposed,) = re.findall(r"no tile of 21 px; take (\d+)", capsys.readouterr().err)
    assert cli.main([*map(str, wish), "--tile", proposed]) == 0
