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
from builders.images import SETTINGS, brightness_network, save, spots, write_stack

import unetlib.__main__
from unetlib import cli
from unetlib.networks import description
from unetlib.networks.run_record import RunFacts, RunRecord
from unetlib.networks.trained_network import save_model

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
    pytest.importorskip("laptrack", reason="laptrack is the optional dependency unetlib[track]")
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


def run_folder(folder):
    """A run's model and facts at results/tiny/runs/reference/phase/fold0-seed0, and its scores."""
    run = folder / "results/tiny/runs/reference/phase/fold0-seed0"
    data = [{"dataset": "phase", "source": "phase.zip", "sha256": "ab" * 32, "options": {"pixel_size_um": 0.65}}]
    how = {"experiment": "reference", "train_dataset": "phase", "fold": 0, "seed": 0, "code": "c0de", "data": data}
    how["settings"] = SETTINGS
    save_model(run / "model.pt", brightness_network().state_dict(), RunRecord(**how))
    facts = RunFacts(
        **how,
        roles={"phase": {"train": ["a", "b"], "test": ["c"]}},
        best_validation_dice=0.8123,
        best_update=40,
        updates=50,
        device="cpu",
        train_seconds=12.3,
        versions={"torch": "2.11"},
    )
    (run / "facts.json").write_text(facts.model_dump_json())
    scores = folder / "results/tiny/scores/reference/phase/fold0-seed0.csv"
    scores.parent.mkdir(parents=True)
    scores.write_text("test_dataset,image,metric,value\nphase,c,iou,0.5\nphase,d,iou,0.7\nphase,c,seg,0.1\n")
    return run


def test_info_tells_what_the_run_was(tmp_path, capsys):
    run = run_folder(tmp_path)
    assert cli.main(["info", str(run / "model.pt")]) == 0
    text = capsys.readouterr().out
    for part in (
        "experiment reference, fold 0, seed 0",
        "phase, 0.65 µm per pixel, images: 2 train, 1 test, from phase.zip (sha256 abababababab…)",
        "base_filters 4, depth 3",
        "validation Dice 0.812 at update 40 of 50",
        "iou 0.600 on phase, mean of 2 images",
        "on cpu in 12 s, torch 2.11",
    ):
        assert part in text
    assert "seg" not in text  # pooled over objects, no mean of images


def test_info_tells_the_pixel_size_that_the_study_states_today(tmp_path, capsys):
    """It is learnt later, and nothing is trained anew: model.pt still holds the old one."""
    run = run_folder(tmp_path)
    settings = {"inference": {}, "instances": {}, "normalisation": "zscore", "pixel_size_um": 0.325}
    (run / "prediction.json").write_text(json.dumps(settings))
    assert cli.main(["info", str(run / "model.pt")]) == 0
    text = capsys.readouterr().out
    assert "phase, 0.325 µm per pixel" in text and "0.65" not in text


def test_info_of_a_model_alone_and_beside_the_facts_of_another(tmp_path):
    run = run_folder(tmp_path)
    facts = json.loads((run / "facts.json").read_text())
    (run / "facts.json").write_text(json.dumps({**facts, "seed": 1}))
    assert ("score", "not known: facts.json of this run does not stand beside the model") in description.describe(
        run / "model.pt"
    )
    (run / "facts.json").unlink()
    lines = dict(description.describe(run / "model.pt"))
    assert "not known" in lines["score"] and lines["run"] == "experiment reference, fold 0, seed 0"


def test_info_of_a_model_alone_knows_the_score_of_its_training(tmp_path):
    settings = {**SETTINGS, "inference": {"mode": "tile", "rotations": 8}}
    record = RunRecord(settings=settings, updates=50, best_update=40, best_validation_dice=0.8123)
    save_model(tmp_path / "model.pt", brightness_network().state_dict(), record)
    lines = dict(description.describe(tmp_path / "model.pt"))
    assert lines["score"] == "validation Dice 0.812 at update 40 of 50"
    assert lines["inference"] == "mode tile, test_time_augmentation 8" and "made" not in lines


REFUSED = {
    "no such model file": ("predict", "gone.pt", "movie.tif", "-o", "out"),
    "no such image": ("predict", "model.pt", "gone.tif", "-o", "out"),
    "neither TIFF nor PNG": ("predict", "model.pt", "text.tif", "-o", "out"),
    "is not there: PyTorch sees": ("predict", "model.pt", "movie.tif", "-o", "out", "--device", "cuda:99"),
    "a mask, not labels": ("measure", "mask.tif", "-o", "out/cells.csv"),
    "no image of this name": ("measure", "one.tif", "--intensity", "movie.tif", "mask.tif", "-o", "out/c.csv"),
    "a z-stack, no movie": ("track", "z.tif", "-o", "out"),
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
for wish in (["--help"], ["predict", "--help"], ["info", "--help"], ["measure", "--help"], ["track", "--help"]):
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
    for part in ("NAME_labels.tif", "0.299 R + 0.587 G + 0.114 B", "res_track.txt", "pip install 'unetlib[track]'"):
        assert part in done.stdout


@pytest.mark.parametrize("command", ["", "predict", "measure", "track", "export", "info"])
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
