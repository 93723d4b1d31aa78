"""Faults to inject into a study: kills, full disks, wrong clocks and damaged files.

A fault takes a study's driver, its number of jobs and a random generator, strikes, finishes the study and returns how
often it struck. Those in WHILE_RUNNING start the study themselves; those in AFTERWARDS get a finished one.
"""

import contextlib
import os
import random
import resource
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from driver import LOCKED, Stuck, StudyDriver, kill_group, remove

DAY = 86400
Fault = Callable[[StudyDriver, int, random.Random], int]


def strike_at_random(study: StudyDriver, jobs: int, chance: random.Random, count: int, strike: Callable) -> int:
    """Strike at `count` random moments of the DAG, running the same command after each, then finish the study."""
    strikes = 0
    for fraction in sorted(chance.uniform(0, 0.95) for _ in range(count)):
        process = study.start()
        reached = study.wait_for(process, fraction, jobs)
        if not reached and study.locked:
            study.unlock(process)
            process = study.start()
            reached = study.wait_for(process, fraction, jobs)
        if reached:
            time.sleep(chance.uniform(0, 0.5))
            strikes += strike(process) is not False
        study.end(process)
    study.finish()
    return strikes


def kills(count: int) -> Fault:
    """Return the fault that sends SIGKILL to Snakemake and all its jobs, `count` times."""
    return lambda study, jobs, chance: strike_at_random(study, jobs, chance, count, kill_group)


def terminate(study: StudyDriver, jobs: int, chance: random.Random) -> int:
    return strike_at_random(study, jobs, chance, 1, lambda process: process.terminate())


def interrupt(study: StudyDriver, jobs: int, chance: random.Random) -> int:
    return strike_at_random(study, jobs, chance, 1, lambda process: os.killpg(process.pid, signal.SIGINT))


def kill_a_worker(study: StudyDriver, jobs: int, chance: random.Random) -> int:
    """Send one worker the SIGKILL that the kernel sends when memory runs out."""

    def strike(process: subprocess.Popen) -> bool:
        for _ in range(2000):
            if workers := study.workers(process):
                chance.choice(workers).kill()
                return True
            time.sleep(0.01)
        return False

    return strike_at_random(study, jobs, chance, 1, strike)


def start_a_second(study: StudyDriver, jobs: int, chance: random.Random) -> int:
    """Start a second Snakemake while the first runs: it must be refused, and the first must end as if alone."""
    first = study.start()
    if not study.wait_for(first, chance.uniform(0.1, 0.5), jobs):
        raise Stuck("the first Snakemake ended early")
    second = subprocess.run(
        study.command(), cwd=study.folder, env=study.project.environment(), capture_output=True, text=True
    )
    refused = second.returncode != 0 and LOCKED in second.stdout + second.stderr
    if study.end(first) != 0 or not refused:
        raise Stuck(f"the second Snakemake was not refused:\n{(second.stdout + second.stderr)[-1000:]}")
    study.messages.append("warning: the second was refused: directory cannot be locked")
    return 1


@contextlib.contextmanager
def small_disk(folder: Path, megabytes: float) -> Iterator[bool]:
    """Mount a file system of this size at the folder; yield whether that worked."""
    folder.mkdir(parents=True, exist_ok=True)
    options = f"size={int(megabytes * 1024)}k"
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], capture_output=True)
    try:
        yield mounted.returncode == 0
    finally:
        if mounted.returncode == 0:
            subprocess.run(["umount", str(folder)], check=True)


