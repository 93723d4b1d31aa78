"""Exports to ONNX: another runtime gives what PyTorch gives, or nothing is kept."""

import json
from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch
from builders.images import save, spots, write_stack
from builders.networks import model_file

from unetlib import cli
from unetlib.io.outputs import OutputError
from unetlib.networks.export import exporter, onnx_graph
from unetlib.networks.tiling import context_px

onnx = pytest.importorskip("onnx", reason="onnx is part of the optional unetlib[export]")
runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is part of the optional unetlib[export]")


@pytest.fixture(scope="module")
def movie(tmp_path_factory):
    return write_stack(tmp_path_factory.mktemp("images") / "movie.tif", spots(3, 60, 70), "TYX")


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


@pytest.mark.parametrize(("missing", "kind"), [("onnx", "onnx"), ("onnxruntime", "onnx"), ("bioimageio", "bioimageio")])
def test_without_the_extra_one_line_says_what_to_install(tmp_path, movie, monkeypatch, capsys, missing, kind):
    save(tmp_path / "model.pt")
    for name in (missing, f"{missing}.core"):
        monkeypatch.setitem(__import__("sys").modules, name, None)
    output = tmp_path / f"out{exporter.KINDS[kind]}"
    given = ["export", tmp_path / "model.pt", "--to", kind, "-o", output, "--image", movie, "--tile", "20"]
    assert cli.main([str(part) for part in given]) == 1
    assert "pip install '.[export]'" in capsys.readouterr().err and not Path(output).exists()
