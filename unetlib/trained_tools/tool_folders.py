"""The folder of a tool: its script, its card, its environment, and what is wrong with it.

    workflow/tools/<tool>/
      run.py             the script (`contract`)
      card.md            what it is, its licence, the recipe of its authors, what was changed and why, its pitfalls
      tool.toml          python: the Python versions that it runs with
      requirements.in    its packages; without this file it runs in the project's own environment
      requirements.lock  the same with versions and hashes
      conda.yaml         the same for Snakemake's --sdm conda, which sees no other file; written from the lock

Only the standard library is imported, because this runs in the environment of the tool.
"""

import hashlib
import os
import sys
import tomllib
from pathlib import Path

FOLDER = Path("workflow/tools")
ENVIRONMENTS = ".tools"  # in the project's folder, ignored by Git
PLACE = "UNETLIB_TOOLS"  # a variable that names another folder for them
SCRIPT, CARD, FACTS = "run.py", "card.md", "tool.toml"
REQUIREMENTS, LOCK, CONDA = "requirements.in", "requirements.lock", "conda.yaml"
STAMP = "installed-lock.txt"  # in an environment: the checksum of the lock that it was made from
HOSTS = ("://", "index-url", "find-links")  # what a lock must not name


class ToolError(ValueError):
    """A tool that cannot be run: what is wrong, where, and what to do."""


def environment_of(tool: str, root: Path) -> Path:
    """Return the folder of a tool's virtual environment. root: the project's folder."""
    return Path(os.environ.get(PLACE) or root / ENVIRONMENTS).expanduser() / tool


def fault_of(folder: Path) -> str:
    """Return what is wrong with a tool's folder in one line, or ""."""
    if not folder.is_dir():
        known = sorted(path.parent.name for path in folder.parent.glob(f"*/{SCRIPT}"))
        return f"{folder}: there is no such tool; there are {', '.join(known) or 'none'}"
    for name, purpose in ((SCRIPT, "its script"), (CARD, "what it is"), (FACTS, "its Python versions")):
        if not (folder / name).is_file():
            return f"{folder}: lacks {name} ({purpose}); docs/add-a-tool.md says what is in it"
    try:
        versions = python_versions(folder)
    except ToolError as error:
        return str(error)
    if not versions:
        return f'{folder / FACTS}: names no Python version; write python = ["3.11"]'
    return _fault_of_environment(folder)


def _fault_of_environment(folder: Path) -> str:
    if not (folder / REQUIREMENTS).is_file():
        return ""
    for name in (LOCK, CONDA):
        if not (folder / name).is_file():
            return f"{folder}: has {REQUIREMENTS} but no {name}; make lock-tools writes a lock"
    text = (folder / LOCK).read_text(encoding="utf-8")
    if "--hash=sha256:" not in text:
        return f"{folder / LOCK}: has no hashes; make lock-tools writes it with them"
    if found := [word for word in HOSTS if word in text.replace("--no-emit-index-url", "")]:
        return f"{folder / LOCK}: names where packages are fetched from ({found[0]}); make lock-tools leaves it out"
    if lock_checksum(folder) not in (folder / CONDA).read_text(encoding="utf-8"):
        return f"{folder / CONDA}: was not made from this {LOCK}; python -m tools.install_tools --conda {folder.name}"
    return ""


def python_versions(folder: Path) -> list[str]:
    """Return the Python versions that a tool runs with, the first one preferred; ToolError for an unreadable file."""
    try:
        found = tomllib.loads((folder / FACTS).read_text(encoding="utf-8")).get("python", [])
    except (OSError, ValueError) as error:
        raise ToolError(f"{folder / FACTS}: not readable as TOML ({error})") from error
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise ToolError(f'{folder / FACTS}: python is a list of versions, such as ["3.11", "3.12"]')
    return found


def file_checksums(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file that decides what a tool does: all but its card."""
    files = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    names = sorted(path.relative_to(folder).as_posix() for path in files)
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names if name != CARD}


def has_environment(folder: Path) -> bool:
    """Return whether a tool has an environment of its own."""
    return (folder / REQUIREMENTS).is_file()


def interpreter(folder: Path, root: Path) -> str:
    """Return the Python that runs a tool: that of its environment, or ours if it has none.

    ToolError if its environment is missing, or was made from another lock.
    """
    if not has_environment(folder):
        return sys.executable
    place = environment_of(folder.name, root)
    remedy = f"make tools TOOLS={folder.name}"
    python = place / "bin/python"
    if not python.is_file():
        raise ToolError(f"its environment is missing ({_near(python, root)}): {remedy}")
    if not (place / STAMP).is_file() or (place / STAMP).read_text().strip() != lock_checksum(folder):
        raise ToolError(f"its environment ({_near(place, root)}) was made from another {LOCK}: {remedy}")
    return str(python.absolute())


def lock_checksum(folder: Path) -> str:
    """Return the SHA-256 of a tool's lock."""
    return hashlib.sha256((folder / LOCK).read_bytes()).hexdigest()


def _near(path: Path, root: Path) -> Path:
    return path.relative_to(root) if path.is_relative_to(root) else path
