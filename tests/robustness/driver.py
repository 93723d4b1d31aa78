"""Run a study to its end through whatever happens to it, as a user does: by typing the same command again."""

import contextlib
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Self

import psutil
import yaml
from builders.project import BINARIES, copy_project

SECONDS = 3600  # without the state that is waited for; the machine may be busy
ATTEMPTS = 8
ADVICE = re.compile(
    r"error: (?P<named>[^\s:]+): .*?(?:remove (?P<advised>[^\s;]+) and run again|(?:train or copy it|predict) again)"
)
LOCKED = "cannot be locked"
SKEWED = "older modification time"  # Snakemake names the file whose time has not come yet
MEASURED = {"costs.csv", "league.csv"}  # seconds and memory differ between equal runs


def write_overlay(original: Path, path: Path, study: Mapping[str, object], **compute: object) -> Path:
    """Write the study to `path` with other settings in its sections `study` and `compute`."""
    settings = yaml.safe_load(original.read_text())
    settings["study"] |= study
    settings["compute"] |= compute
    path.write_text(yaml.safe_dump(settings))
    return path


class Stuck(RuntimeError):
    """A study that does not come to its end, or not to where a fault wants it."""


class StudyDriver:
    """Start, watch and finish a study in a copy of the project in `folder`."""

    def __init__(self, folder: Path, overlay: Path, cores: int = 2) -> None:
        self.project = copy_project(folder, str(overlay.resolve()))
        self.folder, self.cores = folder, cores
        self.name = yaml.safe_load(overlay.read_text())["study"]["name"]
        self.log = folder / "driver.log"
        self.messages: list[str] = []  # error and warning lines of all starts
        self.unlocks = self.touches = 0
        self.process: subprocess.Popen | None = None  # the Snakemake that was started last

    @property
    def results(self) -> Path:
        return self.folder / "results" / self.name

    def command(self, *arguments: str) -> list[str]:
        start = [str(BINARIES / "snakemake"), "--cores", str(self.cores), *arguments]
        return [*start, "--configfile", self.project.study]

    def start(self, *arguments: str, before: Callable[[], None] | None = None) -> subprocess.Popen:
        """Start Snakemake in a process group of its own, with its output in `log`. before: called in the child."""
        with self.log.open("wb") as stream:
            self.process = subprocess.Popen(
                self.command(*arguments),
                cwd=self.folder,
                env=self.project.environment(),
                stdout=stream,
                stderr=subprocess.STDOUT,
                process_group=0,
                preexec_fn=before,
            )
        return self.process

    @contextlib.contextmanager
    def watched(self) -> Iterator[Self]:
        """Leave no Snakemake of this study behind, whatever happens inside."""
        try:
            yield self
        finally:
            if self.process and group_lives(self.process.pid):
                kill_group(self.process)

    def text(self) -> str:
        return self.log.read_text(errors="replace")

    def progress(self) -> tuple[int, int]:
        """Return (finished, planned) jobs of the last start; (0, 0) while nothing is planned yet."""
        planned = re.search(r"^total +(\d+)", self.text(), re.M)
        done = re.findall(r"^(\d+) of \d+ steps", self.text(), re.M)
        return (int(done[-1]) if done else 0), (int(planned[1]) if planned else 0)

    def wait_for(self, process: subprocess.Popen, fraction: float, jobs: int) -> bool:
        """Wait until this fraction of the study's `jobs` is done; return False if the process ends before."""
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            done, planned = self.progress()
            if planned and jobs - planned + done >= fraction * jobs:
                return process.poll() is None
            if process.poll() is not None:
                return False
            time.sleep(0.05)
        raise Stuck(f"no {fraction:.0%} after {SECONDS} s:\n{self.text()[-2000:]}")

    def workers(self, process: subprocess.Popen) -> list[psutil.Process]:
        """Return the processes of rules' scripts that run below this Snakemake."""
        found = []
        for child in psutil.Process(process.pid).children(recursive=True):
            words = child.cmdline() if child.is_running() and child.status() != psutil.STATUS_ZOMBIE else []
            if len(words) > 1 and "python" in Path(words[0]).name and words[1].startswith("workflow/scripts/"):
                found.append(child)
        return found

    def end(self, process: subprocess.Popen) -> int:
        """Wait until the process and its whole group are gone; return its exit status."""
        status = process.wait(SECONDS)
        self.note()
        deadline = time.monotonic() + SECONDS
        while group_lives(process.pid):
            if time.monotonic() > deadline:
                raise Stuck(f"processes of the group {process.pid} do not end")
            time.sleep(0.05)
        return status

    @property
    def locked(self) -> bool:
        """True if the last start was refused because of a lock."""
        return LOCKED in self.text()

    def unlock(self, process: subprocess.Popen | None = None) -> None:
        """Run `--unlock` once the refused process is gone."""
        if process:
            self.end(process)
        self.unlocks += 1
        self.end(self.start("--unlock"))

    def touch_the_future(self) -> None:
        """Do what a person does about a clock that was ahead: find results resources -newermt now -exec touch {} +."""
        self.touches += 1
        now = time.time()
        for path in (path for name in ("results", "resources") for path in (self.folder / name).rglob("*")):
            if path.lstat().st_mtime > now:
                os.utime(path, (now, now), follow_symlinks=False)

    def note(self) -> None:
        self.messages += [line for line in self.text().splitlines() if re.match(r"\s*(error|warning): ", line)]

    def finish(self, *arguments: str) -> int:
        """Run the same command until all is done and follow the advice in errors; return the number of runs."""
        for attempt in range(1, ATTEMPTS + 1):
            if self.end(self.start(*arguments)) == 0:
                return attempt
            text = self.text()
            if self.locked:
                self.unlock()
            if SKEWED in text:
                self.touch_the_future()
            for advice in ADVICE.finditer(text):
                remove(self.folder / (advice["advised"] if advice["advised"] not in (None, "it") else advice["named"]))
        raise Stuck(f"not done after {ATTEMPTS} attempts:\n{text[-4000:]}")

    def state(self) -> dict[str, bytes]:
        """Return every table and network of the study by path, without measured seconds and memory."""
        found = [*self.results.glob("*.csv"), *self.results.glob("tables/*.csv"), *self.results.rglob("model.pt")]
        return {str(path.relative_to(self.results)): path.read_bytes() for path in found if path.name not in MEASURED}


def remove(path: Path) -> None:
    """Remove a file, or the files of a folder, if there are any."""
    for file in [path, *path.rglob("*")] if path.is_dir() else [path]:
        if file.is_file():
            file.unlink()


def group_lives(group: int) -> bool:
    """Return whether a process of the group is left that is no zombie."""
    for process in psutil.process_iter(["status"]):
        try:
            if process.info["status"] != psutil.STATUS_ZOMBIE and os.getpgid(process.pid) == group:
                return True
        except ProcessLookupError:
            continue
    return False


def kill_group(process: subprocess.Popen) -> None:
    os.killpg(process.pid, signal.SIGKILL)
