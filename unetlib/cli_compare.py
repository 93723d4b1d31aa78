"""The command `unetlib compare`: a league on somebody's own images, run by Snakemake in the project's folder."""

import argparse
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from unetlib.cli_terminal import say

if TYPE_CHECKING:
    from unetlib.study.settings import StudySettings


SPEEDS = "resources/compare/speed.json"  # measured once, so that the same command trains the same networks


class CompareError(ValueError):
    """The comparison cannot be started: what is missing, and what to do."""


def compare(given: argparse.Namespace) -> int:
    """Write the settings that the file leaves out, make the tools' environments, and run Snakemake."""
    import yaml

    from unetlib.io.files import atomic_path
    from unetlib.study.own_league import FILES, own_league, tool_folders, whole_study, with_length

    root = Path()
    if not (root / "Snakefile").is_file() or not (root / FILES[-1]).is_file():
        raise CompareError(f"{Path.cwd()}: is not the folder of unetlib, where Snakefile is; change to that folder")
    tools = [name for name in (given.tools or "").split(",") if name]
    settings = own_league(given.study, tools=tools, seconds=given.seconds, seeds=given.seeds)
    folders = tool_folders(root, tools)
    study = whole_study(root, settings, given.study)
    settings = with_length(settings, study.tool_budget_s, _updates_per_second(study, root / SPEEDS))
    name = study.study.name
    under = root / "resources/compare" / f"{name}.yaml"
    with atomic_path(under) as temporary:
        temporary.write_text(
            f"# Written by unetlib compare {given.study}\n{yaml.safe_dump(settings)}", encoding="utf-8"
        )
    made = subprocess.run([sys.executable, "-m", "tools.install_tools", *folders], check=False)
    if made.returncode:
        say("a tool has no environment (above); it will stand as failed in the tables")
    files = [*FILES, str(under), str(given.study)]
    beside = Path(sys.executable).with_name("snakemake")
    program = str(beside) if beside.is_file() else shutil.which("snakemake")
    if not program:
        raise CompareError(
            "Snakemake is not installed; make install, or pip install '.[workflow]' in the folder of unetlib"
        )
    words = [program, *(["-n"] if given.dry_run else []), "--configfile", *files]
    say(f"snakemake {' '.join(words[1:])}")
    code = subprocess.run(words, check=False).returncode
    if not given.dry_run and Path(f"results/{name}/tables/league.md").is_file():
        say(f"results/{name}/tables/league.md has the league, results/{name}/report.html everything")
    return int(bool(code))


def _updates_per_second(study: "StudySettings", known: Path) -> float:
    """Return how many updates of `tuned` this machine makes in a second; measured, unless `known` has it."""
    from unetlib.io.files import read_json, short_hash, write_json
    from unetlib.networks.device import keep_freed_memory, use_threads
    from unetlib.study.experiments import run_settings
    from unetlib.study.own_league import TIMED
    from unetlib.training.speed import updates_per_second

    settings = run_settings(study, TIMED, study.study.datasets[0])
    key = short_hash([settings.identity(), study.compute.identity(), study.compute.device, platform.node()])
    speeds = read_json(known) if known.is_file() else {}
    if key not in speeds:
        keep_freed_memory()
        use_threads(study.compute.threads)
        speeds[key] = updates_per_second(settings, study.compute)
        write_json(known, speeds)
    say(f"this machine trains {speeds[key]:.1f} updates a second ({known}; delete it to measure again)")
    return speeds[key]
