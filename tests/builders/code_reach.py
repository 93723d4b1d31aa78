"""Which files of unetlib a script of the workflow reaches, as Python's own module finder sees it; no code is run."""

from functools import cache
from modulefinder import ModuleFinder
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "workflow/scripts"
SCRIPTS = sorted(path.name for path in FOLDER.glob("*.py"))
PACKAGES = sorted(path.parent.relative_to(ROOT).as_posix() for path in (ROOT / "unetlib").rglob("__init__.py"))


@cache
def files_reached(script: str, siblings: bool = False) -> frozenset[str]:
    """Return the files that the script imports from unetlib, directly or through one another.

    siblings: also through other scripts. Other packages are not on the finder's path and are left aside as missing.
    """
    finder = ModuleFinder(path=[str(ROOT), str(FOLDER)] if siblings else [str(ROOT)])
    finder.run_script(str(FOLDER / script))
    files = (module.__file__ for name, module in finder.modules.items() if name.split(".")[0] == "unetlib")
    return frozenset(Path(str(file)).relative_to(ROOT).as_posix() for file in files)


def file_to_edit(package: str) -> str:
    """Return the file of a package whose edit tells most: one that about half of the scripts reach."""
    files = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / package).glob("[!_]*.py"))
    return min(files, key=lambda name: abs(sum(name in files_reached(script) for script in SCRIPTS) - len(SCRIPTS) / 2))
