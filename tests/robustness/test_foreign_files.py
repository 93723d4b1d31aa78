"""A user's files in the folders of a study: no rule deletes what it did not write; it names what is in its way."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from unetlib.datasets.dataset import Dataset, Sample, write_dataset
from unetlib.io.fetch import FetchError, fetch
from unetlib.io.outputs import OutputError
from unetlib.training.cache import write_cache
from unetlib.training.settings import CacheSettings

ROOT = Path(__file__).parents[2]
LABELS = np.pad(np.ones((8, 8), np.uint16), 12)
SAMPLE = Sample("a", "01", 0, "g", "m", np.arange(1024, dtype=np.uint16).reshape(32, 32), LABELS)


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", ["notes.txt", "images/sub/x.tif", "labels/a.png", "mask000.tif"])
def test_a_dataset_takes_the_place_of_a_dataset_alone(tmp_path, name):
    folder = tmp_path / "data"
    write_dataset(folder, [SAMPLE])
    (folder / "dataset.json").write_text("{}")
    (folder / "images/.DS_Store").write_text("of the Finder")
    first = contents(folder)
    write_dataset(folder, [SAMPLE])
    assert contents(folder) == {key: value for key, value in first.items() if key != "dataset.json"}
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("precious")
    before = contents(folder)
    with pytest.raises(OutputError, match=f"holds {name}, which is not part of a prepared dataset") as caught:
        write_dataset(folder, [SAMPLE])
    assert contents(folder) == before and "\n" not in str(caught.value)
    (folder / name).rename(tmp_path / "moved")  # the remedy
    write_dataset(folder, [SAMPLE])


@pytest.mark.parametrize("journal", [None, "of something else"])
def test_a_cache_takes_the_place_of_a_cache_alone(tmp_path, journal):
    write_dataset(tmp_path / "data", [SAMPLE])
    folder = tmp_path / "cache"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub/thesis.txt").write_text("precious")
    if journal:
        (folder / "journal.json").write_text(journal)
    before = contents(folder)
    with pytest.raises(OutputError, match=r"holds sub/thesis\.txt, which is not part of a cache"):
        write_cache(folder, Dataset(tmp_path / "data"), ["a"], CacheSettings(), seed=0, code="c")
    assert contents(folder) == before


def test_every_wrong_archive_that_was_put_in_place_is_kept(tmp_path):
    for text in ("first", "second", "third"):
        (tmp_path / "cells.zip").write_text(text)
        with pytest.raises(FetchError, match="no source gave it"):
            fetch("cells.zip", tmp_path / "cells.zip", sha256="0" * 64)
    assert contents(tmp_path) == {
        "cells.zip.wrong": b"first",
        "cells.zip.wrong.2": b"second",
        "cells.zip.wrong.3": b"third",
    }


SCRIPT = """
import sys, time
sys.path.insert(0, "workflow/scripts")
from dataclasses import dataclass
from pathlib import Path

from script import run
from unetlib.io.files import atomic_path

@dataclass(frozen=True)
class Arguments:
    output: Path

def main(arguments):
    with atomic_path(arguments.output) as temporary:
        temporary.write_text("half")
        print("writing", flush=True)
        time.sleep(60)

run(main, Arguments, "x")
"""


@pytest.mark.usefixtures("hangup_ends")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_script_that_is_told_to_end_leaves_nothing_half_written(tmp_path, number):
    command = [sys.executable, "-c", SCRIPT, "--output", str(tmp_path / "scores.csv")]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=-1, stderr=-1, text=True) as process:
        assert process.stdout.readline() == "writing\n"
        process.send_signal(number)
        _, error = process.communicate(timeout=20)
    assert process.returncode == 128 + number and contents(tmp_path) == {}
    assert error.startswith("error: ") and error.endswith("what was not complete was not written\n")
    assert len(error.splitlines()) == 1
