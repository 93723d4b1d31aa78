"""What is stated twice is compared: floors and imports, config and signatures, map and tree, lock and environments."""

import ast
import inspect
import re
import subprocess
import tomllib
from itertools import chain
from pathlib import Path

import pytest
import yaml
from builders.config import SCHEMAS

ROOT = Path(__file__).parents[2]
CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text())
SCRIPTS = sorted(path for path in (ROOT / "workflow/scripts").glob("*.py") if path.name != "splice.py")


def test_sections_of_the_config_are_signatures():
    from unetlib.datasets.splits import split
    from unetlib.evaluation.test_set import score_test_set
    from unetlib.imaging.weight_maps import weight_map
    from unetlib.networks.build import ARCHITECTURES, build
    from unetlib.networks.predict import MODES, ROTATIONS, predict_tta
    from unetlib.tracking.linking import link
    from unetlib.training.loop import train
    from unetlib.training.losses import LOSSES
    from unetlib.training.variants import make_variants, warp

    def keywords(function, *given):
        parameters = inspect.signature(function).parameters.values()
        return {p.name for p in parameters if p.kind is p.KEYWORD_ONLY} - set(given)

    assert set(CONFIG["model"]) == keywords(build, "in_channels", "classes")
    assert set(CONFIG["training"]) == keywords(train, "device", "seed", "checkpoint", "report")
    assert set(CONFIG["weights"]) == keywords(weight_map, "ignore")
    assert set(CONFIG["split"]) == keywords(split, "fold")
    assert set(CONFIG["inference"]) == keywords(predict_tta, "side_px", "tile_px", "batch", "device", "precision")
    assert set(CONFIG["augmentation"]) == keywords(warp, "generator") | {"policy", "variants"}
    rules = (ROOT / "workflow/rules/common.smk").read_text()
    assert keywords(score_test_set) | {"min_area_px"} == set(
        re.findall(r'"(\w+)"', re.search(r"SCORING = .*?\n}", rules, re.S)[0])
    )
    assert set(CONFIG["tracking"]) == keywords(link) | {"experiments"}
    assert {"weights", "augmentation", "gap"} == keywords(make_variants, "seed")
    schema = SCHEMAS["config.schema.yaml"]
    assert set(schema["$defs"]["loss"]["properties"]["name"]["enum"]) == set(LOSSES)
    choices = {name: schema["$defs"][name]["properties"] for name in ("model", "inference")}
    assert choices["model"]["architecture"]["enum"] == list(ARCHITECTURES)
    assert choices["inference"]["mode"]["enum"] == list(MODES)
    assert choices["inference"]["rotations"]["enum"] == list(ROTATIONS)
    known = set().union(*(keywords(loss) for loss in LOSSES.values()))
    assert set(schema["$defs"]["loss"]["properties"]["params"]["properties"]) == known


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_schema_is_closed_described_and_without_defaults(name):
    def walk(node, path):
        if not isinstance(node, dict):
            return
        assert "default" not in node, path
        if node.get("type") == "object":
            closed = node.get("additionalProperties")
            assert closed is False or isinstance(closed, dict), f"{path} is open"
        for name, child in node.get("properties", {}).items():
            assert "$ref" in child or child.get("description"), f"{path}.{name} has no description"
            walk(child, f"{path}.{name}")
        for name, child in node.get("$defs", {}).items():
            walk(child, name)
        walk(node.get("additionalProperties"), f"{path}.*")

    walk(SCHEMAS[name], name)


def rules():
    text = "".join(path.read_text() for path in sorted((ROOT / "workflow/rules").glob("*.smk")))
    return re.findall(r"^rule (\w+):", text, flags=re.M), text


def test_a_rule_a_script_and_a_log_share_one_name():
    names, text = rules()
    assert sorted(names) == [path.stem for path in SCRIPTS]
    for name in names:
        assert re.search(rf"(LOGS}}|logs)/{name}\b", text), f"rule {name} has no log of its name"
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
                        optional = package == "torch" and kind != "train"  # inside functions of runs and splice
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
