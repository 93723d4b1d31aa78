"""Run a study through Slurm with faults on the way, and compare every byte with a local run: make test-slurm.

python tests/slurm/run.py [--study tests/builders/tiny.yaml] [--write docs/reliability.md]

On a cluster of one node with two fake GPUs (cluster.py): one training is cancelled, one stands still until its time
limit ends it, slurmd is killed and started again, the driving Snakemake is killed and started again. That each of it
happened is asked of Slurm, of what Snakemake says and of the training's log. Exit 77: no Slurm can be had here, and
why.
"""

import argparse
import re
import signal
import sys
import tempfile
import time
from pathlib import Path

import psutil
import yaml

HERE = Path(__file__).resolve()
TESTS = HERE.parents[1]
sys.path[:0] = [str(HERE.parent), str(TESTS / "robustness"), str(TESTS), str(TESTS.parent)]

from cluster import Cluster, ClusterError, asked, cluster, obtain  # noqa: E402
from driver import Stuck, StudyDriver, kill_group, write_overlay  # noqa: E402

from tools.marked_sections import write_section  # noqa: E402

UNAVAILABLE = 77
WAIT_SECONDS = 900  # for one event; the machine may be busy
LIMIT_SECONDS = 3000  # for all of it
SHORT = "rule_train_wildcards_reference"  # a training that is cancelled
LONG = "no-border-weight"  # the experiment whose training is long enough to be met at a checkpoint
# What asks for every rule of GPU nodes, also those of a tool that is trained.
PART = {"experiments": ["reference", LONG, "multi-dataset", "tta"], "tools": ["fitted-watershed"]}
SIZES = {"mem_mb": "1500 * attempt", "runtime": "30 * attempt"}  # what a test node has


class SlurmDriver(StudyDriver):
    """The driver of a study whose jobs go to Slurm, by the project's profile with the sizes of a test node."""

    def __init__(self, folder: Path, overlay: Path) -> None:
        super().__init__(folder, overlay)
        path = folder / "profiles/slurm/config.yaml"
        profile = yaml.safe_load(path.read_text())
        profile |= {"jobs": 8, "latency-wait": 5, "slurm-init-seconds-before-status-checks": 2}
        for sizes in (profile["default-resources"], *profile["set-resources"].values()):
            sizes.update(SIZES)
        path.write_text(yaml.safe_dump(profile))

    def command(self, *arguments: str) -> list[str]:
        command = super().command(*arguments)
        at = command.index("--cores")
        return [command[0], "--workflow-profile", "profiles/slurm", *command[1:at], *command[at + 2 :]]


def until(what: str, found):
    """What `found` returns once that is true; Stuck after WAIT_SECONDS."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        if value := found():
            return value
        time.sleep(0.2)
    raise Stuck(f"waited {WAIT_SECONDS} s for {what}; the queue:\n{asked('squeue')}")


def jobs(word: str = "") -> list[str]:
    """The ids of running jobs whose comment, which is rule and wildcards, has the word."""
    lines = asked("squeue", "--noheader", "--states=R", "--format=%i|%k").splitlines()
    return [line.split("|")[0] for line in lines if word in line.split("|", 1)[-1]]


def ended(job: str) -> str:
    """How Slurm says that a job ended: CANCELLED, TIMEOUT, …"""
    return asked("squeue", "--noheader", "--states=all", f"--jobs={job}", "--format=%T").strip()


def training_of(study: StudyDriver, experiment: str) -> tuple[psutil.Process, Path] | None:
    """A training of this experiment that runs in the study's folder and has a checkpoint; its network's folder."""
    for process in psutil.process_iter(["cmdline", "cwd"]):
        words = process.info["cmdline"] or []
        if process.info["cwd"] != str(study.folder) or "workflow/scripts/train.py" not in words:
            continue
        for word in words:
            run = study.folder / Path(word).parent
            if f"/runs/{experiment}/" in word and word.endswith("model.pt") and list(run.glob("checkpoint-*.pt")):
                return process, run
    return None


def noticed(study: StudyDriver, job: str, state: str) -> bool:
    """Whether Snakemake has said that this job ended so, and that it tries again."""
    said = re.search(rf"SLURM-job '{job}' failed, SLURM status is: '{state}'.*", study.text(), re.S)
    return bool(said and "Trying to restart" in said[0])


def resumed(study: StudyDriver, run: Path) -> bool:
    """Whether the log of this network's training says that it goes on from a checkpoint."""
    logs = (study.folder / "logs" / study.name / "train" / run.relative_to(study.results / "runs")).parent.glob("*.log")
    return any("resumed" in path.read_text() for path in logs)


