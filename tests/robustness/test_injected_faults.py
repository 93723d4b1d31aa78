"""The driver and the faults: when they strike, how a study recovers, what is compared; mostly without Snakemake."""

import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

HERE = Path(__file__).parents[1]
ROOT = HERE.parent
sys.path.insert(0, str(HERE / "robustness"))

import inject_faults  # noqa: E402
from driver import ADVICE, ATTEMPTS, Stuck, StudyDriver, kill_group, write_overlay  # noqa: E402
from faults import REPAIRED, UNUSABLE, kills  # noqa: E402
from inject_faults import FaultResult, reference_run, short, table, try_fault  # noqa: E402

STEPS = "echo 'total 4'; for i in 1 2 3 4; do sleep 0.2; echo \"$i of 4 steps (x%) done\"; done"


class ShellDriver(StudyDriver):
    """A driver that runs a shell script in the place of Snakemake; $1 is the first argument, if there is one."""

    def __init__(self, folder, script):
        folder.mkdir(exist_ok=True)
        self.folder, self.script, self.name = folder, script, "s"
        self.log, self.messages, self.unlocks, self.touches = folder / "driver.log", [], 0, 0
        self.project = type("Nothing", (), {"environment": lambda _: None})()

    def command(self, *arguments):
        return ["bash", "-c", self.script, "snakemake", *arguments]


@pytest.fixture
def shell_driver(tmp_path):
    return lambda script: ShellDriver(tmp_path / "study", script)


@pytest.mark.parametrize(("fraction", "done"), [(0.5, 2), (0.75, 3)])
def test_a_moment_is_counted_in_finished_jobs(shell_driver, fraction, done):
    study = shell_driver(STEPS)
    process = study.start()
    assert study.wait_for(process, fraction, jobs=4)
    assert study.progress() == (done, 4)
    kill_group(process)
    assert study.end(process) == -signal.SIGKILL


def test_jobs_of_earlier_starts_count_too(shell_driver):
    study = shell_driver("echo 'total 2'; sleep 5")
    process = study.start()
    assert study.wait_for(process, 0.5, jobs=4) and study.progress() == (0, 2)
    kill_group(process)
    study.end(process)


def test_a_study_that_ends_before_its_moment_is_not_struck(shell_driver):
    study = shell_driver("echo 'total 4'; echo '1 of 4 steps (25%) done'")
    assert not study.wait_for(study.start(), 0.9, jobs=4)


def test_a_kill_takes_the_jobs_below_along(shell_driver):
    study = shell_driver("echo 'total 1'; (sleep 30; touch survived) & sleep 30")
    process = study.start()
    study.wait_for(process, 0, jobs=1)
    kill_group(process)
    began = time.monotonic()
    assert study.end(process) == -signal.SIGKILL
    assert time.monotonic() - began < 20 and not (study.folder / "survived").exists()


def test_a_lock_that_is_left_is_taken_away_once(shell_driver):
    study = shell_driver(
        'if [ "$1" = --unlock ]; then touch free; elif [ ! -e free ]; then echo cannot be locked; exit 1; fi'
    )
    assert study.finish() == 2 and study.unlocks == 1


def test_files_of_the_future_are_touched_and_no_others(shell_driver):
    study = shell_driver("if [ results/ahead -nt now ]; then echo an older modification time than input; exit 1; fi")
    (study.folder / "results").mkdir()
    now = time.time()
    for name, when in (("results/ahead", now + 1e8), ("results/behind", now - 1e8), ("now", now + 60)):
        (study.folder / name).touch()
        os.utime(study.folder / name, (when, when))
    study.script = f"cd {study.folder}; {study.script}"
    assert study.finish() == 2 and study.touches == 1
    assert (study.folder / "results/behind").stat().st_mtime == pytest.approx(now - 1e8)
    row = FaultResult("clock", 1, compared=3, touches=1)
    assert "| clock | 1 | same command, files dated in the future touched 1 × | 3 | nothing |" in table([row])


def test_every_strike_falls_though_each_leaves_a_lock(shell_driver):
    locks = 'if [ "$1" = --unlock ]; then rm -f lock; exit; elif [ -e lock ]; then echo cannot be locked; exit 1; fi;'
    study = shell_driver(f"{locks} touch lock; {STEPS}; sleep 1; rm lock")
    assert kills(3)(study, 4, random.Random(0)) == 3 and study.unlocks == 3


@pytest.mark.parametrize(
    "line",
    [
        "error: bad/x.npz: its planes are not whole; remove it and run again",
        "error: bad/x.npz: not a readable model file (cut); train or copy it again",
        "error: bad/x.npz: not a file of predictions (cut); predict again",
        "error: other.csv: does not fit; remove bad/x.npz and run again",
    ],
)
def test_the_file_that_an_error_names_is_removed(shell_driver, line):
    study = shell_driver(f'if [ -e bad/x.npz ]; then echo "{line}"; exit 1; fi')
    for name in ("bad/x.npz", "other.csv"):
        (study.folder / name).parent.mkdir(exist_ok=True)
        (study.folder / name).write_text("x")
    assert study.finish() == 2 and study.messages == [line]
    assert not (study.folder / "bad/x.npz").exists() and (study.folder / "other.csv").exists()


