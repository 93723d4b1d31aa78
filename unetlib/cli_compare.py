"""The command `unetlib compare`: a league on somebody's own images, run by Snakemake in the project's folder."""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from unetlib.cli_terminal import say


class CompareError(ValueError):
    """The comparison cannot be started: what is missing, and what to do."""


def compare(given: argparse.Namespace) -> int:
    """Write the settings that the file leaves out, make the tools' environments, and run Snakemake."""
    import yaml

    from unetlib.io.files import atomic_path
    from unetlib.study.own_league import FILES, own_league, tool_folders

    root = Path()
    if not (root / "Snakefile").is_file() or not (root / FILES[-1]).is_file():
        raise CompareError(f"{Path.cwd()}: is not the folder of unetlib, where Snakefile is; change to that folder")
    tools = [name for name in (given.tools or "").split(",") if name]
    settings = own_league(given.study, tools=tools, seconds=given.seconds, seeds=given.seeds)
    name = settings["study"]["name"]
    under = root / "resources/compare" / f"{name}.yaml"
    with atomic_path(under) as temporary:
        temporary.write_text(
            f"# Written by unetlib compare {given.study}\n{yaml.safe_dump(settings)}", encoding="utf-8"
        )
    made = subprocess.run([sys.executable, "-m", "tools.install_tools", *tool_folders(root, tools)], check=False)
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