def inject_faults(study: SlurmDriver, slurm: Cluster) -> list[tuple[str, str]]:
    """One run through all that can happen, to its end; (what was done, what came of it). Stuck where it did not."""
    process, events, began = study.start(), [], time.monotonic()

    def done(what: str, then: str) -> None:
        say(f"{time.monotonic() - began:4.0f} s: {what}; {then}")
        events.append((what, then))

    cancelled = until("a training to cancel", lambda: jobs(SHORT))[0]
    asked("scancel", cancelled)
    until("the cancelled job to be noticed", lambda: noticed(study, cancelled, "CANCELLED"))
    done("a training cancelled (scancel)", f"Slurm says {ended(cancelled)}, Snakemake noticed, submitted again")

    worker, run = until("a checkpoint", lambda: training_of(study, LONG))
    worker.send_signal(signal.SIGSTOP)
    stopped = worker.environ()["SLURM_JOB_ID"]
    asked("scontrol", "update", f"JobId={stopped}", "TimeLimit=1")
    until("its time limit", lambda: ended(stopped) == "TIMEOUT")
    until("the time limit to be noticed", lambda: noticed(study, stopped, "TIMEOUT"))
    until("it to go on from its checkpoint", lambda: resumed(study, run))
    done(
        "a training that stands still until its time limit",
        "Slurm says TIMEOUT, Snakemake noticed, went on from its checkpoint",
    )

    met = until("a job that meets the end of slurmd", jobs)
    before = slurm.started()
    slurm.kill("slurmd")
    time.sleep(2)
    slurm.start_slurmd()
    until("slurmd to be another", lambda: slurm.started() != before)
    done("slurmd killed (SIGKILL) and started again", f"{len(met)} jobs were running then")

    finished = study.progress()[0]
    until("two more jobs", lambda: study.progress()[0] >= finished + 2)
    orphans = until("a job that becomes an orphan", jobs)
    kill_group(process)
    if study.end(process) != -signal.SIGKILL:
        raise Stuck("Snakemake had ended before it was killed")
    until("the orphans' end", lambda: not asked("squeue", "--noheader").strip())
    typed = study.finish()
    done(
        "Snakemake killed (SIGKILL)", f"{len(orphans)} jobs ran on; `--unlock` {study.unlocks} ×, then typed {typed} ×"
    )
    return events


def say(line: str) -> None:
    print(line, flush=True)


def stop(number, frame):
    """Of SIGTERM and of the alarm: what was started is then taken down."""
    raise Stuck(f"ended by {signal.Signals(number).name}; the queue:\n{asked('squeue')}")


def overlay_of(study: Path, path: Path) -> Path:
    """The study as it is run here: rules ask for a GPU (without a real one torch takes the CPU), in few, fat jobs."""
    settings = yaml.safe_load(write_overlay(study, path, PART, device="auto", pack_jobs=True).read_text())
    long = {"updates": 400, "evaluate_every": 4}
    settings["experiments"] = settings.get("experiments", {}) | {LONG: {"training": long}}
    path.write_text(yaml.safe_dump(settings))
    return path


def lines_of(events: list[tuple[str, str]], compared: int, other: list[str]) -> list[str]:
    """What is written into the page: one row per event."""
    slurm = asked("slurmctld", "-V").strip().replace("slurm-wlm", "Slurm")
    said = f"`make test-slurm` ({slurm}): {compared} tables and networks, other than in a local run: "
    rows = [f"| {what} | {then} |" for what, then in events]
    return [said + (", ".join(other) or "none") + ".\n", "| done on purpose | what followed |", "|---|---|", *rows]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", type=Path, default=TESTS / "builders/tiny.yaml")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="replace the table in this page")
    given = parser.parse_args()
    signal.signal(signal.SIGALRM, stop)
    signal.signal(signal.SIGTERM, stop)
    signal.alarm(LIMIT_SECONDS)
    with tempfile.TemporaryDirectory() as root:
        overlay = overlay_of(given.study, Path(root, "study.yaml"))
        try:
            obtain()
            with cluster(Path(root, "slurm")) as slurm:
                say("Slurm is up")
                with SlurmDriver(Path(root, "on-slurm"), overlay).watched() as study:
                    events = inject_faults(study, slurm)
        except ClusterError as error:
            say(f"skipped: {error}")
            sys.exit(UNAVAILABLE)
        with StudyDriver(Path(root, "local"), overlay).watched() as local:
            local.finish()
        expected, found = local.state(), study.state()
    other = sorted(path for path in expected.keys() | found.keys() if expected.get(path) != found.get(path))
    lines = lines_of(events, len(expected), other)
    say("\n".join(lines))
    if given.write:
        write_section(given.write, "slurm", "tests/slurm/run.py", lines)
    sys.exit(bool(other))


if __name__ == "__main__":
    main()
