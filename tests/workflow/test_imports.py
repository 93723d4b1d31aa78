"""The packages of unetlib: what may import what, where torch may be, and that nothing in them is unreachable."""

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from unetlib.study.code_fingerprint import imported, imported_modules

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "unetlib"
# A package imports from itself and from those before it. The command line comes last.
ORDER = [
    "io",
    "imaging",
    "datasets",
    "networks",
    "evaluation",
    "training",
    "tracking",
    "study",
    "report",
    "cli_arguments",
    "cli_terminal",
    "cli",
    "__main__",
]
TORCH = {"networks", "training"}
PANDAS_AND_MATPLOTLIB = {"evaluation", "report"}
MODULES = sorted(path for path in LIBRARY.rglob("*.py") if path != LIBRARY / "__init__.py")
SCRIPTS = sorted((ROOT / "workflow/scripts").glob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(LIBRARY).with_suffix("").as_posix()


def room(path: Path) -> str:
    """The package of a file, or the file's own name where it stands in none."""
    return path.relative_to(LIBRARY).with_suffix("").parts[0]


def files_imported(path: Path) -> set[Path]:
    """The files of unetlib that a file imports itself, wherever in it the import stands."""
    found = set()
    for name in imported(path):
        place = LIBRARY.joinpath(*name.split(".")[1:])
        found |= {file for file in (place.with_suffix(".py"), place / "__init__.py") if file.is_file()}
    return found - {LIBRARY / "__init__.py"}


def test_the_walk_sees_the_whole_library() -> None:
    assert len(MODULES) > 100 and {room(path) for path in MODULES} == set(ORDER)
    assert all((LIBRARY / package / "__init__.py").is_file() for package in ORDER if (LIBRARY / package).is_dir())
    assert sum(len(files_imported(path)) for path in MODULES) > 150


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_import_runs_up(path: Path) -> None:
    for other in files_imported(path):
        up = ORDER.index(room(other)) > ORDER.index(room(path))
        assert not up, f"{name_of(path)} imports {name_of(other)}: {room(other)} comes after {room(path)}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_are_absolute(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        assert not (isinstance(node, ast.ImportFrom) and node.level), f"{name_of(path)}:{node.lineno}: name the package"


def test_there_is_no_import_cycle() -> None:
    graph = {path: files_imported(path) - {path} for path in MODULES if path.name != "__init__.py"}
    assert len(list(TopologicalSorter(graph).static_order())) >= len(graph)  # CycleError names the files


@pytest.mark.parametrize("path", sorted(LIBRARY.rglob("__init__.py")), ids=name_of)
def test_a_package_is_described_and_exports_nothing(path: Path) -> None:
    """A re-export would make every fingerprint depend on the whole package, and every job pay for its imports."""
    tree = ast.parse(path.read_text())
    assert ast.get_docstring(tree) and len(tree.body) == 1
    missing = [file.stem for file in path.parent.glob("[!_]*.py") if f"- {file.stem}:" not in path.read_text()]
    assert path.parent == LIBRARY or not missing, f"the docstring of {path.parent.name} leaves out {missing}"


def imports_at_the_top(path: Path) -> Iterator[str]:
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").split(".")[0]


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_torch_and_pandas_are_imported_only_where_they_are_needed(path: Path) -> None:
    """Importing torch costs 3 s of every job, pandas 1 s."""
    anywhere = {
        (node.module if isinstance(node, ast.ImportFrom) else node.names[0].name) or ""
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert room(path) in TORCH or "torch" not in {name.split(".")[0] for name in anywhere}
    heavy = set(imports_at_the_top(path)) & {"pandas", "matplotlib", "skimage"}
    assert not heavy or room(path) in PANDAS_AND_MATPLOTLIB


def test_every_module_is_reached_by_a_script_a_rule_or_the_command() -> None:
    rules = [*(ROOT / "workflow/rules").glob("*.smk"), ROOT / "Snakefile"]
    lines = "\n".join(path.read_text() for path in rules)
    starts = [*SCRIPTS, LIBRARY / "__main__.py"]
    reached = {LIBRARY / "__main__.py"}.union(*(imported_modules(path) for path in starts))
    for path in MODULES:
        dotted = "unetlib." + name_of(path).replace("/", ".")
        if f"from {dotted} import" in lines:
            reached |= {path} | imported_modules(path)
    assert not {name_of(path) for path in MODULES} - {name_of(path) for path in reached & set(MODULES)}


def test_every_module_is_reached_by_a_test() -> None:
    tests = [*(ROOT / "tests").rglob("test_*.py")]
    assert len(tests) > 80
    reached = set().union(*(imported_modules(path) for path in tests))
    assert set(MODULES) <= reached


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_the_library_neither_prints_nor_sets_globals_nor_reads_config(path: Path) -> None:
    allowed = (
        {"print(", "torch.set_"} if name_of(path) in ("cli_terminal", "networks/device") else set()
    )  # as in scripts
    for number, line in enumerate(path.read_text().splitlines(), 1):
        for word in ("print(", "torch.set_", "np.random.seed", "config.yaml", "matplotlib.pyplot"):
            found = word in line and not line.strip().startswith("#") and word not in allowed
            assert not found, f"{name_of(path)}:{number} has {word}"


@pytest.mark.parametrize("path", [*MODULES, *SCRIPTS], ids=lambda path: path.stem)
def test_no_file_is_longer_than_250_lines(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 250
