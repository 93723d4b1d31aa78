"""Exports: another runtime gives what PyTorch gives, and the zoo's own validator accepts the package."""

import json
import zipfile
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import tifffile
import torch
from builders.images import SETTINGS, save, spots, write_stack

from unetlib import cli
from unetlib.imaging.normalisation import normalise, statistics
from unetlib.imaging.settings import Normalisation
from unetlib.io.outputs import OutputError
from unetlib.networks.blocks import initialise
from unetlib.networks.build import build
from unetlib.networks.export import bioimageio, exporter, onnx_graph
from unetlib.networks.predict import Tiling, predict
from unetlib.networks.run_record import RunRecord
from unetlib.networks.settings import ModelSettings
from unetlib.networks.tiling import context_px, valid_output
from unetlib.networks.trained_network import save_model

onnx = pytest.importorskip("onnx", reason="onnx is part of the optional unetlib[export]")
runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is part of the optional unetlib[export]")


@pytest.fixture(scope="module")
def movie(tmp_path_factory):
    return write_stack(tmp_path_factory.mktemp("images") / "movie.tif", spots(3, 60, 70), "TYX")


def model_file(path, **model):
    """A model.pt with random weights of any architecture."""
    chosen = {"base_filters": 3, "depth": 3, **model}
    network = build(ModelSettings(**chosen))
    initialise(network, torch.Generator().manual_seed(5))
    data = [{"dataset": "phase", "sha256": "ab" * 32, "source": "a.zip", "options": {"pixel_size_um": 0.65}}]
    settings = {**SETTINGS, "model": chosen}
    record = RunRecord(settings=settings, data=data, experiment="reference", best_update=7)
    save_model(path, network.state_dict(), record)
    return path, network.eval()


NETWORKS = [
    {},
    {"skip": "none", "norm": "batch"},
    {"upsampling": "bilinear", "norm": "instance"},
    {"padding": "same", "norm": "group", "dropout_kind": "channel", "dropout_deepest": 0.1},
    {"architecture": "attention_unet", "padding": "same"},
    {"architecture": "unet_plus_plus", "padding": "same", "upsampling": "bilinear"},
]


@pytest.mark.parametrize("model", NETWORKS, ids=lambda model: "-".join(map(str, model.values())) or "paper")
def test_the_graph_is_the_network_on_sizes_and_batches_that_it_was_not_traced_with(tmp_path, movie, model):
    path, network = model_file(tmp_path / "model.pt", **model)
    done = exporter.export(path, tmp_path / "model.onnx", kind="onnx", image=movie, tile_px=20)
    assert done.difference <= 1e-5 and done.tiles == 3
    session = runtime.InferenceSession(done.file.read_bytes())
    for batch, rows, columns in ((1, 48, 64), (3, 64, 48)):
        rows, columns = (side + (0 if network.padding == "same" else 4) for side in (rows, columns))
        images = torch.randn(batch, 1, rows, columns, generator=torch.Generator().manual_seed(1))
        found = session.run(None, {"image": images.numpy()})[0]
        with torch.no_grad():
            expected = network(images).softmax(dim=1)[:, 1:].numpy()  # the naive twin of the logits' difference
        assert found.shape == expected.shape and np.abs(found - expected).max() <= 1e-5
        assert expected.std() > 1e-3, "a network that says the same everywhere shows nothing"


def test_what_one_must_know_stands_in_the_graph_and_equal_input_gives_equal_bytes(tmp_path, movie):
    path, _ = model_file(tmp_path / "model.pt")
    for name in ("a.onnx", "b.onnx"):
        exporter.export(path, tmp_path / name, kind="onnx", image=movie, tile_px=20)
    assert (tmp_path / "a.onnx").read_bytes() == (tmp_path / "b.onnx").read_bytes()
    facts = {prop.key: json.loads(prop.value) for prop in onnx.load(tmp_path / "a.onnx").metadata_props}
    assert facts["normalisation"] == "zscore" and facts["threshold"] == 0.5 and facts["binning"] == 1
    assert facts["pixel_size_um"] == 0.65 and facts["context_px"] == context_px(3) == 20
    assert facts["run"]["data"][0]["sha256"] == "ab" * 32 and facts["run"]["best_update"] == 7
    assert facts["run"]["model_sha256"] == exporter.sha256_of(path)


def test_an_export_states_the_pixel_size_that_the_study_states_today(tmp_path, movie):
    path, _ = model_file(tmp_path / "model.pt")
    settings = {"inference": {}, "instances": {}, "normalisation": "zscore", "pixel_size_um": 0.325}
    (tmp_path / "prediction.json").write_text(json.dumps(settings))
    exporter.export(path, tmp_path / "a.onnx", kind="onnx", image=movie, tile_px=20)
    facts = {prop.key: json.loads(prop.value) for prop in onnx.load(tmp_path / "a.onnx").metadata_props}
    assert facts["pixel_size_um"] == facts["run"]["data"][0]["options"]["pixel_size_um"] == 0.325


