"""What is stated twice is compared: floors and imports, config and signatures, map and tree, lock and environments."""

import ast
import re
import subprocess
import tomllib
from itertools import chain
from pathlib import Path

import pytest
import yaml

from unetlib.io.settings import Settings
from unetlib.study.settings import StudySettings

ROOT = Path(__file__).parents[2]
CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text())
SCRIPTS = sorted(path for path in (ROOT / "workflow/scripts").glob("*.py") if path.name != "script.py")


def test_the_configuration_states_every_setting():
    """A reader changes any number in config.yaml: no default stands in code alone (but of a dataset's own options)."""

    def walk(model, stated, path):
        for name, field in model.model_fields.items():
            if (field.json_schema_extra or {}).get("rests"):
                continue
            assert name in stated, f"config.yaml does not state {path}{name}"
            if isinstance(field.annotation, type) and issubclass(field.annotation, Settings) and name != "params":
                walk(field.annotation, stated[name], f"{path}{name}.")

    walk(StudySettings, CONFIG, "")


def rules():
    text = "".join(path.read_text() for path in sorted((ROOT / "workflow/rules").glob("*.smk")))
    return re.findall(r"^rule (\w+):", text, flags=re.M), text


def test_a_rule_a_script_and_a_log_share_one_name():
    names, text = rules()
    assert sorted(names) == [path.stem for path in SCRIPTS]
    for name in names:
        assert re.search(rf'LAYOUT\.log\("{name}"|logs/{name}/', text), f"rule {name} has no log of its name"
        assert f"scripts/{name}.py" in text


def test_every_option_that_a_rule_passes_is_one_that_its_script_takes():
    _, text = rules()
    for body in re.split(r"^rule ", text, flags=re.M)[1:]:
        name = body.split(":")[0]
        script = (ROOT / f"workflow/scripts/{name}.py").read_text()
        for option in set(re.findall(r"--([a-z-]+) ", body)):
            assert re.search(rf"\b{option.replace('-', '_')}\b", script), f"{name}.py takes no --{option}"


def locked():
    found = {}
    for line in (ROOT / "requirements.lock").read_text().splitlines():
        match = re.match(r"([A-Za-z0-9_.-]+)==([^ ;\\]+)", line)
        if match:
            found.setdefault(match[1].lower(), set()).add(match[2])
    return found


def test_the_lock_is_hashed_names_no_host_and_covers_the_project():
    text = (ROOT / "requirements.lock").read_text() + (ROOT / "envs/uv.lock").read_text()
    assert "://" not in text and "index-url" not in text.replace("--no-emit-index-url", "")
    pins = re.findall(r"^[A-Za-z0-9_.-]+==.*$", text, flags=re.M)
    assert all(pin.rstrip().endswith("\\") for pin in pins), "a pin without a hash"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
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


@pytest.mark.parametrize("kind", ["data", "train", "report", "track"])
def test_a_conda_environment_holds_what_its_scripts_import(kind):
    """The third-party imports of every module that the rules of this environment reach are in it."""
    from unetlib.study.code_fingerprint import imported_modules

    _, text = rules()
    provided = {CONDA_NAMES.get(item.split()[0], item.split()[0]) for item in environment_of(kind)}
    provided |= {"scikit-image"} if "scikit-image" in provided else set()
    aliases = {"skimage": "scikit-image"}
    bodies = re.split(r"^rule ", text, flags=re.M)[1:]
    scripts = [ROOT / f"workflow/scripts/{b.split(':')[0]}.py" for b in bodies if f"envs/{kind}.yaml" in b]
    assert scripts
    for script in scripts:
        for path in [script, *imported_modules(script)]:
            for node in ast.walk(ast.parse(path.read_text())):
                names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
                names += [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
                for name in {n.split(".")[0] for n in names}:
                    package = aliases.get(name, name)
                    if package in locked():
                        optional = package == "torch" and kind != "train"  # inside functions of runs and script
                        assert package in provided or optional, f"{path.name} imports {name}; envs/{kind}.yaml lacks it"


def environment_of(kind):
    return yaml.safe_load((ROOT / f"envs/{kind}.yaml").read_text())["dependencies"]


def test_the_readme_maps_every_file():
    text = (ROOT / "README.md").read_text()
    for path in (ROOT / "unetlib").glob("[!_]*"):
        assert re.search(rf"[|,] {path.stem}\b", text), f"README does not map unetlib/{path.name}"
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    for name in set(listed.stdout.split()) - {"README.md"}:
        parents = [str(parent) for parent in Path(name).parents][:-1]
        assert any(f"{part}" in text for part in [name, *parents]), f"README does not map {name}"
