"""The command `unetlib compare`: a league on somebody's own images, run by Snakemake in the project's folder."""

import argparse
import math
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from unetlib.cli_terminal import say

if TYPE_CHECKING:
    from unetlib.study.settings import StudySettings

# The speeds that were measured, so that the same command trains the same networks.
SPEEDS = Path("resources/compare/speed.json")


class CompareError(ValueError):
    """The comparison cannot be started: what is missing, and what to do."""


def compare(given: argparse.Namespace) -> int:
    """Write the settings that the file leaves out, make the tools' environments, and run Snakemake.

    A dry run installs nothing, and keeps no measured speed.
    """
    import yaml

    from unetlib.io.files import atomic_path
    from unetlib.study.own_league import FILES, own_league, tool_folders, whole_study, with_length

    root = Path()
    if not (root / "Snakefile").is_file() or not (root / FILES[-1]).is_file():
        raise CompareError(f"{Path.cwd()}: is not the folder of unetlib, where Snakefile is; change to that folder")
    beside = Path(sys.executable).with_name("snakemake")
    program = str(beside) if beside.is_file() else shutil.which("snakemake")
    if not program:
        raise CompareError(
            "Snakemake is not installed; make install, or pip install '.[workflow]' in the folder of unetlib"
        )
    tools = [name for name in (given.tools or "").split(",") if name]
    settings = own_league(given.study, tools=tools, seconds=given.seconds, seeds=given.seeds)
    study = whole_study(root, settings, given.study)
    settings = with_length(settings, study, _updates_per_second(study, keep=not given.dry_run))
    name = study.study.name
    under = root / "resources/compare" / f"{name}.yaml"
    with atomic_path(under) as temporary:
        temporary.write_text(
            f"# Written by unetlib compare {given.study}\n{yaml.safe_dump(settings)}", encoding="utf-8"
        )
    if given.dry_run:
        say(f"will be installed where they are missing: {', '.join(tool_folders(study)) or 'no tools'}")
    elif subprocess.run([sys.executable, "-m", "tools.install_tools", *tool_folders(study)], check=False).returncode:
        say("a tool has no environment (above); it will stand as failed in the tables")
    words = [program, *(["-n"] if given.dry_run else []), "--configfile", *FILES, str(under), str(given.study)]
    say(f"snakemake {' '.join(words[1:])}")
    code = subprocess.run(words, check=False).returncode
    if not given.dry_run and Path(f"results/{name}/tables/league.md").is_file():
        say(f"results/{name}/tables/league.md has the league, results/{name}/report.html everything")
    return int(bool(code))


def _updates_per_second(study: "StudySettings", *, keep: bool) -> float:
    """Return how many updates of `tuned` this machine makes in a second; measured where SPEEDS does not have it."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as in the workflow; read when torch is imported
    from unetlib.io.files import read_json, short_hash, write_json
    from unetlib.networks.device import keep_freed_memory, use_threads
    from unetlib.study.experiments import run_settings
    from unetlib.study.own_league import TIMED
    from unetlib.training.speed import arithmetic, updates_per_second

    settings = run_settings(study, TIMED, study.study.datasets[0])
    decides = {part: settings.identity().get(part) for part in ("model", "batch", "loss", "target")}
    key = short_hash([arithmetic(settings, study.compute), decides])
    speeds = read_json(SPEEDS) if SPEEDS.is_file() else {}
    found = speeds.get(key)
    if found is None:
        keep_freed_memory()
        use_threads(study.compute.threads)
        found = updates_per_second(settings, study.compute)
        if keep:
            write_json(SPEEDS, speeds | {key: found})
    if not isinstance(found, float | int) or not math.isfinite(found) or found <= 0:
        raise CompareError(f"{SPEEDS}: holds {found!r} instead of updates per second; remove the file and run again")
    say(f"this machine makes {found:.1f} updates of {TIMED} a second ({SPEEDS}; remove it to measure again)")
    return float(found)
