"""Model files that stand alone, and the facts of a run."""

import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from builders.images import SETTINGS
from builders.networks import small_network

from unetlib.io.files import FileError, write_json
from unetlib.io.settings import SettingsError
from unetlib.networks import trained_network
from unetlib.networks.blocks import initialise
from unetlib.networks.prediction_options import prediction_settings
from unetlib.networks.run_record import RecordError, RunFacts, RunRecord, read_facts
from unetlib.networks.settings import PredictionSettings
from unetlib.networks.trained_network import load_network, read_model, save_model, study_prediction
from unetlib.training import provenance

RECORD = RunRecord(
    settings={**SETTINGS, "model": {"base_filters": 2, "depth": 2, "skip": "none"}},
    experiment="reference",
    data=[{"dataset": "phase", "sha256": None}],
)


def weights(layout=torch.contiguous_format, seed=0):
    model = small_network(depth=2, skip="none")
    initialise(model, torch.Generator().manual_seed(seed))
    return model.to(memory_format=layout).state_dict()


def test_a_model_file_is_usable_alone(tmp_path):
    save_model(tmp_path / "model.pt", weights(), RECORD)
    network, image = load_network(tmp_path / "model.pt", "cpu"), torch.randn(1, 1, 24, 24)
    expected = small_network(depth=2, skip="none").eval()
    assert torch.equal(network.model(image), expected(image)) and not network.model.training
    assert network.record == RECORD
    assert not any(part.requires_grad for part in read_model(tmp_path / "model.pt")[1].values())


def test_equal_contents_give_equal_bytes(tmp_path):
    for folder, layout in (("one", torch.contiguous_format), ("another", torch.channels_last)):
        save_model(tmp_path / folder / "model.pt", weights(layout), RECORD)
    assert (tmp_path / "one/model.pt").read_bytes() == (tmp_path / "another/model.pt").read_bytes()
    save_model(tmp_path / "third/model.pt", weights(seed=1), RECORD)
    assert (tmp_path / "one/model.pt").read_bytes() != (tmp_path / "third/model.pt").read_bytes()


OLD = {  # a record of format 1: what the versions before the typed settings wrote
    "settings": {
        "gap": True,
        "normalisation": "percentile",
        "threshold": 0.4,
        "weights": {"form": "paper", "w0": 10, "sigma_px": 5},
        "augmentation": {"policy": "full", "variants": 12},
        "model": {"base_filters": 2, "depth": 2, "skip": "none"},
        "loss": {"name": "weighted_ce", "params": {}},
        "training": {"updates": 50, "accumulate": 2, "checkpoint_every": 10, "precision": "bfloat16"},
        "validation": "whole",
        "batch": {"size": 1, "tile_px": 100},
        "inference": {"mode": "tile", "rotations": 8},
    },
    "experiment": "reference",
    "train_dataset": "phase",
    "fold": 0,
    "seed": 0,
    "code": "c0de",
    "data": [{"dataset": "phase", "source": "a.zip", "sha256": None, "format": "ctc", "options": None, "binning": 2}],
    "best_update": 40,
}


def test_a_file_of_an_earlier_version_loads_under_the_names_of_today(tmp_path):
    torch.save({"format": 1, "settings": OLD, "state_dict": weights()}, tmp_path / "model.pt")
    network = load_network(tmp_path / "model.pt", "cpu")
    settings = network.record.settings
    assert set(settings) & {"gap", "weights"} == set() and settings["separate_touching"] is True
    assert settings["weight_map"]["w0"] == 10 and settings["augmentation"]["copies"] == 12
    assert settings["training"] == {"updates": 50, "accumulation_steps": 2, "precision": "bfloat16"}
    assert settings["validation"] == {"images": "whole"}
    assert (network.precision, network.tile_px, network.record.seed) == ("auto", 100, 0)
    predicts = network.prediction
    assert (predicts.instances.threshold, predicts.normalisation, predicts.binning) == (0.4, "percentile", 2)
    assert predicts.inference.test_time_augmentation == 8
    image = torch.randn(1, 1, 24, 24)
    assert torch.equal(network.model(image), small_network(depth=2, skip="none").eval()(image))
    assert RunRecord.read(network.record.model_dump(), "again") == network.record, "translated once and for all"


STUDY = {
    "inference": {"mode": "tile", "test_time_augmentation": 4},
    "instances": {"threshold": 0.6, "min_area_px": 50, "watershed_depth_px": 2},
    "normalisation": "zscore",
    "binning": 2,
    "pixel_size_um": 0.65,
}


