"""Fingerprints of code: what a script's results depend on, blind to comments, docstrings and layout."""

import ast
import hashlib
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parent


def code_of(script: Path, package: Path = PACKAGE) -> str:
    """Return 16 hex digits that change when the script, or a unetlib module it reaches, changes its meaning.

    Snakemake sees edits to a script but not to the modules it imports; rules carry this as a parameter. Imports
    inside functions count. Source: the AST without docstrings, so that a comment reruns nothing.
    """
    digest = hashlib.sha256()
    for path in [script, *sorted(reached(script, package))]:
        digest.update(f"{path.name}\0{meaning(path)}\0".encode())
    return digest.hexdigest()[:16]


def reached(script: Path, package: Path = PACKAGE) -> set[Path]:
    """Return the files of the package that the script imports, directly or through one another."""
    found: set[Path] = set()
    waiting = [script]
    while waiting:
        for name in imported(waiting.pop()):
            for path in (package / f"{name}.py", package / name / "__init__.py"):
                if path.exists() and path not in found:
                    found.add(path)
                    waiting.append(path)
    return found


@cache
def _parsed(path: Path, stamp: tuple[int, int]) -> tuple[str, tuple[str, ...]]:
    """Return (meaning, names of unetlib modules imported); the stamp makes an edited file a new key."""
    tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names += [f"{node.module}.{alias.name}" for alias in node.names] + [node.module]
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = node.body[ast.get_docstring(node, clean=False) is not None :]
    modules = {name.split(".")[1] for name in names if name.startswith("unetlib.")}
    return ast.dump(tree), tuple(sorted(modules))


def _read(path: Path) -> tuple[str, tuple[str, ...]]:
    status = path.stat()
    return _parsed(path, (status.st_mtime_ns, status.st_size))


def meaning(path: Path) -> str:
    """Return the file's AST without docstrings, as text."""
    return _read(path)[0]


def imported(path: Path) -> tuple[str, ...]:
    """Return the names of the unetlib modules that the file imports."""
    return _read(path)[1]
