"""Run a study through Slurm, disturb it there, and compare every byte with a local run: make test-slurm.

python tests/slurm/run.py [--study tests/tiny.yaml]

On a cluster of one node with two fake GPUs (cluster.py): one training is cancelled, one is stopped until its time limit
ends it, slurmd is killed and started again, the driving Snakemake is killed and started again. Exit 77: no Slurm can
be had here, and why.
"""

import argparse
import signal
import sys
import tempfile
import time
from pathlib import Path

import psutil
import yaml

HERE = Path(__file__).resolve()
TESTS = HERE.parents[1]
sys.path[:0] = [str(HERE.parent), str(TESTS / "faults"), str(TESTS), str(TESTS.parent)]

from cluster import Cluster, ClusterError, asked, cluster, obtain  # noqa: E402
from driven import SECONDS, Driven, Stuck, kill_group  # noqa: E402

UNAVAILABLE = 77
LONG = "no-border-weight"  # the experiment whose training is long enough to be met at a checkpoint
SIZES = {"mem_mb": "1500 * attempt", "runtime": "30 * attempt"}  # what a test node has


class OnSlurm(Driven):
    """A Driven study whose jobs go to Slurm, by the profile of the project with the sizes of a test node."""

    def __init__(self, folder: Path, overlay: Path) -> None:
        super().__init__(folder, overlay)
        path = folder / "profiles/slurm/config.yaml"
        profile = yaml.safe_load(path.read_text())
        profile |= {"jobs": 4, "latency-wait": 5, "slurm-init-seconds-before-status-checks": 2}
        for sizes in (profile["default-resources"], *profile["set-resources"].values()):
            sizes.update(SIZES)
        path.write_text(yaml.safe_dump(profile))

    def command(self, *arguments: str) -> list[str]:
        command = super().command(*arguments)
        at = command.index("--cores")
        return [command[0], "--workflow-profile", "profiles/slurm", *command[1:at], *command[at + 2 :]]


def until(what: str, found):
    """What `found` returns once that is true; Stuck after SECONDS."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        if value := found():
            return value
        time.sleep(0.2)
    raise Stuck(f"waited {SECONDS} s for {what}; the queue:\n{asked('squeue')}")


def jobs(word: str = "") -> list[str]:
    """The ids of running jobs whose comment, which is rule and wildcards, has the word."""
    lines = asked("squeue", "--noheader", "--states=R", "--format=%i|%k").splitlines()
    return [line.split("|")[0] for line in lines if word in line.split("|", 1)[-1]]


def training_of(study: Driven, experiment: str) -> psutil.Process | None:
    """The training of this experiment that runs in the study's folder and has a checkpoint."""
    if not list(study.results.glob(f"runs/{experiment}/*/*/checkpoint-*.pt")):
        return None
    for process in psutil.process_iter(["cmdline", "cwd"]):
        words = process.info["cmdline"] or []
        ours = process.info["cwd"] == str(study.folder) and "workflow/scripts/train.py" in words
        if ours and any(f"/runs/{experiment}/" in word for word in words):
            return process
    return None


def disturbed(study: OnSlurm, slurm: Cluster) -> None:
    """One run through all that can happen, to its end."""
    process = study.start()
    cancelled = until("a training to cancel", lambda: jobs("train"))[0]
    asked("scancel", cancelled)
    say(f"job {cancelled} cancelled")
    until("the cancelled job to be noticed", lambda: cancelled in study.text() and "Trying to restart" in study.text())
    say("and noticed")
    worker = until("a checkpoint", lambda: training_of(study, LONG))
    worker.send_signal(signal.SIGSTOP)
    stopped = until("its job", lambda: jobs(LONG))[0]
    asked("scontrol", "update", f"JobId={stopped}", "TimeLimit=1")
    say(f"job {stopped} stands still and has a minute")
    until("its time limit", lambda: stopped not in jobs())
    slurm.kill("slurmd")
    time.sleep(2)
    slurm.start_slurmd()
    say("slurmd killed and started again")
    done = study.progress()[0]
    until("two more jobs", lambda: study.progress()[0] >= done + 2 or process.poll() is not None)
    kill_group(process)
    study.end(process)
    say("Snakemake killed; its jobs run on")
    until("the orphans' end", lambda: not asked("squeue", "--noheader").strip())
    say(f"typed {study.finish()} × more")
    logs = "".join(path.read_text() for path in study.folder.glob(f"logs/*/train/{LONG}/**/*.log"))
    if "resumed" not in logs:
        raise Stuck("the training that met its time limit did not go on from its checkpoint")


def say(line: str) -> None:
    print(line, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", type=Path, default=TESTS / "tiny.yaml")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as root:
        chosen = yaml.safe_load(given.study.read_text())
        chosen["compute"]["device"] = "auto"  # the rules then ask for a GPU; without a real one torch takes the CPU
        long = {"updates": 400, "evaluate_every": 200, "checkpoint_every": 4}
        chosen["experiments"] = chosen.get("experiments", {}) | {LONG: {"training": long}}
        overlay = Path(root, "study.yaml")
        overlay.write_text(yaml.safe_dump(chosen))
        try:
            obtain()
            with cluster(Path(root, "slurm")) as slurm:
                say("Slurm is up")
                study = OnSlurm(Path(root, "on-slurm"), overlay)
                disturbed(study, slurm)
        except ClusterError as error:
            say(f"skipped: {error}")
            sys.exit(UNAVAILABLE)
        local = Driven(Path(root, "local"), overlay)
        local.finish()
        expected, found = local.state(), study.state()
    other = sorted(path for path in expected.keys() | found.keys() if expected.get(path) != found.get(path))
    say(f"{len(expected)} tables and networks; other than in a local run: {', '.join(other) or 'none'}")
    sys.exit(bool(other))


if __name__ == "__main__":
    main()
