"""Fingerprint the code that a script's results depend on, without comments, docstrings and layout."""

import ast
import hashlib
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[1]


def code_of(script: Path, package: Path = PACKAGE) -> str:
    """Return 16 hex digits that change when the code of the script, or of a unetlib module that it reaches, changes.

    Snakemake sees edits to a script but not to the modules it imports; rules carry this as a parameter. Imports
    inside functions count. Source: the AST without docstrings, so that a comment reruns nothing.
    """
    digest = hashlib.sha256(f"{script.name}\0{normalised_ast(script)}\0".encode())
    for path in sorted(imported_modules(script, package)):
        digest.update(f"{path.relative_to(package).as_posix()}\0{normalised_ast(path)}\0".encode())
    return digest.hexdigest()[:16]


def imported_modules(script: Path, package: Path = PACKAGE) -> set[Path]:
    """Return the files of the package that the script imports, directly or indirectly.

    A dotted name stands for every package on its way: `unetlib.training.loop` reaches unetlib/__init__.py,
    unetlib/training/__init__.py and unetlib/training/loop.py, however it is imported.
    """
    found: set[Path] = set()
    waiting = [script]
    while waiting:
        for name in imported(waiting.pop()):
            parts = name.split(".")[1:]
            places = [package.joinpath(*parts[:end]) for end in range(len(parts) + 1)]
            for path in [file for place in places for file in (place.with_suffix(".py"), place / "__init__.py")]:
                if path.is_file() and path not in found:
                    found.add(path)
                    waiting.append(path)
    return found


@cache
def _parsed(path: Path, stamp: tuple[int, int]) -> tuple[str, tuple[str, ...]]:
    """Return (normalised AST, names of imported unetlib modules); `stamp` gives an edited file a new cache key."""
    tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names += [f"{node.module}.{alias.name}" for alias in node.names] + [node.module]
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = node.body[ast.get_docstring(node, clean=False) is not None :]
    modules = {name for name in names if name == "unetlib" or name.startswith("unetlib.")}
    return ast.dump(tree), tuple(sorted(modules))


def _read(path: Path) -> tuple[str, tuple[str, ...]]:
    status = path.stat()
    return _parsed(path, (status.st_mtime_ns, status.st_size))


def normalised_ast(path: Path) -> str:
    """Return the file's AST without docstrings, as text."""
    return _read(path)[0]


def imported(path: Path) -> tuple[str, ...]:
    """Return the dotted names that the file imports from unetlib: modules, and names that may be modules."""
    return _read(path)[1]
