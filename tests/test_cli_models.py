"""Shipped networks on the command line: listed, taken by name, described, compared with the images."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile
from builders.images import save, spots, write_stack
from builders.shipped import ship_a_network

from unetlib import cli
from unetlib.models import registry

ROOT = Path(__file__).parent.parent


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """The folder of shipped networks, with one that is called discs."""
    folder = tmp_path / "shipped"
    ship_a_network(folder, "discs")
    for function in (registry.shipped_models, registry.find_network, registry.named_model):
        monkeypatch.setattr(function, "__defaults__", (folder,))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return folder


@pytest.fixture
def image(tmp_path):
    return write_stack(tmp_path / "work/a.tif", spots(70, 80), "YX")


def run(*given):
    return cli.main([str(part) for part in given])


def test_the_list_says_what_a_user_chooses_by(shipped, capsys):
    assert run("models") == 0
    header, line = capsys.readouterr().out.splitlines()
    assert header.split("  ")[0] == "name" and "pixel size" in header
    for part in ("discs", "bright discs on a dark ground", "0.65 µm", "Dice 0.900 (0.850–0.950)"):
        assert part in line
    assert run("models", "discs") == 0 and capsys.readouterr().out == "# discs\n"
    assert run("models", "disc") == 1
    assert "disc: no shipped network has this name; there are discs" in capsys.readouterr().err


def test_a_name_predicts_as_its_study_and_says_so(shipped, image, tmp_path, capsys):
    assert run("predict", "discs", image, "-o", "named", "--overlay") == 0
    said = capsys.readouterr().err
    assert "discs ships with unetlib: bright discs on a dark ground, trained at 0.65 µm per pixel" in said
    assert "threshold 0.6, minimum area 9 px, watershed depth 0 px, test-time augmentation 8" in said
    assert "note:" not in said and Path("named/a_overlay.png").stat().st_size > 1000
    assert run("predict", shipped / "discs/model.pt", image, "-o", "by-path", "-q") == 0
    assert not Path("by-path/a_overlay.png").exists()
    for kind in ("probability", "mask", "labels"):
        assert Path(f"named/a_{kind}.tif").read_bytes() == Path(f"by-path/a_{kind}.tif").read_bytes()


def test_an_image_that_looks_different_is_said(shipped, tmp_path, capsys):
    inverted = write_stack(tmp_path / "work/b.tif", 255 - spots(70, 80), "YX")
    assert run("predict", "discs", inverted, "-o", "out", "-q") == 0
    said = capsys.readouterr().err
    assert (
        "note: " in said and "b.tif: its objects look dark on a bright ground" in said and "no cell was found" in said
    )
    assert run("predict", shipped / "discs/model.pt", inverted, "-o", "other", "-q") == 0
    assert "look dark" not in capsys.readouterr().err, "the training images of a file are not known"


def test_rescale_and_the_pixel_size_of_the_card(shipped, tmp_path, capsys):
    path = tmp_path / "work/c.tif"
    keywords = {"imagej": True, "resolution": (1 / 0.2, 1 / 0.2), "metadata": {"unit": "um"}}
    tifffile.imwrite(path, spots(70, 80).repeat(3, 0).repeat(3, 1), **keywords)
    assert run("predict", "discs", path, "-o", "plain", "-q") == 0
    assert "was trained on 0.65 µm, 3.2 times larger; --rescale" in capsys.readouterr().err
    assert run("predict", "discs", path, "-o", "rescaled", "-q", "--rescale") == 0
    assert "predicted at 0.65 µm per pixel" in capsys.readouterr().err
    plain, rescaled = (tifffile.imread(f"{folder}/c_labels.tif") for folder in ("plain", "rescaled"))
    assert plain.shape == rescaled.shape and (plain != rescaled).any()


def test_info_and_export_take_a_name(shipped, capsys, monkeypatch):
    assert run("info", "discs") == 0
    assert "normalised by zscore" in capsys.readouterr().out
    asked = []

    def export(model, output, **how):
        asked.append(model)
        raise ValueError("enough")

    pytest.importorskip("onnx", reason="onnx is part of the optional unetlib[export]")
    monkeypatch.setattr("unetlib.networks.export.exporter.export", export)
    assert run("export", "discs", "--to", "onnx", "-o", "a.onnx") == 1
    assert asked == [shipped / "discs/model.pt"]


def test_a_file_of_the_name_is_refused_and_a_path_to_it_taken(shipped, image, capsys):
    save(Path("discs.pt")).rename("discs")
    assert run("predict", "discs", image, "-o", "out") == 1
    assert "discs: is a file here and a shipped network" in capsys.readouterr().err and not Path("out").exists()
    assert run("predict", "./discs", image, "-o", "out", "-q") == 0


def test_a_picture_alone_is_made_where_the_rest_is_there(shipped, image, capsys):
    assert run("predict", "discs", image, "-o", "out", "-q") == 0
    before = Path("out/a_labels.tif").read_bytes()
    assert run("predict", "discs", image, "-o", "out", "--overlay") == 0
    assert "only overlay written, the rest kept" in capsys.readouterr().err
    assert Path("out/a_labels.tif").read_bytes() == before and np.asarray(Path("out/a_overlay.png").stat().st_size) > 0
    assert run("predict", "discs", image, "-o", "out", "--overlay") == 0
    assert "kept: the results of 1 of 1 image" in capsys.readouterr().err


def test_nothing_heavy_is_imported_for_the_list_of_networks():
    """Nor by importing the command: its help and this list answer at once."""
    code = """
import sys
import unetlib.cli
heavy = {"numpy", "torch", "pydantic", "tifffile", "csv", "tempfile", "importlib.metadata"}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
assert unetlib.cli.main(["models"]) == 0
assert not {"numpy", "torch", "pydantic"} & set(sys.modules)
"""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    command = [sys.executable, "-S", "-c", code]  # -S: without what the site imports itself
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, env=environment | {"PYTHONPATH": str(ROOT)}
    )
    assert done.returncode == 0, done.stderr
