"""Networks of one training set: what each run leaves behind, and that a job which was cut off ends in the same bits."""

import csv
import json

import numpy as np
import pytest
import torch
from builders import trained_runs
from builders.trained_runs import models

from unetlib.datasets.dataset import Dataset, Sample, write_dataset
from unetlib.io.files import write_csv, write_json
from unetlib.io.settings import Settings
from unetlib.networks.run_record import ALONE, RunFacts, RunRecord, read_facts
from unetlib.networks.trained_network import load_network
from unetlib.study.experiments import merged
from unetlib.training import run as module
from unetlib.training.cache import write_cache
from unetlib.training.run import TrainingData
from unetlib.training.settings import RunSettings

SETTINGS = RunSettings.read(
    {
        "augmentation": {"copies": 1},
        "model": {"base_filters": 1, "depth": 2, "padding": "same"},
        "training": {"updates": 4, "evaluate_every": 2, "warmup_updates": 0, "precision": "float32"},
        "batch": {"tile_px": 16},
    }
)
FRAMES = {"a": "train", "b": "validation", "c": "test"}


@pytest.fixture
def data(tmp_path):
    random, folder = np.random.default_rng(0), tmp_path / "datasets/cells"
    labels = np.pad(np.ones((12, 10), np.uint16), 6)
    facts = {"sequence": "01", "group": "g", "modality": "m", "labels": labels}
    image = (labels * 90 + random.integers(0, 60, labels.shape)).astype(np.uint8)
    write_dataset(folder, [Sample(name, time=n, image=image + n, **facts) for n, name in enumerate(FRAMES)])
    write_json(folder / "dataset.json", {"source": "a.zip", "sha256": "ab" * 32, "options": {"pixel_size_um": 0.5}})
    split = tmp_path / "splits/cells/key/fold0.csv"
    write_csv(split, [{"frame": name, "role": role} for name, role in FRAMES.items()], ("frame", "role"))
    cache = write_cache(tmp_path / "cache", Dataset(folder), ["a"], SETTINGS.cache, seed=0, code="c")
    return [TrainingData(Dataset(folder), split, cache)]


def trained(folder, data, settings=SETTINGS, said=None):
    return trained_runs.trained(folder, data, settings, said)


def test_a_run_leaves_its_network_history_and_facts(tmp_path, data):
    said = []
    first, second = trained(tmp_path, data, said=said)
    assert {path.name for path in first.parent.iterdir()} == {"model.pt", "history.csv", "facts.json"}
    assert len(said) == 4 and said[0].startswith("seed 0: update 2, loss ") and said[2].startswith("seed 1: ")
    with first.with_name("history.csv").open() as stream:
        assert [row["update"] for row in csv.DictReader(stream)] == ["2", "4"]
    facts, record = read_facts(first.with_name("facts.json")), load_network(first, "cpu").record
    assert record == RunRecord(**{name: getattr(facts, name) for name in RunRecord.model_fields})
    assert RunSettings.read(record.settings) == SETTINGS
    assert (record.experiment, record.train_dataset, record.seed, record.code) == ("reference", "cells", 0, "c0de")
    assert record.pixel_size_um == 0.5 and record.data[0].source == "a.zip"
    assert facts.roles == {"cells": {role: [name] for name, role in FRAMES.items()}} and facts.splits == {
        "cells": "key"
    }
    assert (facts.updates, facts.device, facts.threads, facts.bfloat16, facts.stopped_early) == (
        4,
        "cpu",
        1,
        False,
        False,
    )
    assert facts.parameters == sum(part.numel() for part in load_network(first, "cpu").model.parameters())
    assert first.read_bytes() != second.read_bytes(), "another seed"


def test_a_job_that_was_cut_off_goes_on_to_the_same_bits(tmp_path, data, monkeypatch):
    expected = [path.read_bytes() for path in trained(tmp_path / "straight", data)]
    real, drawn = module.Batches.__call__, []

    def dies(self, update):
        drawn.append(update)
        if len(drawn) == 7:  # of the second network, after its first evaluation
            raise KeyboardInterrupt
        return real(self, update)

    monkeypatch.setattr(module.Batches, "__call__", dies)
    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path / "cut", data)
    left = sorted(path.name for path in next(iter(models(tmp_path / "cut"))).parent.iterdir())
    assert any(name.startswith("checkpoint-") for name in left), "kept until the job is done"
    monkeypatch.setattr(module.Batches, "__call__", real)
    said = []
    assert [path.read_bytes() for path in trained(tmp_path / "cut", data, said=said)] == expected
    assert "seed 0: resumed 4" in said and "seed 1: resumed 2" in said
    assert not list((tmp_path / "cut").rglob("checkpoint-*"))


