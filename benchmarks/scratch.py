"""A copy of the workflow in a folder of its own, so that Snakemake runs without touching anybody's results."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parent.parent
PARTS = ("Snakefile", "config.yaml", "workflow", "unetlib", "studies", "profiles", "envs", "benchmarks", "CITATION.cff")


@contextmanager
def workflow() -> Iterator[Path]:
    """A folder that holds the workflow and no results."""
    with TemporaryDirectory() as name:
        for part in PARTS:
            source = ROOT / part
            if source.is_dir():
                shutil.copytree(source, Path(name, part), ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, name)
        yield Path(name)


def snakemake(folder: Path, *arguments: str, code: str = "") -> tuple[str, float]:
    """Run Snakemake there; return what it said and the wall seconds, its start included. RuntimeError where it fails.

    code: Python to run in its process before it starts.
    """
    start = "; ".join(["import sys", *([code] if code else []), "from snakemake.cli import main", "main(sys.argv[1:])"])
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])  # rules call `python`
    environment = os.environ | {"PATH": path, "PYTHONPATH": str(folder)}
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", start, *arguments], cwd=folder, capture_output=True, text=True, env=environment
    )
    seconds = time.perf_counter() - started
    if done.returncode:
        raise RuntimeError(f"snakemake {' '.join(arguments)}: {(done.stderr or done.stdout)[-600:]}")
    return done.stdout + done.stderr, seconds
