"""Model files that stand alone, and the facts of a run."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
import torch

from unetlib.networks import trained_network
from unetlib.networks.blocks import initialise
from unetlib.networks.unet import UNet
from unetlib.training import provenance

SETTINGS = {
    "model": {"base_filters": 2, "depth": 2, "skip": "none"},
    "threshold": 0.5,
    "data": [{"dataset": "phase", "sha256": None}],
    "shape": (1, 2),
}


def network(seed=0):
    model = UNet(**SETTINGS["model"])
    initialise(model, torch.Generator().manual_seed(seed))
    return model


def test_a_model_file_is_usable_alone(tmp_path):
    model, image = network().eval(), torch.randn(1, 1, 24, 24)
    trained_network.save_model(tmp_path / "model.pt", model.state_dict(), SETTINGS)
    settings, weights = trained_network.load_model(tmp_path / "model.pt")
    again = UNet(**settings["model"]).eval()
    again.load_state_dict(weights)
    assert torch.equal(again(image), model(image))
    assert settings == {**SETTINGS, "shape": [1, 2]}
    assert not any(part.requires_grad for part in weights.values())


def test_equal_contents_give_equal_bytes(tmp_path):
    for folder, layout in (("one", torch.contiguous_format), ("another", torch.channels_last)):
        weights = network().to(memory_format=layout).state_dict()
        trained_network.save_model(tmp_path / folder / "model.pt", weights, SETTINGS)
    assert (tmp_path / "one/model.pt").read_bytes() == (tmp_path / "another/model.pt").read_bytes()
    trained_network.save_model(tmp_path / "third/model.pt", network(seed=1).state_dict(), SETTINGS)
    assert (tmp_path / "one/model.pt").read_bytes() != (tmp_path / "third/model.pt").read_bytes()


@pytest.mark.parametrize("bad", [np.float64(1), {"deep": [object()]}, torch.ones(1)])
def test_settings_that_would_not_load_again_are_refused(tmp_path, bad):
    with pytest.raises(trained_network.ModelFileError, match=r"settings\.model.* is a .*; give dicts, lists, strings"):
        trained_network.save_model(tmp_path / "model.pt", network().state_dict(), {"model": bad})
    assert not list(tmp_path.iterdir())


def test_a_damaged_or_foreign_file_is_one_clear_line(tmp_path):
    path = tmp_path / "model.pt"
    with pytest.raises(trained_network.ModelFileError, match="no such model file"):
        trained_network.load_model(path)
    trained_network.save_model(path, network().state_dict(), SETTINGS)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(trained_network.ModelFileError, match="not a readable model file") as caught:
        trained_network.load_model(path)
    assert "\n" not in str(caught.value)
    torch.save({"state_dict": {}}, path)
    with pytest.raises(trained_network.ModelFileError, match="not a model of this project"):
        trained_network.load_model(path)


class Hostile:
    """Runs a command when unpickled by a careless loader."""

    def __reduce__(self):
        return os.system, ("touch hostile-was-here",)


def test_nothing_in_a_model_file_is_executed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save({"format": trained_network.FORMAT, "settings": Hostile(), "state_dict": {}}, "model.pt")
    with pytest.raises(trained_network.ModelFileError, match="not a readable model file"):
        trained_network.load_model("model.pt")
    assert not (tmp_path / "hostile-was-here").exists()


def test_facts_carry_versions_and_memory_unless_given(tmp_path):
    provenance.write_facts(tmp_path / "facts.json", {"seed": 3, "peak_memory_bytes": 7})
    facts = json.loads((tmp_path / "facts.json").read_text())
    assert facts["seed"] == 3 and facts["peak_memory_bytes"] == 7
    assert facts["versions"]["python"] == sys.version.split()[0]
    assert facts["versions"]["torch"].split("+")[0] == torch.__version__.split("+")[0]


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


def test_line_is_short():
    row = {"update": 12, "loss": 0.123456789, "validation_dice": 1.0, "warning": "none"}
    assert trained_network.line(row) == "update 12 · loss 0.1235 · validation_dice 1 · warning none"
    assert provenance.peak_device_memory_bytes("cpu") == 0
