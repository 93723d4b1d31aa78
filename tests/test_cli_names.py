"""Files of any name, and outputs that cannot be written: each line on the terminal is one line, and says what to do."""

import csv
import os
import subprocess
import sys
import unicodedata
from pathlib import Path

import numpy as np
import pytest
import tifffile
from builders.images import save, spots
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from unetlib import cli

ROOT = Path(__file__).parent.parent
CHARACTERS = st.sampled_from([*"ab1 #%{}[]()*?$&;'\"\\!~+=@,", "\n", "\r", "\t", "\x1b", "\x7f", "\u2028", "é", "日"])
NAMES = st.text(CHARACTERS, min_size=1, max_size=8).map(lambda text: f"n{text}n")
ANY_TIME = settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save(tmp_path / "model.pt")
    return tmp_path


def run(*arguments):
    return cli.main([str(part) for part in arguments])


def one_line_each(text):
    """Lines of a terminal: nothing in them moves the cursor or begins another line."""
    return all(unicodedata.category(each) not in ("Cc", "Zl", "Zp") for line in text.split("\n") for each in line)


@ANY_TIME
@given(st.sets(NAMES, min_size=2, max_size=3))
def test_files_of_any_name_go_from_image_to_table(place, capsys, names):
    assume(len({name.casefold() for name in names}) == len(names))
    folder = Path(str(len(list(place.iterdir()))))
    out = Path(f"{folder} out\nput")
    folder.mkdir()
    for name in names:
        tifffile.imwrite(folder / f"{name}.tif", spots(40, 50))
    (folder / "bad\nname.tif").write_text("a letter")
    assert run("predict", "model.pt", folder, "-o", out, "-q") == 1
    said = capsys.readouterr().err
    assert one_line_each(said) and "bad\\nname.tif: neither TIFF nor PNG" in said
    assert run("measure", out, "--intensity", folder, "-o", folder / "t.csv") == 0
    said = capsys.readouterr().err
    (line,) = said.splitlines()
    assert line == f"not used: 1 intensity image without a label file of the same name: {folder}/bad\\nname.tif"
    with (folder / "t.csv").open(newline="") as stream:
        files = {row["file"] for row in csv.DictReader(stream)}
    assert files == {str(out / f"{name}_labels.tif") for name in names}


def test_two_forms_of_one_accent_are_one_name_for_the_results(place, capsys):
    for form in ("NFC", "NFD"):
        tifffile.imwrite(f"{unicodedata.normalize(form, 'zellé')}.tif", spots(40, 50))
    assert run("predict", "model.pt", *sorted(place.glob("zell*")), "-o", "out") == 1
    assert "would be written to the same files; rename one" in capsys.readouterr().err
    assert not Path("out").exists()


def test_a_closed_standard_output_is_an_error(place):
    tifffile.imwrite("labels.tif", np.eye(9, dtype=np.uint16))
    for command in ("models", "info model.pt", "measure labels.tif -o -"):
        line = f"exec {sys.executable} -m unetlib {command} >&-"
        done = subprocess.run(
            ["sh", "-c", line], env=os.environ | {"PYTHONPATH": str(ROOT)}, stderr=-1, text=True, check=False
        )
        assert done.returncode == 1 and done.stderr.startswith("error: standard output is closed")
        assert len(done.stderr.splitlines()) == 1


LIBRARIES = """
import logging, warnings
from unetlib.cli_terminal import plain_terminal, say
with plain_terminal():
    say("ours")
    logging.getLogger("tifffile").error("of tifffile")
    warnings.warn("of NumPy", RuntimeWarning)
"""


@pytest.mark.parametrize("debug", ["", "1"])
def test_lines_of_other_libraries_are_shown_to_developers_alone(debug):
    environment = os.environ | {"PYTHONPATH": str(ROOT), "UNETLIB_DEBUG": debug, "PYTHONWARNINGS": "default"}
    done = subprocess.run(
        [sys.executable, "-c", LIBRARIES], env=environment, capture_output=True, text=True, check=True
    )
    theirs = [each for each in ("of tifffile", "of NumPy") if each in done.stderr]
    assert done.stderr.startswith("ours\n") and theirs == (["of tifffile", "of NumPy"] if debug else [])
