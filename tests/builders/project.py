"""A copy of the project in a folder of its own, so that Snakemake runs without touching anybody's results."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
BINARIES = Path(sys.executable).parent  # of this environment
PARTS = ("Snakefile", "CITATION.cff", "config.yaml", "studies", "envs", "profiles", "workflow", "unetlib", "benchmarks")


@dataclass(frozen=True)
class Project:
    """A copy of the project's code in `folder`, and the study (an overlay file) to run there."""

    folder: Path
    study: str

    def path(self, name: str) -> Path:
        return self.folder / name

    def environment(self) -> dict[str, str]:
        search = f"{BINARIES}{os.pathsep}{os.environ['PATH']}"
        return os.environ | {"PATH": search, "PYTHONPATH": str(self.folder)}

    def run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a program of this environment in the copy; stdout and stderr together."""
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
        """Return how many jobs of each rule would run now, without `all`."""
        done = self.snakemake("--dry-run", "--quiet", "rules", overlays=overlays)
        assert done.returncode == 0, done.stdout[-4000:]
        table = re.findall(r"^([a-z]\w*) +(\d+)\s*$", done.stdout, flags=re.MULTILINE)
        return {rule: int(count) for rule, count in table if rule not in ("all", "total")}

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace the first `old` of a file; AssertionError if there is none."""
        text = self.path(name).read_text()
        assert old in text, f"{name} has no {old!r}"
        self.path(name).write_text(text.replace(old, new, 1))


def copy_project(folder: Path, study: str = "config.yaml") -> Project:
    """Copy the project's code to `folder`, to run the study (an overlay file) there."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in PARTS:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(ROOT / name, folder / name)
    return Project(folder, study)