def test_what_fails_without_advice_is_stuck(shell_driver):
    with pytest.raises(Stuck, match=f"not done after {ATTEMPTS} attempts"):
        shell_driver("echo 'error: x: no'; exit 1").finish()
    assert not ADVICE.search("error: x: no")


def test_tables_and_networks_are_compared_and_seconds_are_not(shell_driver):
    study = shell_driver("")
    for name in (
        "scores.csv",
        "tables/comparison.csv",
        "tables/costs.csv",
        "runs/a/b/c/model.pt",
        "runs/a/b/c/history.csv",
    ):
        path = study.results / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    assert set(study.state()) == {"scores.csv", "tables/comparison.csv", "runs/a/b/c/model.pt"}


def test_a_row_says_what_was_lost():
    lines = table(
        [
            FaultResult("SIGKILL", 3, unlocks=2, compared=9),
            FaultResult("cut", 1, messages=["error: a/b.npz: bad"], lost=["x.csv", "y"]),
        ]
    )
    assert lines[2] == "| SIGKILL | 3 | same command, `--unlock` 2 × | 9 | nothing |"
    assert lines[3] == "| cut | 1 | same command; message: error: b.npz: bad | 0 | 2: x.csv |"
    assert table([FaultResult("full", 0)])[2].endswith("| not tried |")
    assert short("a/b c|d") == "b c/d"


def test_the_warnings_that_a_fault_waits_for_are_those_of_the_code():
    code = "".join(path.read_text() for part in ("unetlib", "workflow") for path in (ROOT / part).rglob("*.py"))
    assert REPAIRED in code and UNUSABLE in code


def test_the_program_writes_the_table_of_the_chosen_faults(monkeypatch, tmp_path):
    page = tmp_path / "page.md"
    page.write_text(f"<!-- faults: written by {inject_faults.SCRIPT} -->\n<!-- end of faults -->\n")
    monkeypatch.setattr(inject_faults, "reference_run", lambda folder, overlay: (None, 4))

    def pretend(name, fault, reference, jobs, folder, seed, finished):
        folder.mkdir()
        return FaultResult(name, 1, compared=jobs, lost=["x.csv"] * finished)

    monkeypatch.setattr(inject_faults, "try_fault", pretend)
    for word, lost in (("SIGTERM", 0), ("checkpoint", 1)):
        monkeypatch.setattr("sys.argv", ["inject_faults", "--only", word, "--write", str(page)])
        with pytest.raises(SystemExit) as ended:
            inject_faults.main()
        assert ended.value.code == lost
    assert [line.split("|")[1].strip() for line in page.read_text().splitlines() if line.startswith("| ")][1:] == [
        "a checkpoint cut in half",
        "SIGTERM to Snakemake",
    ]


def test_where_no_slurm_can_be_had_the_slurm_test_says_why_and_is_skipped(tmp_path):
    """No programs at all on the path: neither Slurm nor apt-get, whoever runs it."""
    command = [sys.executable, str(HERE / "slurm/run.py")]
    done = subprocess.run(command, env={"PATH": str(tmp_path)}, capture_output=True, text=True, timeout=300)
    assert done.returncode == 77, done.stderr
    assert re.fullmatch(r"skipped: (.* needs root: .*|munge, .* are missing and there is no apt-get .*)\n", done.stdout)
    assert "[ $$status = 77 ] || exit $$status" in (ROOT / "Makefile").read_text()


def test_the_tiny_study_is_one_that_can_be_driven():
    assert yaml.safe_load((HERE / "builders/tiny.yaml").read_text())["study"]["name"] == "tiny"


@pytest.mark.pipeline
def test_a_study_killed_three_times_ends_in_the_same_bytes(tmp_path):
    """The short form of `python tests/robustness/inject_faults.py --kills 20`."""
    few = {"datasets": ["membranes"], "experiments": ["reference", "no-border-weight"], "external_tools": []}
    few["protocols"] = []
    overlay = write_overlay(HERE / "builders/tiny.yaml", tmp_path / "study.yaml", few, pack_jobs=True)
    reference, jobs = reference_run(tmp_path / "reference", overlay)
    row = try_fault("SIGKILL", kills(3), reference, jobs, tmp_path / "killed", seed=0, finished=False)
    assert 2 <= row.strikes <= 3 and 1 <= row.unlocks <= 3, "a busy machine may end the study before the third kill"
    assert row.compared >= 8 and row.lost == []
