"""The sections of config.yaml are the keywords of functions, and its schema is closed and described."""

import inspect
import re
from pathlib import Path

import pytest
import yaml
from builders.config import SCHEMAS

ROOT = Path(__file__).parents[2]
CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text())


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
