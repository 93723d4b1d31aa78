"""What has names has a type that knows them: dictionaries of anything are left at the edges, and do not grow."""

import ast
from collections import Counter

import pytest
from builders.project import ROOT

LIBRARY = ROOT / "unetlib"
MAPPINGS = {"dict", "Dict", "Mapping", "MutableMapping", "OrderedDict", "defaultdict", "DefaultDict"}
AT_THE_EDGE = {  # file → how many mappings of anything, and why
    "datasets/frames.py": (1, "cells of frames.csv before they are a record"),
    "evaluation/waterfall.py": (3, "rows of scores before they are a table"),
    "io/calibration.py": (3, "metadata of tifffile, and keywords of its imwrite"),
    "io/files.py": (1, "JSON before it is validated"),
    "io/settings.py": (2, "dumps of pydantic"),
    "study/experiments.py": (3, "dumps of pydantic laid over each other, before they are validated"),
    "study/own_league.py": (1, "YAML before it is validated"),
    "study/settings.py": (3, "dumps of pydantic, and the fields of a model made by create_model"),
    "study/stated_settings.py": (1, "a dump of pydantic of what an experiment states"),
    "training/loop.py": (1, "a checkpoint before it is taken over"),
}


def name_of(node: ast.AST) -> str:
    """Return the last part of a name, dotted or not; "" for anything else."""
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def untyped(source: str) -> int:
    """Count the mappings whose values are Any, and those in annotations that do not say what they hold."""
    tree = ast.parse(source)
    stated = [node for node in ast.walk(tree) if isinstance(node, ast.Subscript) and name_of(node.value) in MAPPINGS]
    values = [node.slice.elts[-1] if isinstance(node.slice, ast.Tuple) else node.slice for node in stated]
    found = sum(name_of(value) == "Any" for value in values)
    for node in ast.walk(tree):
        annotations = [getattr(node, "annotation", None), getattr(node, "returns", None)]
        parts = [part for each in annotations if isinstance(each, ast.AST) for part in ast.walk(each)]
        found += sum(name_of(part) in MAPPINGS and all(part is not of.value for of in stated) for part in parts)
    return found


def test_dictionaries_of_anything_stay_at_the_edges() -> None:
    paths = {path.relative_to(LIBRARY).as_posix(): path for path in LIBRARY.rglob("*.py")}
    assert len(paths) > 100
    counts = Counter({name: untyped(path.read_text()) for name, path in paths.items()})
    assert +counts == Counter({name: count for name, (count, _) in AT_THE_EDGE.items()})


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("def f(a: dict[str, Any]) -> Mapping[str, Any]: ...", 2),
        ("a: list[dict[str, typing.Any]] = []", 1),
        ("a: dict = {}", 1),
        ("def f() -> collections.abc.Mapping: ...", 1),
        ("Rows = Sequence[Mapping[str, Any]]", 1),
        ("a: dict[str, dict[str, Any]]", 1),
        ("a: defaultdict[Any, Any]", 1),
        ("def f(a: dict[str, int], b: Mapping[str, object], c: NDArray[Any]) -> None: ...", 0),
        ("a = dict(b=1)", 0),
    ],
)
def test_every_form_is_counted(source: str, count: int) -> None:
    assert untyped(source) == count
