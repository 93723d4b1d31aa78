"""The typed configuration: what it accepts, and the schema that is written from it."""

import json

import pytest
import yaml
from builders.config import TINY, changed, config_of, study
from builders.project import ROOT
from jsonschema import Draft202012Validator

from tools.write_schema import SCHEMA, schema, text
from unetlib.datasets.settings import DatasetSettings
from unetlib.io.settings import SettingsError
from unetlib.study.experiments import run_settings, split_settings
from unetlib.study.settings import StudySettings

STUDIES = [(), ("cpu",), ("cpu", "ladder"), ("cpu", "tuned-cells"), ("cpu", "tuned-membranes"), ("cpu", "tuned-nuclei")]
STUDIES += [("cpu", "protocols"), ("cpu", "recipes"), ("cpu", "decisive")]
STUDIES += [("demo",), (TINY,), ("cpu", "league")]
VALIDATOR = Draft202012Validator(yaml.safe_load(SCHEMA.read_text()))


def test_the_schema_is_the_one_of_the_models():
    assert SCHEMA.read_text() == text(), "run: python -m tools.write_schema"


def test_the_schema_is_closed_described_and_without_defaults():
    def walk(node, path):
        if not isinstance(node, dict):
            return
        assert not {"default", "title"} & set(node) or path == "schema", path
        if node.get("type") == "object":
            assert node.get("additionalProperties") is False, f"{path} is open"
        for name, child in node.get("properties", {}).items():
            named = schema()["$defs"].get(child.get("$ref", "").removeprefix("#/$defs/"), child)
            assert child.get("description") or named.get("description"), f"{path}.{name} has no description"
            walk(child, f"{path}.{name}")
        for name, child in node.get("$defs", {}).items():
            walk(child, name)

    Draft202012Validator.check_schema(schema())
    walk(schema(), "schema")


@pytest.mark.parametrize("names", STUDIES, ids=lambda names: "-".join(map(str, names))[-20:] or "paper")
def test_every_study_fits_the_models_and_the_schema(names):
    config = config_of(*names)
    study(config)
    VALIDATOR.validate(config)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("trainig",), {}),
        (("training", "update"), 3),
        (("training", "updates"), -3),
        (("model", "skip"), "no"),
        (("experiments", "plain", "modle"), {}),
        (("experiments", "plain", "model"), {"dept": 3}),
        (("experiments", "plain", "train_on"), "a"),
        (("datasets", "a", "primary_metric"), "segg"),
        (("datasets", "a b"), {"format": "ctc", "split": "block", "primary_metric": "iou", "min_area_px": 0}),
        (("study", "datasets"), []),
    ],
)
def test_the_models_and_the_schema_refuse_the_same(path, value):
    config = changed(path, value)
    assert not VALIDATOR.is_valid(config)
    with pytest.raises(SettingsError):
        study(config)


@pytest.mark.parametrize("name", ["datasets", "experiments", "folds", "seeds", "external_tools"])
def test_a_list_of_the_study_names_everything_once(name):
    twice = {"datasets": ["a", "a"], "experiments": ["reference", "reference"], "external_tools": ["x", "x"]}
    with pytest.raises(SettingsError, match=rf"study\.{name} lists .+ twice"):
        study(changed(("study", name), twice.get(name, [1, 1])))


def test_a_study_read_again_from_its_json_means_the_same() -> None:
    study = StudySettings.read(yaml.safe_load((ROOT / "config.yaml").read_text()))
    again = StudySettings.from_json(json.dumps(study.identity()))
    assert again == study == StudySettings.from_json(json.dumps(study.plain()))
    for name in study.experiments:
        assert run_settings(again, name) == run_settings(study, name)
        for dataset in study.datasets:
            assert split_settings(again, dataset, name) == split_settings(study, dataset, name)


@pytest.mark.parametrize("name", ["Fluo-N2DH-SIM+.zip", "my cells.zip"])
def test_archives_have_the_names_of_their_publishers(name: str) -> None:
    entry = {"format": "ctc", "archive": name, "split": "sequence", "primary_metric": "seg", "min_area_px": 0}
    assert DatasetSettings.read(entry).archive == name
    with pytest.raises(SettingsError, match="archive is"):
        DatasetSettings.read(entry | {"archive": f"../{name}"})