def test_a_model_predicts_as_its_study_unless_the_user_wants_otherwise(tmp_path):
    path = tmp_path / "model.pt"
    save_model(path, weights(), RECORD)
    network = load_network(path, "cpu")
    alone, said = prediction_settings(path, network)
    assert study_prediction(path) is None and alone == network.prediction and alone.instances.min_area_px == 0
    assert f"as {path} records, for there is no prediction.json beside it" in said
    write_json(tmp_path / "prediction.json", STUDY)
    found, said = prediction_settings(path, network)
    assert found == PredictionSettings.read(STUDY) and f"as in {tmp_path / 'prediction.json'}" in said
    assert "threshold 0.6, minimum area 50 px, watershed depth 2 px, test-time augmentation 4" in said
    given = {"threshold": 0.3, "min_area_px": 0, "watershed_depth_px": 0, "test_time_augmentation": 8, "binning": 1}
    chosen, said = prediction_settings(path, network, **given)
    assert chosen.instances.identity() == {"threshold": 0.3, "min_area_px": 0, "watershed_depth_px": 0}
    assert (chosen.inference.test_time_augmentation, chosen.binning, chosen.pixel_size_um) == (8, 1, 1.3)  # what it saw
    assert "threshold 0.3, minimum area 0 px, watershed depth 0 px, test-time augmentation 8" in said


def test_a_study_file_that_is_none_is_one_clear_line(tmp_path):
    beside = tmp_path / "prediction.json"
    write_json(beside, STUDY | {"thresold": 1})
    with pytest.raises(
        SettingsError, match=r"prediction\.json: thresold is not a known key.*; remove it or run"
    ) as caught:
        study_prediction(tmp_path / "model.pt")
    assert "\n" not in str(caught.value)
    beside.write_text("half")
    with pytest.raises(FileError, match=r"prediction\.json: not readable as JSON"):
        study_prediction(tmp_path / "model.pt")


def test_a_damaged_or_foreign_file_is_one_clear_line(tmp_path):
    path = tmp_path / "model.pt"
    with pytest.raises(trained_network.ModelFileError, match="no such model file"):
        read_model(path)
    save_model(path, weights(), RECORD)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(trained_network.ModelFileError, match="not a readable model file") as caught:
        read_model(path)
    assert "\n" not in str(caught.value)
    torch.save({"state_dict": {}}, path)
    with pytest.raises(trained_network.ModelFileError, match="not a model of this project"):
        read_model(path)
    torch.save({"format": 2, "settings": {"seed": "zero"}, "state_dict": weights()}, path)
    with pytest.raises(trained_network.ModelFileError, match=r"model\.pt: seed is 'zero'.*; train again"):
        read_model(path)


class Hostile:
    """Runs a command when unpickled by a careless loader."""

    def __reduce__(self):
        return os.system, ("touch hostile-was-here",)


def test_nothing_in_a_model_file_is_executed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save({"format": trained_network.FORMAT, "settings": Hostile(), "state_dict": {}}, "model.pt")
    with pytest.raises(trained_network.ModelFileError, match="not a readable model file"):
        read_model("model.pt")
    assert not (tmp_path / "hostile-was-here").exists()


def test_facts_carry_versions_and_memory_and_are_read_again(tmp_path):
    path = tmp_path / "facts.json"
    provenance.write_facts(path, RunFacts(seed=3, roles={"a": {"train": ["x"]}}))
    facts = read_facts(path)
    assert facts.seed == 3 and facts.roles == {"a": {"train": ["x"]}} and facts.peak_memory_bytes > 1e6
    assert facts.versions["python"] == sys.version.split()[0]
    assert facts.versions["torch"].split("+")[0] == torch.__version__.split("+")[0]
    assert facts.is_of_the_same_run(RunRecord(seed=3)) and not facts.is_of_the_same_run(RunRecord(seed=4))
    write_json(path, {"fold": "first"})
    with pytest.raises(RecordError, match=r"facts\.json: fold is 'first'"):
        read_facts(path)


def test_peak_memory_is_this_process_alone():
    """A small child of a process that has held 400 MB does not report 400 MB."""
    ballast = np.ones(50_000_000)
    own = provenance.peak_memory_bytes()
    del ballast
    code = "from unetlib.training import provenance; print(provenance.peak_memory_bytes())"
    child = int(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout)
    assert own > 400e6 and provenance.peak_memory_bytes() > 0.99 * own and 1e6 < child < 200e6


def test_module_does_not_import_torch():
    code = "import sys; import unetlib.networks.trained_network; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout == b"False\n"


def test_the_cpu_has_no_device_memory():
    assert provenance.peak_device_memory_bytes("cpu") == 0
