"""One torch thread per test process, and a copy of the project to run Snakemake in."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

# before anything imports torch: toy tensors are faster so, and pytest-xdist's processes do not fight;
# torch.set_num_threads still overrides it
os.environ["OMP_NUM_THREADS"] = "1"

ROOT = Path(__file__).parent.parent
BINARIES = Path(sys.executable).parent  # of this environment
PARTS = ("Snakefile", "CITATION.cff", "config.yaml", "studies", "envs", "profiles", "workflow", "unetlib")


@dataclass(frozen=True)
class Project:
    """A copy of the project's code in `folder`, with the study (an overlay file) that is run in it."""

    folder: Path
    study: str

    def path(self, name: str) -> Path:
        return self.folder / name

    def environment(self) -> dict[str, str]:
        search = f"{BINARIES}{os.pathsep}{os.environ['PATH']}"
        return os.environ | {"PATH": search, "PYTHONPATH": str(self.folder)}

    def run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs a program of this environment in the copy; stdout and stderr together."""
        return subprocess.run(
            [str(BINARIES / program), *arguments],
            cwd=self.folder,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def snakemake(self, *arguments: str, overlays: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        return self.run("snakemake", "--cores", "2", *arguments, "--configfile", self.study, *overlays)

    def planned(self, *overlays: str) -> dict[str, int]:
        """The jobs that would run now, by rule, without `all`."""
        done = self.snakemake("--dry-run", "--quiet", "rules", overlays=overlays)
        assert done.returncode == 0, done.stdout[-4000:]
        table = re.findall(r"^([a-z]\w*) +(\d+)\s*$", done.stdout, flags=re.MULTILINE)
        return {rule: int(count) for rule, count in table if rule not in ("all", "total")}

    def edit(self, name: str, old: str, new: str) -> None:
        """Replaces the first `old` of a file; an AssertionError where there is none."""
        text = self.path(name).read_text()
        assert old in text, f"{name} has no {old!r}"
        self.path(name).write_text(text.replace(old, new, 1))


def copied(folder: Path, study: str) -> Project:
    """A copy of the project's code in `folder`, to run the study (an overlay file) in."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in PARTS:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(ROOT / name, folder / name)
    return Project(folder, study)


@pytest.fixture(scope="session")
def copy_project() -> Callable[[Path, str], Project]:
    """The function `copied`."""
    return copied
