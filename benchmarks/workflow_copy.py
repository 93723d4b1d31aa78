"""Run and time Snakemake in a copy of the project, made by the builder of the tests."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.builders.project import copy_project

ROOT = Path(__file__).parent.parent


@contextmanager
def workflow() -> Iterator[Path]:
    """Yield a folder that holds the project and no results."""
    with TemporaryDirectory() as name:
        yield copy_project(Path(name)).folder


def snakemake(folder: Path, *arguments: str, code: str = "") -> tuple[str, float]:
    """Run Snakemake in the folder; return its output and wall seconds, start included. RuntimeError if it fails.

    code: Python statements to run first in Snakemake's process.
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
