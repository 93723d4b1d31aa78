"""Packages for bioimage.io: the zoo's own validator accepts them and predicts what the study would."""

import json
import zipfile
from typing import get_args

import numpy as np
import pytest
import tifffile
from builders.images import SETTINGS, save, spots, write_stack
from builders.networks import model_file

from unetlib import cli
from unetlib.imaging.normalisation import normalise, statistics
from unetlib.imaging.settings import Normalisation
from unetlib.networks.export import bioimageio, exporter
from unetlib.networks.predict import Tiling, predict
from unetlib.networks.run_record import RunRecord
from unetlib.networks.tiling import valid_output
from unetlib.networks.trained_network import save_model

pytest.importorskip("onnx", reason="onnx is part of the optional unetlib[export]")
pytest.importorskip("onnxruntime", reason="onnxruntime is part of the optional unetlib[export]")


@pytest.fixture(scope="module")
def movie(tmp_path_factory):
    return write_stack(tmp_path_factory.mktemp("images") / "movie.tif", spots(3, 60, 70), "TYX")


@pytest.mark.parametrize("depth", [1, 2, 3, 4, 5])
def test_the_sizes_that_a_package_states_are_those_of_the_network(depth):
    smallest, step = bioimageio.smallest_input(depth, "valid"), 2 ** (depth - 1)
    for side in (smallest, smallest + step, smallest + 5 * step):
        assert side - valid_output(side, depth) == 2 * bioimageio.border_px(depth, "valid")
    with pytest.raises(ValueError, match="does not fit"):
        valid_output(smallest - step, depth)


@pytest.mark.parametrize("um", [0.65, 0.19, 0.38, 1.6, 0.24, 0.004, 1 / 3, 0.1625])
def test_pixels_divided_by_their_size_are_whole(um):
    scale = bioimageio.whole_scale(um)
    assert scale == pytest.approx(1000 * um, abs=1e-3)
    assert all(int(side * scale / scale) == side for side in range(1, 5000))


def test_the_normalisations_are_those_of_bioimageio():
    """As its description defines them: mean and deviation, or two percentiles, of channel, y and x."""
    image = spots(40, 50).astype(np.float32)
    for name in get_args(Normalisation):
        found = image.astype(np.float64)
        fixed = statistics(image, name) if name == "unit_range" else None
        for step in bioimageio.preprocessing(name, fixed)[1:]:
            how = step["kwargs"]
            if step["id"] == "zero_mean_unit_variance":
                found = (found - found.mean()) / (found.std() + how["eps"])
            elif step["id"] == "scale_linear":
                found = found * how["gain"] + how["offset"]
            elif step["id"] == "clip":
                found = np.clip(found, how["min"], how["max"])
            else:
                low, high = np.percentile(found, (how["min_percentile"], how["max_percentile"]))
                found = (found - low) / (high - low + how["eps"])
        np.testing.assert_allclose(found, normalise(image, name), atol=1e-5)


CORE = "bioimageio.core is part of the optional unetlib[export]"


@pytest.mark.parametrize("model", [{}, {"padding": "same"}], ids=["valid", "same"])
def test_a_package_passes_the_zoos_own_test_and_predicts_what_the_study_would(tmp_path, movie, model):
    core = pytest.importorskip("bioimageio.core", reason=CORE)
    path, network = model_file(tmp_path / "model.pt", **model)
    given = ["export", path, "--to", "bioimageio", "-o", tmp_path / "package.zip", "--image", movie, "--tile", "20"]
    assert cli.main([str(part) for part in given]) == 0
    summary = core.test_model(tmp_path / "package.zip", devices=["cpu"])
    assert summary.status == "passed", summary.format()
    described = core.load_description(tmp_path / "package.zip")
    assert described.config.unetlib["run" if "run" in described.config.unetlib else "model_sha256"]
    border = bioimageio.border_px(3, network.padding)
    axis = described.outputs[0].axes[2]
    assert (axis.size.offset == -2 * border) if network.padding == "valid" else (axis.halo == border)
    assert described.inputs[0].axes[2].scale == 650 and described.cite[0].doi == bioimageio.PAPER
    with zipfile.ZipFile(tmp_path / "package.zip") as package:
        seen, said = (np.load(package.open(f"test-{name}.npy"))[0, 0] for name in ("image", "probability"))
    inner = slice(border, -border)
    whole = predict(network, normalise(seen), Tiling(20))[inner, inner]  # only the border of it sees mirrors
    found = said if network.padding == "valid" else said[inner, inner]
    assert np.abs(found - whole).max() <= 1e-5
    assert np.isin(seen, tifffile.imread(movie)[0]).all(), "grey values of the image, not normalised"


