"""The faults: each takes a Driven study, the jobs it has, and a generator; disturbs it and drives it to its end.

A fault returns how often it struck. FROM_NOTHING strike while the study runs; AFTERWARDS get a finished study.
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

from driver import LOCKED, Driven, Stuck, kill_group, remove

DAY = 86400
Fault = Callable[[Driven, int, random.Random], int]


def struck(study: Driven, jobs: int, chance: random.Random, count: int, strike: Callable) -> int:
    """Strikes at `count` random moments over the DAG, the same command again after each, then once to the end."""
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
    """SIGKILL to Snakemake and all its jobs, `count` times."""
    return lambda study, jobs, chance: struck(study, jobs, chance, count, kill_group)


def terminated(study: Driven, jobs: int, chance: random.Random) -> int:
    return struck(study, jobs, chance, 1, lambda process: process.terminate())


def interrupted(study: Driven, jobs: int, chance: random.Random) -> int:
    return struck(study, jobs, chance, 1, lambda process: os.killpg(process.pid, signal.SIGINT))


def out_of_memory(study: Driven, jobs: int, chance: random.Random) -> int:
    """A worker gets the SIGKILL that the kernel sends when memory is out."""

    def strike(process: subprocess.Popen) -> bool:
        for _ in range(2000):
            if workers := study.workers(process):
                chance.choice(workers).kill()
                return True
            time.sleep(0.01)
        return False

    return struck(study, jobs, chance, 1, strike)


def two_at_once(study: Driven, jobs: int, chance: random.Random) -> int:
    """A second Snakemake on the same study, while the first runs, is refused; the first ends as if alone."""
    first = study.start()
    if not study.wait_for(first, chance.uniform(0.1, 0.5), jobs):
        raise Stuck("the first Snakemake ended early")
    second = subprocess.run(
        study.command(), cwd=study.folder, env=study.project.environment(), capture_output=True, text=True
    )
    refused = second.returncode != 0 and LOCKED in second.stdout + second.stderr
    if study.end(first) != 0 or not refused:
        raise Stuck(f"the second Snakemake was not refused:\n{(second.stdout + second.stderr)[-1000:]}")
    study.said.append("warning: the second was refused: directory cannot be locked")
    return 1


@contextlib.contextmanager
def small_disk(folder: Path, megabytes: float) -> Iterator[bool]:
    """A file system of this size at the folder; yields whether it could be mounted."""
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


def full_disk(study: Driven, jobs: int, chance: random.Random) -> int:
    """The results' disk is full after 0.2 to 1 MB, then has room; where it cannot be mounted, files are limited."""
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


def read_only(study: Driven, jobs: int, chance: random.Random) -> int:
    """The results cannot be written from some moment on; as root only a mounted file system refuses."""
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


def clock_jumps(study: Driven, jobs: int, chance: random.Random) -> int:
    """Every file of the study gets a time within ten years, past or future."""
    for folder in ("results", "resources"):
        for path in sorted((study.folder / folder).rglob("*")):
            when = time.time() + chance.uniform(-3650, 3650) * DAY
            os.utime(path, (when, when), follow_symlinks=False)
    study.finish()
    return 1


def damaged(pattern: str, damage: Callable[[Path, random.Random], None], rule: str, telling: str = "") -> Fault:
    """A file of the pattern is damaged, then what reads it is run again; Stuck where no log has the words `telling`."""

    def fault(study: Driven, jobs: int, chance: random.Random) -> int:
        damage(chance.choice(sorted(study.folder.glob(pattern))), chance)
        study.finish("--forcerun", rule)
        logs = sorted((study.folder / "logs" / study.name / rule).rglob("*.log"))
        told = [line for path in logs for line in path.read_text().splitlines() if telling and telling in line]
        if telling and not told:
            raise Stuck(f"no log of {rule} says that something {telling}")
        study.said += told
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


def checkpoint_cut(study: Driven, jobs: int, chance: random.Random) -> int:
    """A training is killed after a checkpoint, and that is cut in half: it begins again and ends in the same bytes."""
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
    study.said += (told := [line for line in lines if "checkpoint not usable" in line])
    if checkpoints and not told:
        raise Stuck("the training does not say that its checkpoint was not usable")
    study.finish()
    return len(checkpoints)


MENDED = "was not what its checksum says, and was made again"
CACHED = "resources/*/caches/*/*/*/*/*.npy"
FROM_NOTHING: dict[str, Fault] = {
    "SIGTERM to Snakemake": terminated,
    "Ctrl-C (SIGINT to all)": interrupted,
    "a worker out of memory": out_of_memory,
    "two Snakemakes at once": two_at_once,
    "full disk": full_disk,
    "results become read-only": read_only,
}
AFTERWARDS: dict[str, Fault] = {
    "clock jumps of ± 10 years": clock_jumps,
    "a byte of a cache flipped": damaged(CACHED, flip, "train", MENDED),
    "a cached array deleted": damaged(CACHED, delete, "train", MENDED),
    "a prediction deleted": damaged("results/*/predictions/*/*/*.npz", delete, "score"),
    "a prediction cut in half": damaged("results/*/predictions/*/*/*.npz", cut, "score"),
    "a network cut in half": damaged("results/*/runs/*/*/*/model.pt", cut, "predict"),
    "a checkpoint cut in half": checkpoint_cut,
}