def test_a_runtime_that_gives_something_else_is_refused_and_leaves_nothing(tmp_path, movie, monkeypatch):
    path, _ = model_file(tmp_path / "model.pt")
    ours = onnx_graph.by_torch
    monkeypatch.setattr(onnx_graph, "by_torch", lambda network, images: ours(network, images) + np.float32(2e-4))
    with pytest.raises(exporter.ExportError, match=r"differs from PyTorch by 2\.0e-04 .* not kept"):
        exporter.export(path, tmp_path / "model.onnx", kind="onnx", image=movie, tile_px=20)
    assert {file.name for file in tmp_path.iterdir()} == {"model.pt"}


@pytest.mark.parametrize("who", ["by_torch", "by_runtime"])
@pytest.mark.parametrize("where", ["everywhere", "in one pixel of the last tile"])
def test_nothing_is_kept_that_gives_nan(tmp_path, movie, monkeypatch, who, where):
    path, _ = model_file(tmp_path / "model.pt")
    true = getattr(onnx_graph, who)

    def broken(network, images):
        found = true(network, images).copy()
        if where == "everywhere":
            found[:] = np.nan
        elif len(images) == 1:
            found[0, 0, 1, 1] = np.nan
        return found

    monkeypatch.setattr(onnx_graph, who, broken)
    with pytest.raises(exporter.ExportError, match=r"differs from PyTorch by nan .* not kept"):
        exporter.export(path, tmp_path / "model.onnx", kind="onnx", image=movie, tile_px=20)
    assert {file.name for file in tmp_path.iterdir()} == {"model.pt"}


def test_an_image_with_nan_is_no_test(tmp_path):
    path, _ = model_file(tmp_path / "model.pt")
    picture = spots(60, 70).astype(np.float32)
    picture[0, 0] = np.nan
    tifffile.imwrite(tmp_path / "nan.tif", picture)
    with pytest.raises(exporter.ExportError, match=r"nan\.tif: holds pixels that are NaN or infinite"):
        exporter.export(path, tmp_path / "model.onnx", kind="onnx", image=tmp_path / "nan.tif", tile_px=20)
    assert not (tmp_path / "model.onnx").exists()


def test_an_export_replaces_an_earlier_one_when_told_and_nothing_else(tmp_path, movie):
    path, _ = model_file(tmp_path / "model.pt")
    how = {"kind": "onnx", "image": movie, "tile_px": 20}
    exporter.export(path, tmp_path / "model.onnx", **how)
    made = (tmp_path / "model.onnx").read_bytes()
    with pytest.raises(OutputError, match=r"model\.onnx: exists; choose another name, or --overwrite"):
        exporter.export(path, tmp_path / "model.onnx", **how)
    exporter.export(path, tmp_path / "model.onnx", **how, overwrite=True)
    assert (tmp_path / "model.onnx").read_bytes() == made
    (tmp_path / "thesis.onnx").write_text("precious")
    path.rename(tmp_path / "named.onnx")
    for name, message in (("thesis.onnx", "is not an export to onnx; it stays"), ("named.onnx", "is an input")):
        with pytest.raises(OutputError, match=message):
            exporter.export(tmp_path / "named.onnx", tmp_path / name, **how, overwrite=True)
    assert (tmp_path / "thesis.onnx").read_text() == "precious"


@pytest.mark.parametrize(
    ("output", "kind", "tile", "message"),
    [
        ("model.zip", "onnx", 20, "is a .onnx file; name it so"),
        ("model.onnx", "onnx", 21, "has no tile of 21 px; take 20"),
        ("model.tflite", "tflite", 20, "'tflite' is not known; choose onnx or bioimageio"),
    ],
)
def test_exports_that_cannot_be(tmp_path, movie, output, kind, tile, message):
    path, _ = model_file(tmp_path / "model.pt")
    with pytest.raises(exporter.ExportError, match=message):
        exporter.export(path, tmp_path / output, kind=kind, image=movie, tile_px=tile)


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


@pytest.mark.parametrize(("missing", "kind"), [("onnx", "onnx"), ("onnxruntime", "onnx"), ("bioimageio", "bioimageio")])
def test_without_the_extra_one_line_says_what_to_install(tmp_path, movie, monkeypatch, capsys, missing, kind):
    save(tmp_path / "model.pt")
    for name in (missing, f"{missing}.core"):
        monkeypatch.setitem(__import__("sys").modules, name, None)
    output = tmp_path / f"out{exporter.KINDS[kind]}"
    given = ["export", tmp_path / "model.pt", "--to", kind, "-o", output, "--image", movie, "--tile", "20"]
    assert cli.main([str(part) for part in given]) == 1
    assert "pip install 'unetlib[export]'" in capsys.readouterr().err and not Path(output).exists()