def test_a_checkpoint_of_other_settings_is_removed_and_not_used(tmp_path, data):
    first = next(iter(models(tmp_path)))
    first.parent.mkdir(parents=True)
    stale = first.with_name("checkpoint-01234567.pt")
    stale.write_text("of other settings")
    said = []
    trained(tmp_path, data, said=said)
    assert not stale.exists() and not any("resumed" in line or "warning" in line for line in said)


def test_a_damaged_cache_is_rebuilt_before_the_training(tmp_path, data):
    (expected, _), said = trained(tmp_path / "whole", data), []
    path = data[0].cache.parent / "a.image.npy"
    path.write_bytes(path.read_bytes()[:-9])
    found, _ = trained(tmp_path / "rebuilt", data, said=said)
    assert "a was not what its checksum says" in said[0] and found.read_bytes() == expected.read_bytes()


def test_what_selects_a_network_is_a_setting(tmp_path, data):
    flawed = SETTINGS.model_copy(
        update={"validation": module.RunSettings.read({"validation": {"images": "augmented"}}).validation}
    )
    scores = [
        load_network(trained(tmp_path / name, data, each)[0], "cpu").record.best_validation_dice
        for name, each in (("w", SETTINGS), ("a", flawed))
    ]
    assert scores[0] != scores[1]


def changed(**sections):
    """The settings with some of their keys replaced."""
    return RunSettings.read(merged(SETTINGS.model_dump(), sections))


def columns_of(model):
    with model.with_name("history.csv").open() as stream:
        return csv.DictReader(stream).fieldnames


def without_options(settings):
    """Every value of settings and their sections but those of options."""
    found = settings.model_dump(mode="json")
    for name, field in type(settings).model_fields.items():
        if (field.json_schema_extra or {}).get("rests"):
            del found[name]
        elif isinstance(value := getattr(settings, name), Settings):
            found[name] = without_options(value)
    return found


def test_a_network_records_its_settings_without_options_that_it_does_not_use(tmp_path, data):
    """So that the file of a network keeps its bytes when options are added."""
    first, _ = trained(tmp_path, data)
    recorded = load_network(first, "cpu").record.settings
    assert json.dumps(recorded) == json.dumps(without_options(SETTINGS)) != json.dumps(SETTINGS.model_dump(mode="json"))


def test_a_history_has_the_scores_that_were_asked_for(tmp_path, data):
    always = ["update", "loss", "validation_dice", "learning_rate", "seconds"]
    assert columns_of(trained(tmp_path / "plain", data)[0]) == always
    by_loss, _ = trained(tmp_path / "loss", data, changed(training={"select_by": "loss"}))
    assert columns_of(by_loss) == [*always[:3], "validation_loss", *always[3:]]
    augmented, _ = trained(tmp_path / "iou", data, changed(validation={"images": "augmented"}))
    assert columns_of(augmented) == [*always[:3], "validation_iou", *always[3:]]
    assert 0 <= read_facts(augmented.with_name("facts.json")).best_validation_iou <= 1
    assert "best_validation_iou" not in json.loads(by_loss.with_name("facts.json").read_text())


def test_updates_per_dataset_are_as_many_times_more_for_a_joint_network(tmp_path, data):
    for name, expected in (("network", ["2", "4"]), ("dataset", ["4", "8"])):
        joint, _ = trained(tmp_path / name, [*data, *data], changed(training={"updates_per": name}))
        with joint.with_name("history.csv").open() as stream:
            assert [row["update"] for row in csv.DictReader(stream)] == expected
        assert load_network(joint, "cpu").record.updates == int(expected[-1])


def test_every_fact_is_recorded(tmp_path, data):
    """A field of RunFacts that nobody fills would be an empty column."""
    first, _ = trained(tmp_path, data, changed(validation={"images": "augmented"}))
    facts = read_facts(first.with_name("facts.json"))
    assert [name for name in RunFacts.model_fields if getattr(facts, name) is None] == [*ALONE]
    assert torch.__version__.startswith(facts.versions["torch"].split("+")[0])


def test_a_network_learns_distances_on_the_way_of_all_others(tmp_path, data):
    settings = changed(target={"kind": "distances", "loss": "mse", "weight": 2.0})
    (each,) = data
    cache = write_cache(tmp_path / "distances", each.dataset, ["a"], settings.cache, seed=0, code="c")
    first, _ = trained(tmp_path, [TrainingData(each.dataset, each.split, cache)], settings)
    network = load_network(first, "cpu")
    assert network.record.settings["target"] == {"kind": "distances", "loss": "mse", "weight": 2.0}
    assert network.model.head.weight.shape[0] == 4 and network.model.planes == (2,)


def test_a_cache_without_distances_is_named(tmp_path, data):
    with pytest.raises(ValueError, match="holds no distance targets"):
        trained(tmp_path, data, changed(target={"kind": "distances"}))