def remount(folder: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", str(folder)], check=True)


def fill_the_disk(study: StudyDriver, jobs: int, chance: random.Random) -> int:
    """Let the results' disk be full after 0.2 to 1 MB, then free it; limit file sizes where none can be mounted."""
    with small_disk(study.results, megabytes=chance.uniform(0.2, 1)) as mounted:
        limit = (20_000, resource.RLIM_INFINITY)
        before = None if mounted else lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        if study.end(study.start(before=before)) == 0:
            raise Stuck("the disk was large enough")
        if mounted:
            remount(study.results, "size=1g")
        study.finish()
        kept = study.state()
    restore(study.results, kept)
    return 1


def make_read_only(study: StudyDriver, jobs: int, chance: random.Random) -> int:
    """Make the results read-only at a random moment; root is refused by a mounted file system alone."""
    with small_disk(study.results, megabytes=1000) as mounted:
        if not mounted and os.getuid() == 0:
            return 0
        process = study.start()
        if study.wait_for(process, chance.uniform(0.3, 0.8), jobs):
            lock(study.results, mounted)
        if study.end(process) == 0:
            raise Stuck("nothing was written after the results became read-only")
        remount(study.results, "rw") if mounted else chmod(study.results, 0o755)
        study.finish()
        kept = study.state()
    restore(study.results, kept)
    return 1


def lock(folder: Path, mounted: bool) -> None:
    for _ in range(1000):  # busy while a file is being written
        if not mounted:
            return chmod(folder, 0o555)
        with contextlib.suppress(subprocess.CalledProcessError):
            return remount(folder, "ro")
        time.sleep(0.01)
    raise Stuck("the results are never still")


def chmod(folder: Path, mode: int) -> None:
    for path in [folder, *(path for path in folder.rglob("*") if path.is_dir())]:
        path.chmod(mode)


def restore(folder: Path, state: dict[str, bytes]) -> None:
    for name, data in state.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


def jump_the_clock(study: StudyDriver, jobs: int, chance: random.Random) -> int:
    """Give every file of the study a time up to ten years in the past or future."""
    for folder in ("results", "resources"):
        for path in sorted((study.folder / folder).rglob("*")):
            when = time.time() + chance.uniform(-3650, 3650) * DAY
            os.utime(path, (when, when), follow_symlinks=False)
    study.finish()
    return 1


def damage_a_file(pattern: str, damage: Callable[[Path, random.Random], None], rule: str, warning: str = "") -> Fault:
    """Return the fault that damages a file of the pattern and runs `rule` again; Stuck if no log has the `warning`."""

    def fault(study: StudyDriver, jobs: int, chance: random.Random) -> int:
        damage(chance.choice(sorted(study.folder.glob(pattern))), chance)
        study.finish("--forcerun", rule)
        logs = sorted((study.folder / "logs" / study.name / rule).rglob("*.log"))
        lines = [line for path in logs for line in path.read_text().splitlines() if warning and warning in line]
        if warning and not lines:
            raise Stuck(f"no log of {rule} says that something {warning}")
        study.messages += lines
        return 1

    return fault


def flip(path: Path, chance: random.Random) -> None:
    data = bytearray(path.read_bytes())
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    path.write_bytes(data)


def cut(path: Path, chance: random.Random) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def delete(path: Path, chance: random.Random) -> None:
    path.unlink()


def cut_a_checkpoint(study: StudyDriver, jobs: int, chance: random.Random) -> int:
    """Kill a training after a checkpoint and cut that in half: it must start again and end in the same bytes."""
    model = chance.choice(sorted(study.results.glob("runs/*/*/*/model.pt")))
    for file in ("model.pt", "history.csv", "facts.json"):
        remove(model.with_name(file))
    target = str(model.relative_to(study.folder))
    process = study.start(target)
    while process.poll() is None and not list(model.parent.glob("checkpoint-*.pt")):
        time.sleep(0.001)
    kill_group(process)
    study.end(process)
    checkpoints = list(model.parent.glob("checkpoint-*.pt"))
    for path in checkpoints:
        cut(path, chance)
    study.finish(target)
    logs = (study.folder / "logs" / study.name / "train" / model.parent.relative_to(study.results / "runs")).parent
    lines = [line for path in sorted(logs.glob("*.log")) for line in path.read_text().splitlines()]
    warnings = [line for line in lines if UNUSABLE in line]
    study.messages += warnings
    if checkpoints and not warnings:
        raise Stuck("the training does not say that its checkpoint was not usable")
    study.finish()
    return len(checkpoints)


UNUSABLE = "checkpoint not usable"  # as the log of a training says it
REPAIRED = "was not what its checksum says, and was made again"
CACHED = "resources/*/caches/*/*/*/*/*.npy"
WHILE_RUNNING: dict[str, Fault] = {
    "SIGTERM to Snakemake": terminate,
    "Ctrl-C (SIGINT to all)": interrupt,
    "a worker out of memory": kill_a_worker,
    "two Snakemakes at once": start_a_second,
    "full disk": fill_the_disk,
    "results become read-only": make_read_only,
}
AFTERWARDS: dict[str, Fault] = {
    "clock jumps of ± 10 years": jump_the_clock,
    "a byte of a cache flipped": damage_a_file(CACHED, flip, "train", REPAIRED),
    "a cached array deleted": damage_a_file(CACHED, delete, "train", REPAIRED),
    "a prediction deleted": damage_a_file("results/*/predictions/*/*/*.npz", delete, "score"),
    "a prediction cut in half": damage_a_file("results/*/predictions/*/*/*.npz", cut, "score"),
    "a network cut in half": damage_a_file("results/*/runs/*/*/*/model.pt", cut, "predict"),
    "a checkpoint cut in half": cut_a_checkpoint,
}
