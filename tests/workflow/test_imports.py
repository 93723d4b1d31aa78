"""The packages of unetlib: what may import what, where torch may be, and that nothing in them is unreachable."""

import ast
import re
from collections.abc import Iterable, Iterator
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
    "models",
    "evaluation",
    "training",
    "tracking",
    "study",
    "trained_tools",
    "report",
    "napari_plugin",
    "cli_help",
    "cli_values",
    "cli_arguments",
    "cli_terminal",
    "cli_inputs",
    "cli_predict",
    "cli_finetune",
    "cli_compare",
    "cli",
    "__main__",
]
TORCH = {"networks", "training"}
PANDAS_AND_MATPLOTLIB = {"evaluation", "report"}
DYNAMIC = {"import_module", "__import__", "exec", "eval", "runpy.run_path", "runpy.run_module"}
MODULES = sorted(path for path in LIBRARY.rglob("*.py") if path != LIBRARY / "__init__.py")
SCRIPTS = sorted((ROOT / "workflow/scripts").glob("*.py"))
TOOLS = sorted((ROOT / "tools").glob("*.py"))


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


@pytest.mark.parametrize("path", [*MODULES, *SCRIPTS], ids=lambda path: path.stem)
def test_imports_are_absolute_and_can_be_read(path: Path) -> None:
    """A fingerprint follows import statements alone: what is imported in another way would be stale in silence."""
    for node in ast.walk(ast.parse(path.read_text())):
        place = f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"
        assert not (isinstance(node, ast.ImportFrom) and node.level), f"{place}: name the package"
        dynamic = isinstance(node, ast.Name | ast.Attribute) and ast.unparse(node).removeprefix("importlib.") in DYNAMIC
        assert not dynamic, f"{place}: write an import statement"


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


def top_packages(nodes: Iterable[ast.AST]) -> set[str]:
    """Return the first part of every name that these statements import."""
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").split(".")[0])
    return found


def when_imported(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Yield the statements that run when a module is imported: none of its functions, nor what is for types alone."""
    for node in nodes:
        yield node
        types_alone = isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
        if not types_alone and not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from when_imported(ast.iter_child_nodes(node))


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_torch_and_pandas_are_imported_only_where_they_are_needed(path: Path) -> None:
    """Importing torch costs 3 s of every job, pandas 1 s."""
    tree = ast.parse(path.read_text())
    assert room(path) in TORCH or "torch" not in top_packages(ast.walk(tree))
    heavy = top_packages(when_imported(tree.body)) & {"pandas", "matplotlib", "skimage"}
    assert not heavy or room(path) in PANDAS_AND_MATPLOTLIB


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import json, torch.nn as nn", True),
        ("from torch import nn", True),
        ("try:\n    import torch\nexcept ImportError:\n    pass", True),
        ("class A:\n    import torch", True),
        ("def f():\n    import torch", False),
        ("if TYPE_CHECKING:\n    import torch", False),
        ("if typing.TYPE_CHECKING:\n    import torch", False),
    ],
)
def test_what_runs_when_a_module_is_imported_is_told_from_what_does_not(source: str, found: bool) -> None:
    tree = ast.parse(source)
    assert "torch" in top_packages(ast.walk(tree))
    assert ("torch" in top_packages(when_imported(tree.body))) == found


def imports_of_the_rules() -> str:
    """Return the import statements of the Snakefile and the rules, which are not quite Python."""
    lines = "\n".join(path.read_text() for path in [*(ROOT / "workflow/rules").glob("*.smk"), ROOT / "Snakefile"])
    found = re.findall(r"^ *((?:from unetlib[\w.]* import (?:\([^)]*\)|[^(\n]+))|import unetlib[^\n]*)", lines, re.M)
    return "\n".join(found)


def programs_of_others() -> list[Path]:
    """Return the modules that another program loads, as its manifest says."""
    manifest = (LIBRARY / "napari_plugin/napari.yaml").read_text()
    (module,) = re.findall(r"python_name: ([\w.]+):", manifest)
    return [ROOT / f"{module.replace('.', '/')}.py"]


def test_every_module_is_reached_by_a_script_a_rule_a_tool_or_the_command(tmp_path: Path) -> None:
    """Packages are reached by their modules; those without any module of their own name nothing."""
    rules = tmp_path / "rules.py"
    rules.write_text(imports_of_the_rules())
    starts = [*SCRIPTS, *TOOLS, rules, LIBRARY / "__main__.py", *programs_of_others()]
    assert len(SCRIPTS) > 20 and len(imported_modules(rules)) > 5
    reached = {LIBRARY / "__main__.py", *programs_of_others()}.union(*(imported_modules(path) for path in starts))
    assert {name_of(path) for path in set(MODULES) - reached} == set()


def test_every_module_is_reached_by_a_test() -> None:
    tests = [*(ROOT / "tests").rglob("test_*.py")]
    assert len(tests) > 80
    reached = set().union(*(imported_modules(path) for path in tests))
    assert set(MODULES) <= reached


GLOBALS = r"torch\.(set_|manual_seed|use_det)|(np|numpy)\.random\.(seed|set_state)|(np|numpy)\.seterr|random\.seed"
GLOBALS += r"|warnings\.(filterwarnings|simplefilter)|logging\.(basicConfig|disable)|.*\brcParams\.update"
ALLOWED = {
    "cli_terminal": {"print", "warnings.simplefilter"},  # the latter within catch_warnings
    "networks/device": {"torch.set_num_threads"},  # for the command, as scripts do
    "networks/export/onnx_graph": {"warnings.simplefilter"},  # within catch_warnings
    "study/own_league": {"config.yaml"},  # the tools that it defines, for `unetlib compare` in the project's folder
    "training/loop": {"torch.manual_seed"},  # within fork_rng
}


def side_effects(source: str) -> set[str]:
    """Return what in the source prints, sets a global or reads config.yaml."""
    tree = ast.parse(source)
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            found |= {name} if name in ("print", "input") or re.match(GLOBALS, name) else set()
        elif isinstance(node, ast.Global):
            found |= {f"global {name}" for name in node.names}
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
            name = ast.unparse(node.value)
            found |= {name} if name.endswith(("rcParams", "os.environ", "sys.modules")) else set()
        elif isinstance(node, ast.Constant) and node.value == "config.yaml":
            found.add("config.yaml")
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names = [f"{getattr(node, 'module', '')}.{alias.name}".strip(".") for alias in node.names]
            found |= {name for name in names if name.startswith("matplotlib.pyplot")}
    return found


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_the_library_neither_prints_nor_sets_globals_nor_reads_config(path: Path) -> None:
    assert side_effects(path.read_text()) <= ALLOWED.get(name_of(path), set())


@pytest.mark.parametrize(
    "line",
    [
        "print(1)",
        "torch.set_num_threads(1)",
        "torch.manual_seed(0)",
        "np.random.seed(0)",
        "matplotlib.rcParams['font.size'] = 3",
        "matplotlib.rcParams.update(style)",
        "os.environ['A'] = 'b'",
        "warnings.filterwarnings('ignore')",
        "Path('config.yaml').read_text()",
        "import matplotlib.pyplot as plt",
        "from matplotlib import pyplot",
        "def f():\n    global A\n    A = 1",
    ],
)
def test_every_side_effect_is_found(line: str) -> None:
    assert len(side_effects(line)) == 1 and not side_effects(f"fingerprint(1)  # {line}".replace("\n", " "))


@pytest.mark.parametrize("path", [*MODULES, *SCRIPTS], ids=lambda path: path.stem)
def test_no_file_is_longer_than_250_lines(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 250
