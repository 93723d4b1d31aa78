"""Processor time and memory include children, and nothing outlives a limit."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from unetlib.trained_tools.measured_process import PROCESSOR, WALL, Limits, run_measured

BUSY = "import time\nwhile time.process_time() < {}: pass\n"
CHILD = "import subprocess, sys\nsubprocess.run([sys.executable, '-c', {!r}])\n"


def measured(source: str, tmp_path: Path, **limits: float):
    where = {"variables": os.environ, "folder": tmp_path, "log": tmp_path / "log.txt"}
    return run_measured([sys.executable, "-c", source], limits=Limits(**limits), **where)


@pytest.mark.parametrize("source", [BUSY.format(1.0), CHILD.format(BUSY.format(1.0))], ids=["own", "child"])
def test_processor_seconds_are_counted(source: str, tmp_path: Path) -> None:
    found = measured(source, tmp_path)
    assert found.code == 0 and not found.exceeded and 1.0 <= found.processor_seconds < 2.5


def test_a_program_that_sleeps_uses_the_wall_alone(tmp_path: Path) -> None:
    found = measured("import time; time.sleep(1)", tmp_path)
    assert found.wall_seconds >= 1 and found.processor_seconds < 0.5


@pytest.mark.parametrize("source", [BUSY.format(60), CHILD.format(BUSY.format(60))], ids=["own", "child"])
def test_a_program_over_its_processor_limit_is_stopped(source: str, tmp_path: Path) -> None:
    found = measured(source, tmp_path, processor_seconds=1.0)
    assert found.exceeded == PROCESSOR and 1.0 < found.processor_seconds < 4.5 and found.code


def test_a_program_over_its_wall_limit_is_stopped_with_all_its_children(tmp_path: Path) -> None:
    source = "import subprocess, sys, time\nchild = subprocess.Popen(['sleep', '600'])\n"
    source += "print(child.pid, flush=True)\ntime.sleep(600)\n"
    found = measured(source, tmp_path, wall_seconds=1.0)
    assert found.exceeded == WALL and found.wall_seconds < 20
    assert gone(int((tmp_path / "log.txt").read_text()))


def test_what_a_program_leaves_running_is_ended(tmp_path: Path) -> None:
    source = "import subprocess\nprint(subprocess.Popen(['sleep', '600']).pid, flush=True)\n"
    assert measured(source, tmp_path).code == 0
    assert gone(int((tmp_path / "log.txt").read_text()))


def gone(process: int) -> bool:
    """Return whether a process has ended within a few seconds; one that nobody waits for counts as ended."""
    for _ in range(50):
        state = subprocess.run(["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True).stdout
        if not state.strip() or state.startswith("Z"):
            return True
        time.sleep(0.1)
    return False


def test_memory_is_that_of_the_largest_moment(tmp_path: Path) -> None:
    found = measured("import time; a = bytearray(200 * 2**20); time.sleep(1)", tmp_path)
    assert 200 * 2**20 < found.peak_memory_bytes < 400 * 2**20


def test_the_output_and_the_exit_code_are_kept(tmp_path: Path) -> None:
    found = measured("import sys; print('a'); print('b', file=sys.stderr); sys.exit(3)", tmp_path)
    assert found.code == 3 and (tmp_path / "log.txt").read_text().split() == ["a", "b"]


def test_a_program_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        run_measured(["./no-such-program"], variables={}, folder=tmp_path, log=tmp_path / "l", limits=Limits())