@pytest.mark.parametrize("normalisation", ["stretch_2_98", "unit_range"])
def test_a_package_normalises_as_its_study_does(tmp_path, normalisation):
    """bioimageio.core follows the steps of the description from grey values on, which are of 8 bits here."""
    core = pytest.importorskip("bioimageio.core", reason=CORE)
    image = tmp_path / "image.tif"
    tifffile.imwrite(image, spots(60, 70))
    path = save(tmp_path / "model.pt", normalisation=normalisation)
    done = exporter.export(path, tmp_path / "package.zip", kind="bioimageio", image=image, tile_px=20)
    assert done.difference <= 1e-5 and core.test_model(tmp_path / "package.zip", devices=["cpu"]).status == "passed"
    with zipfile.ZipFile(tmp_path / "package.zip") as package:
        described, words = json.loads(package.read("rdf.yaml")), package.read("README.md").decode()
    fixed = normalisation == "unit_range"
    assert described["config"]["unetlib"].get("largest_grey") == (255 if fixed else None)
    assert ("Grey values reach from 0 to 255" in words) == fixed != ("Statistics are those of the whole" in words)


def test_a_package_of_a_pixel_type_needs_an_image_of_it(tmp_path, capsys):
    path = save(tmp_path / "model.pt", normalisation="unit_range")
    given = ["export", path, "--to", "bioimageio", "-o", tmp_path / "package.zip", "--tile", "20"]
    assert cli.main([str(part) for part in given]) == 1
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert "unit_range" in line and "give an image of that type (--image)" in line
    assert exporter.export(path, tmp_path / "m.onnx", kind="onnx", tile_px=20).difference <= 1e-5


def test_a_binned_network_says_so_where_a_person_and_a_program_look(tmp_path, movie):
    pytest.importorskip("bioimageio.core", reason=CORE)
    path, network = model_file(tmp_path / "model.pt")
    data = [{"dataset": "cells", "sha256": None, "options": {"pixel_size_um": 0.19}, "binning": 2}]
    settings = {**SETTINGS, "model": {"base_filters": 3, "depth": 3}}
    save_model(path, network.state_dict(), RunRecord(settings=settings, data=data))
    exporter.export(path, tmp_path / "package.zip", kind="bioimageio", image=movie, tile_px=20)
    with zipfile.ZipFile(tmp_path / "package.zip") as package:
        described, words = json.loads(package.read("rdf.yaml")), package.read("README.md").decode()
    for text in (described["description"], described["inputs"][0]["description"], words):
        assert "Average 2 × 2 pixels into one first." in text and "0.38 µm per pixel" in text
    assert described["inputs"][0]["axes"][2]["scale"] == pytest.approx(380)
    assert described["config"]["unetlib"]["binning"] == 2


def test_a_package_that_the_validator_refuses_is_not_kept(tmp_path, movie, monkeypatch):
    pytest.importorskip("bioimageio.core", reason=CORE)
    path = save(tmp_path / "model.pt")
    true = bioimageio.description

    def wrong(subject, files):
        return true(subject, files) | {"license": "none of the known"}

    monkeypatch.setattr(bioimageio, "description", wrong)
    with pytest.raises(bioimageio.PackageError, match=r"bioimageio\.core refuses the package"):
        exporter.export(path, tmp_path / "package.zip", kind="bioimageio", image=movie, tile_px=20)
    assert {file.name for file in tmp_path.iterdir()} == {"model.pt"}
