"""The command `unetlib`: help without waiting, errors in one line, the whole way from an image to a table."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile
from builders.images import save, spots, write_stack

import unetlib.__main__
from unetlib import cli

ROOT = Path(__file__).parent.parent


def command(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "unetlib", *map(str, arguments)],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
    )


@pytest.fixture
def movie(tmp_path):
    return write_stack(tmp_path / "movie.tif", spots(3, 60, 70), "TYX", finterval=120)


def test_from_an_image_to_a_table(tmp_path, movie, capsys):
    model, out = save(tmp_path / "model.pt"), tmp_path / "out"
    given = ["predict", model, movie, "-o", out, "--min-area", "5", "--threads", "1", "--device", "cpu"]
    assert cli.main([str(part) for part in given]) == 0
    shown = capsys.readouterr()
    assert "movie.tif: 3 planes" in shown.err and shown.out == ""
    labels = tifffile.imread(out / "movie_labels.tif")
    given = ["measure", out / "movie_labels.tif", "--intensity", movie, "-o", tmp_path / "cells.csv"]
    assert cli.main([str(part) for part in given]) == 0
    with (tmp_path / "cells.csv").open() as stream:
        table = list(csv.DictReader(stream))
    assert len(table) == sum(len(np.unique(page)) - 1 for page in labels) > 10
    assert {float(row["pixel_size_um"]) for row in table} == {0.65}
    assert sum(int(row["area_px"]) for row in table) == np.count_nonzero(labels)


def test_the_average_over_flips_and_turns_is_asked_for_by_tta(tmp_path, movie):
    model = save(tmp_path / "model.pt")
    turned = save(tmp_path / "turned.pt", inference={"mode": "tile", "rotations": 8})
    asked = (("plain", model, []), ("tta", model, ["--tta"]), ("own", turned, []), ("none", turned, ["--no-tta"]))
    for folder, given, extra in asked:
        assert cli.main(["predict", str(given), str(movie), "-o", str(tmp_path / folder), "-q", *extra]) == 0
    found = {name: tifffile.imread(tmp_path / name / "movie_probability.tif") for name, _, _ in asked}
    assert np.abs(found["plain"] - found["tta"]).max() > 0
    np.testing.assert_array_equal(found["own"], found["tta"], "as the model file of an earlier version records")
    np.testing.assert_array_equal(found["none"], found["plain"])


def test_a_model_predicts_as_the_study_beside_it_and_options_go_before(tmp_path, movie, capsys):
    """Minimum area, watershed and test-time augmentation of prediction.json, each of which changes the result."""
    model = save(tmp_path / "model.pt")
    study = {
        "inference": {"mode": "tile", "test_time_augmentation": 8},
        "instances": {"threshold": 0.6, "min_area_px": 9, "watershed_depth_px": 1},
        "normalisation": "zscore",
    }
    alone = tmp_path / "alone" / "model.pt"
    alone.parent.mkdir()
    alone.write_bytes(model.read_bytes())
    (tmp_path / "prediction.json").write_text(json.dumps(study))
    options = ["--threshold", "0.6", "--min-area", "9", "--watershed", "1", "--tta"]
    nothing = ["--threshold", "0.5", "--min-area", "0", "--watershed", "0", "--no-tta"]
    for folder, path, extra in (
        ("study", model, []),
        ("options", alone, options),
        ("plain", alone, []),
        ("overruled", model, nothing),
    ):
        assert cli.main(["predict", str(path), str(movie), "-o", str(tmp_path / folder), *extra]) == 0
        said = capsys.readouterr().err
        assert ("prediction.json beside it" in said) == (path == alone)
    found = {name: (tmp_path / name / "movie_labels.tif").read_bytes() for name in ("study", "options", "plain")}
    assert found["study"] == found["options"] != found["plain"]
    assert (tmp_path / "overruled/movie_labels.tif").read_bytes() == found["plain"]


def test_tracking(tmp_path, capsys):
    pytest.importorskip("laptrack", reason="laptrack is not installed")
    stack = np.zeros((3, 40, 50), np.uint16)
    for time in range(3):
        stack[time, 10 + time : 18 + time, 10:18], stack[time, 25:33, 30:38] = 2, 1
    labels = write_stack(tmp_path / "labels.tif", stack, "TYX")
    given = ["track", labels, "-o", tmp_path / "out", "--interval", "2", "--pixel-size", "0.5", "--max-distance", "9"]
    assert cli.main([str(part) for part in given]) == 0
    assert "2 tracks, 0 divisions in 3 frames, moves up to 9.0 px" in capsys.readouterr().err
    with (tmp_path / "out/tracks.csv").open() as stream:
        speeds = [float(row["speed_um_per_min"]) for row in csv.DictReader(stream)]
    assert speeds == pytest.approx([0.0, 0.25])  # 1 px of 0.5 µm per frame of 2 minutes


REFUSED = {
    "no such model file": ("predict", "gone.pt", "movie.tif", "-o", "out"),
    "no such image": ("predict", "model.pt", "gone.tif", "-o", "out"),
    "neither TIFF nor PNG": ("predict", "model.pt", "text.tif", "-o", "out"),
    "is not there: PyTorch sees": ("predict", "model.pt", "movie.tif", "-o", "out", "--device", "cuda:99"),
    "a mask, not labels": ("measure", "mask.tif", "-o", "out/cells.csv"),
    "no image of this name": ("measure", "one.tif", "--intensity", "movie.tif", "mask.tif", "-o", "out/c.csv"),
    "a z-stack, not a movie": ("track", "z.tif", "-o", "out"),
    "has one frame": ("track", "one.tif", "-o", "out"),
}


@pytest.mark.parametrize("message", REFUSED)
def test_refusals_are_one_line_and_leave_nothing(tmp_path, movie, message, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    save(tmp_path / "model.pt")
    (tmp_path / "text.tif").write_text("a letter")
    tifffile.imwrite(tmp_path / "mask.tif", (spots(30, 30) > 90).astype(np.uint8) * 255)
    tifffile.imwrite(tmp_path / "one.tif", np.eye(9, dtype=np.uint16))
    write_stack(tmp_path / "z.tif", np.stack([np.eye(9, dtype=np.uint16)] * 3), "ZYX")
    assert cli.main(list(REFUSED[message])) == 1
    shown = capsys.readouterr()
    lines = [line for line in shown.err.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1 and shown.err.endswith(lines[0] + "\n") and shown.out == ""
    assert message in lines[0]
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())


def test_an_error_of_a_process_is_one_line_and_exit_1(tmp_path):
    done = command("measure", tmp_path / "gone.tif", "-o", tmp_path / "cells.csv")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"error: {tmp_path / 'gone.tif'}: no such image; check the path\n"
    assert "Traceback" in command("info", tmp_path / "gone.pt", UNETLIB_DEBUG="1").stderr


@pytest.mark.parametrize(
    "wrong",
    [
        ["predict", "m", "i", "-o", "d", "--threshold", "1.5"],
        ["predict", "m", "i", "-o", "d", "--min-area", "-3"],
        ["predict", "m", "i", "-o", "d", "--watershed", "-1"],
        ["predict", "m", "i", "-o", "d", "--threads", "0"],
        ["measure", "l", "-o", "f", "--pixel-size", "nan"],
        ["predict", "m", "-o", "d"],
        ["segment"],
        [],
    ],
)
def test_wrong_usage_is_exit_2(wrong, capsys):
    with pytest.raises(SystemExit) as caught:
        cli.main(wrong)
    assert caught.value.code == 2 and "usage: unetlib" in capsys.readouterr().err


def test_out_of_memory_is_one_line(monkeypatch, capsys):
    def burst(given):
        raise RuntimeError("CUDA out of memory.\nTried to allocate")

    monkeypatch.setattr(cli, "_info", burst)
    assert cli.main(["info", "model.pt"]) == 1
    assert capsys.readouterr().err.startswith("error: RuntimeError: CUDA out of memory.; a smaller image")


def test_help_and_measure_do_not_wait_for_torch(tmp_path):
    """Help, wrong usage and measuring in one process that then says what it has imported."""
    tifffile.imwrite(tmp_path / "labels.tif", np.eye(9, dtype=np.uint16))
    code = f"""
import sys
from unetlib.cli import main
for wish in (["--help"], *([name, "--help"] for name in ("predict", "models", "info", "measure", "track", "export"))):
    try:
        main(wish)
    except SystemExit as done:
        assert done.code == 0
assert not {{"numpy", "tifffile", "torch"}} & set(sys.modules), "help imports more than it needs"
assert main(["measure", {str(tmp_path / "labels.tif")!r}, "-o", {str(tmp_path / "cells.csv")!r}]) == 0
assert "torch" not in sys.modules and "pandas" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    for part in ("NAME_labels.tif", "0.299 R + 0.587 G + 0.114 B", "res_track.txt", "pip install '.[export]'"):
        assert part in done.stdout


@pytest.mark.parametrize("command", ["", "predict", "models", "measure", "track", "export", "info"])
def test_help_fits_a_terminal_of_80_columns(command, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit) as caught:
        cli.main([*filter(None, [command]), "--help"])
    assert caught.value.code == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 10 and [line for line in lines if len(line) > 80] == []


def test_the_entry_points_are_this_command():
    assert unetlib.__main__.main is cli.main
    assert 'unetlib = "unetlib.cli:main"' in (ROOT / "pyproject.toml").read_text()
