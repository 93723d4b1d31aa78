"""Make the environments of tools that a study trains, from their locks: python -m tools.install_tools [stardist …]

Without names, of all tools of workflow/tools. They lie in .tools, or where the variable UNETLIB_TOOLS says. `--lock`
writes the locks of the named tools anew from their requirements.in instead, and their conda.yaml from these; `--conda`
writes conda.yaml alone.
"""

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path

from unetlib.io.files import atomic_path
from unetlib.trained_tools.tool_folders import (
    CONDA,
    FOLDER,
    LOCK,
    REQUIREMENTS,
    SCRIPT,
    STAMP,
    ToolError,
    environment_of,
    fault_of,
    has_environment,
    interpreter,
    lock_checksum,
    python_versions,
)

ROOT = Path(__file__).parent.parent
UV = [sys.executable, "-m", "uv"] if not shutil.which("uv") else ["uv"]


def python_for(folder: Path) -> str:
    """Return a Python of this machine that a tool runs with; ToolError if there is none."""
    versions = python_versions(folder)
    if f"{sys.version_info.major}.{sys.version_info.minor}" in versions:
        return sys.executable
    for version in versions:
        if found := shutil.which(f"python{version}"):
            return found
    raise ToolError(f"{folder.name}: runs with Python {', '.join(versions)}, and none of them is installed")


def install(folder: Path, root: Path) -> str:
    """Make the environment of a tool anew, unless it is there already; return what was done in one line."""
    if fault := fault_of(folder):
        raise ToolError(fault)
    if not has_environment(folder):
        return f"{folder.name}: runs in the project's own environment"
    place = environment_of(folder.name, root)
    try:
        return f"{folder.name}: is in {interpreter(folder, root)}"
    except ToolError:
        shutil.rmtree(place, ignore_errors=True)
    python = str(place / "bin/python")
    _run([python_for(folder), "-m", "venv", str(place)], folder.name)
    _run(
        [*UV, "pip", "install", "--quiet", "--python", python, "--require-hashes", "-r", str(folder / LOCK)],
        folder.name,
    )
    (place / STAMP).write_text(f"{lock_checksum(folder)}\n")
    return f"{folder.name}: installed in {place}"


def lock(folder: Path) -> str:
    """Write the lock of a tool anew from its requirements.in; return what was done in one line."""
    if not has_environment(folder):
        return f"{folder.name}: has no {REQUIREMENTS}"
    oldest = min(python_versions(folder), key=lambda version: [int(part) for part in version.split(".")])
    form = ["--generate-hashes", "--universal", "--no-emit-index-url", "--python-version", oldest]
    command = [*UV, "pip", "compile", "--quiet", *form, "-o", LOCK, REQUIREMENTS]
    _run(command, folder.name, folder)
    write_conda(folder)
    return f"{folder.name}: {LOCK} and {CONDA} are written; make tools TOOLS={folder.name} installs it"


def write_conda(folder: Path) -> str:
    """Write conda.yaml from the lock of a tool; return what was done in one line."""
    if not has_environment(folder):
        return f"{folder.name}: has no {REQUIREMENTS}"
    with atomic_path(folder / CONDA) as temporary:
        temporary.write_text(conda_environment(folder), encoding="utf-8", newline="\n")
    return f"{folder.name}: {CONDA} is written"


def conda_environment(folder: Path) -> str:
    """Return the conda environment with the packages of a tool's lock, with hashes.

    It has the packages themselves: Snakemake makes the environment from a copy in a folder of its own, where
    `-r requirements.lock` finds no file, and a changed file beside it would not make another environment.
    """
    lines = (folder / LOCK).read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    packages = [" ".join(line.split()) for line in lines if line.strip() and not line.lstrip().startswith("#")]
    header = (
        f"# For --sdm conda, written by `make lock-tools` from {LOCK} (sha256 {lock_checksum(folder)}).",
        f"name: unetlib-{folder.name}",
        "channels: [conda-forge, nodefaults]",
        "dependencies:",
        f"  - python ={python_versions(folder)[0]}",
        "  - pip",
        "  - pip:",
    )
    items = (f"      - {json.dumps(each)}" for each in ("--require-hashes", *packages))
    return "\n".join([*header, *items]) + "\n"


def _run(words: list[str], name: str, folder: Path | None = None) -> None:
    done = subprocess.run(words, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        said = next((line for line in lines if "error" in line.lower()), lines[0] if lines else "it said nothing")
        raise ToolError(f"{name}: {Path(words[0]).name} ended with code {done.returncode}: {said}")


def main() -> int:
    """Install or lock the tools that the command line names; one that fails is one line, and the others are made."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tools", nargs="*", help="folders of workflow/tools; none: all")
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument("--lock", action="store_true", help="write their locks and conda.yaml anew instead")
    instead.add_argument("--conda", action="store_true", help="write their conda.yaml from their locks instead")
    given = parser.parse_args()
    act = lock if given.lock else write_conda if given.conda else lambda folder: install(folder, ROOT)
    failed = False
    for name in given.tools or sorted(path.parent.name for path in (ROOT / FOLDER).glob(f"*/{SCRIPT}")):
        try:
            print(act(ROOT / FOLDER / name), flush=True)
        except (ToolError, OSError) as error:
            failed = True
            print(f"error: {error}", file=sys.stderr, flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
