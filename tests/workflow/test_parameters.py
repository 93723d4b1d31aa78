"""Functions stay callable by a person: at most seven parameters, in the library, the scripts and the programs."""

import ast
from pathlib import Path

from builders.project import ROOT

MOST = 7
FOLDERS = ("unetlib", "workflow/scripts", "benchmarks", "tools")
FILES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))


def parameters(node: ast.FunctionDef) -> list[str]:
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return [each.arg for each in arguments if each.arg not in ("self", "cls")]


def functions(path: Path) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)]


def test_no_function_has_more_than_seven_parameters() -> None:
    found = [(path, node) for path in FILES for node in functions(path)]
    assert len(found) > 800
    long = [f"{path.name}:{node.lineno} {node.name}" for path, node in found if len(parameters(node)) > MOST]
    assert not long
