"""A program that is told to end clears away what it was writing, whichever signal tells it, and says so by its code."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from unetlib.io.interruption import Stopped, signals_raise

ROOT = Path(__file__).parents[2]
WRITER = """
import sys, time
from pathlib import Path
from unetlib.io.files import atomic_folder, atomic_path, atomic_paths
from unetlib.io.interruption import signals_raise
with signals_raise():
    trio = atomic_paths([Path("one"), Path("two")])
    with atomic_path("file") as file, trio as files, atomic_folder("folder", "a") as folder:
        for path in (file, *files, folder / "a"):
            path.write_text("half")
        print("writing", flush=True)
        time.sleep(60)
"""


@pytest.mark.usefixtures("hangup_ends")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_what_was_being_written_is_cleared_away_and_the_old_stays(tmp_path, number):
    (tmp_path / "folder").mkdir()
    for name in ("file", "one", "folder/a"):
        (tmp_path / name).write_text("old")
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", WRITER]
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=-1, stderr=-1, text=True) as process:
        assert process.stdout.readline() == "writing\n"
        assert sum(path.name.startswith(".tmp-") for path in tmp_path.rglob("*")) == 4
        process.send_signal(number)
        process.send_signal(number)  # impatience changes nothing
        process.communicate(timeout=20)
    assert process.returncode == (-signal.SIGINT if number == signal.SIGINT else 128 + number)
    found = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")}
    assert found == {"file", "one", "folder", "folder/a"}
    assert all((tmp_path / name).read_text() == "old" for name in ("file", "one", "folder/a"))


@pytest.mark.usefixtures("hangup_ends")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_raises_once_and_handlers_are_put_back(number):
    before = signal.getsignal(number)
    with pytest.raises(Stopped) as caught, signals_raise():
        try:
            os.kill(os.getpid(), number)
            time.sleep(5)
        finally:
            os.kill(os.getpid(), number)  # while clearing up: not heard
    assert (caught.value.code, caught.value.signal) == (128 + number, signal.Signals(number).name)
    assert signal.getsignal(number) is before


def test_what_is_ignored_or_handled_by_others_is_left_alone():
    """As under nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with signals_raise():
            os.kill(os.getpid(), signal.SIGHUP)
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_outside_the_main_thread_nothing_is_set():
    done = []

    def work():
        with signals_raise():
            done.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [signal.getsignal(signal.SIGTERM)]
