"""The lock file covers the project, and the conda environments hold its versions of what their scripts import."""

import ast
import re
import tomllib
from functools import cache
from importlib.metadata import packages_distributions
from itertools import chain

import pytest
import yaml
from builders.rules import BODIES, ROOT

from unetlib.study.code_fingerprint import imported_modules


@cache
def locked():
    """The versions in the lock by package name."""
    found = {}
    for line in (ROOT / "requirements.lock").read_text().splitlines():
        match = re.match(r"([A-Za-z0-9_.-]+)==([^ ;\\]+)", line)
        if match:
            found.setdefault(match[1].lower(), set()).add(match[2])
    return found


NOT_LOCKED = {"napari"}  # a program with a window, which holds other packages back: in an environment of its own


def test_the_lock_is_hashed_names_no_host_and_covers_the_project():
    text = (ROOT / "requirements.lock").read_text() + (ROOT / "envs/uv.lock").read_text()
    assert "://" not in text and "index-url" not in text.replace("--no-emit-index-url", "")
    pins = re.findall(r"^[A-Za-z0-9_.-]+==.*$", text, flags=re.M)
    assert all(pin.rstrip().endswith("\\") for pin in pins), "a pin without a hash"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *chain(*(extras[name] for name in extras.keys() - NOT_LOCKED))]
    names = {re.match(r"[A-Za-z0-9_.-]+", item)[0].lower() for item in wanted}
    assert names <= set(locked())


CONDA_NAMES = {"pytorch": "torch", "matplotlib-base": "matplotlib"}
FOREIGN = {"cellpose"}  # environments of other tools: pinned, but not by our lock


@pytest.mark.parametrize("path", sorted((ROOT / "envs").glob("*.yaml")), ids=lambda path: path.stem)
def test_conda_environments_are_pinned_to_the_versions_of_the_lock(path):
    environment = yaml.safe_load(path.read_text())
    assert environment["channels"] == ["conda-forge", "nodefaults"]
    for item in environment["dependencies"]:
        name, operator, version = re.fullmatch(r"([a-z0-9-]+) (==?)([0-9.]+)", item).groups()
        if name == "python":
            continue
        assert operator == "==", item
        assert path.stem in FOREIGN or version in locked()[CONDA_NAMES.get(name, name)], item


def dependencies_of(kind):
    return yaml.safe_load((ROOT / f"envs/{kind}.yaml").read_text())["dependencies"]


def distributions_imported(path):
    """The packages of others that a file imports, by their names in the lock."""
    known, found = packages_distributions(), set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        found |= {package.lower() for name in names for package in known.get(name.split(".")[0], ())}
    return found & set(locked())


@pytest.mark.parametrize("kind", ["data", "train", "report", "track"])
def test_a_conda_environment_holds_what_its_scripts_import(kind):
    """The third-party imports of every module that the rules of this environment reach are in it."""
    provided = {CONDA_NAMES.get(item.split()[0], item.split()[0]) for item in dependencies_of(kind)}
    optional = set() if kind == "train" else {"torch"}  # imported within functions that this environment does not call
    scripts = [ROOT / f"workflow/scripts/{name}.py" for name, body in BODIES.items() if f"envs/{kind}.yaml" in body]
    scripts = [script for script in scripts if script.exists()]
    assert scripts
    for path in {*scripts, *chain(*map(imported_modules, scripts))}:
        lacking = distributions_imported(path) - provided - optional
        assert not lacking, f"{path.name} imports {lacking}; envs/{kind}.yaml lacks it"


def test_imports_are_found_under_their_packages_names(tmp_path):
    (tmp_path / "a.py").write_text("import json, yaml\nfrom skimage.draw import disk\nimport PIL.Image as image\n")
    assert distributions_imported(tmp_path / "a.py") == {"pyyaml", "scikit-image", "pillow"}
