"""Files on the command line: a batch goes on, what is there is kept, streams, and every remedy that an error names."""

import csv
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import tifffile
from builders.images import save, spots, write_stack

from unetlib import cli

ROOT = Path(__file__).parent.parent
KINDS = ("labels", "mask", "probability")


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder to stand in, with a model, a folder of three images and a label stack of three frames."""
    monkeypatch.chdir(tmp_path)
    save(tmp_path / "model.pt")
    (tmp_path / "images").mkdir()
    for name in "abc":
        tifffile.imwrite(tmp_path / f"images/{name}.tif", spots(40, 50))
    stack = np.zeros((3, 40, 50), np.uint16)
    for time_ in range(3):
        stack[time_, 10 + time_ : 20 + time_, 10:20] = 7
    write_stack(tmp_path / "labels.tif", stack, "TYX")
    return tmp_path


def run(*arguments):
    return cli.main([str(part) for part in arguments])


def names(folder):
    return sorted(path.name for path in Path(folder).iterdir())


def rows(path):
    with Path(path).open(newline="") as stream:
        return list(csv.DictReader(stream))


def results(*images):
    return sorted(f"{image}_{kind}.tif" for image in images for kind in KINDS)


def test_one_bad_image_does_not_end_a_batch_and_a_rerun_does_what_is_missing(place, capsys):
    good = Path("images/b.tif").read_bytes()
    bad = spots(40, 50).astype(np.float32)
    bad[5, 6] = np.nan
    tifffile.imwrite("images/b.tif", bad)
    Path("images/d.tif").write_text("a letter")
    assert run("predict", "model.pt", "images", "-o", "out") == 1
    errors = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert len(errors) == 3 and "2 of 4 images failed" in errors[-1]
    assert any("b.tif: 1 pixel with NaN" in line for line in errors) and any(
        "d.tif: neither" in line for line in errors
    )
    assert names("out") == results("a", "c")
    Path("images/b.tif").write_bytes(good)
    Path("images/d.tif").unlink()
    before = {path: path.stat().st_mtime_ns for path in Path("out").iterdir()}
    assert run("predict", "model.pt", "images", "-o", "out") == 0  # the remedy: the same command
    assert names("out") == results("a", "b", "c")
    assert all(path.stat().st_mtime_ns == stamp for path, stamp in before.items())
    assert "kept: the results of 2 of 3 images" in capsys.readouterr().err


@pytest.mark.parametrize("quiet", [[], ["-q"]])
def test_corrected_labels_are_kept_until_overwrite_is_said(place, capsys, quiet):
    run("predict", "model.pt", "images/a.tif", "-o", "out")
    made = Path("out/a_labels.tif").read_bytes()
    tifffile.imwrite("out/a_labels.tif", np.full((40, 50), 77, np.uint16))
    corrected = Path("out/a_labels.tif").read_bytes()
    Path("out/a_mask.tif").unlink()
    assert run("predict", "model.pt", "images/a.tif", "-o", "out", *quiet) == 0
    assert Path("out/a_labels.tif").read_bytes() == corrected and names("out") == results("a")
    capsys.readouterr()
    assert run("predict", "model.pt", "images/a.tif", "-o", "out", *quiet) == 0
    assert capsys.readouterr().err == "kept: the results of 1 of 1 image, as they are; --overwrite makes them again\n"
    assert run("predict", "model.pt", "images/a.tif", "-o", "out", "--overwrite") == 0
    assert Path("out/a_labels.tif").read_bytes() == made


def test_what_stands_in_the_way_of_one_image_stops_that_image_alone(place, capsys):
    Path("out/a_mask.tif").mkdir(parents=True)
    Path("far.tif").touch()
    Path("out/b_labels.tif").symlink_to("../far.tif")
    assert run("predict", "model.pt", "images", "-o", "out") == 1
    assert "a_mask.tif: is a folder" in capsys.readouterr().err
    assert names("out") == sorted(["a_mask.tif", *results("b", "c")])
    assert Path("out/b_labels.tif").is_symlink() and tifffile.imread("far.tif").shape == (40, 50)


def test_a_folder_with_all_that_users_have_in_it(place, capsys):
    for name in ("._a.tif", ".tmp-12345678-a.tif", ".DS_Store", "Thumbs.db", "x.jpg", "y.czi"):
        Path("images", name).write_bytes(b"\0\5\x16\7 no image")
    Path("images/sub").mkdir()
    assert run("predict", "model.pt", "images", "images/a.tif", "-o", "images") == 0
    said = capsys.readouterr().err
    assert "not used: 3 files: images/sub/ (a folder), images/x.jpg, images/y.czi; and 4 hidden" in said
    assert "given twice and used once: 1 file: images/a.tif" in said
    assert set(results("a", "b", "c")) <= set(names("images"))
    assert run("predict", "model.pt", "images", "-o", "images") == 0  # its own results are no images
    assert "kept: the results of 3 of 3 images" in capsys.readouterr().err
    assert run("measure", "images", "-o", "cells.csv") == 0
    assert {row["file"] for row in rows("cells.csv")} == {f"images/{name}_labels.tif" for name in "abc"}


def test_cells_join_with_tracks(place):
    pytest.importorskip("laptrack", reason="laptrack is not installed")
    assert run("track", "labels.tif", "-o", "tracks") == 0
    assert run("measure", "tracks", "-o", "cells.csv") == 0
    (track,) = rows("tracks/tracks.csv")
    cells = [row for row in rows("cells.csv") if row["label"] == track["track"]]
    assert [row["frame"] for row in cells] == [
        str(n) for n in range(int(track["first_frame"]), int(track["last_frame"]) + 1)
    ]
    assert {row["area_px"] for row in cells} == {"100"} and len(cells) == int(track["frames"])
    assert run("measure", "tracks", "tracks/mask000.tif", "-o", "-") == 0  # once


def test_a_bad_label_file_lacks_in_the_table_and_is_listed(place, capsys):
    Path("bad.tif").write_text("a letter")
    assert run("measure", "labels.tif", "bad.tif", "-o", "cells.csv") == 1
    said = capsys.readouterr().err
    assert (
        "error: bad.tif: neither TIFF nor PNG" in said and "error: 1 of 2 label files failed; the table lacks" in said
    )
    assert {row["file"] for row in rows("cells.csv")} == {"labels.tif"}
    assert run("measure", "bad.tif", "-o", "other.csv") == 1 and not Path("other.csv").exists()


def test_measure_replaces_nothing_unasked_and_no_input(place, capsys):
    shutil.copy("labels.tif", "hard.tif")
    assert run("measure", "labels.tif", "-o", "cells.csv") == 0
    before = {path: path.read_bytes() for path in place.iterdir() if path.is_file()}
    for output, message in (
        ("cells.csv", "exists; choose another name, or --overwrite replaces it"),
        ("labels.tif", "not a .tif file; choose another name"),
        ("hard.tif", "not a .tif file"),
        ("images", "is a folder; name a file in it, such as images/result"),
    ):
        assert run("measure", "labels.tif", "-o", output) == 1
        assert message in capsys.readouterr().err
    assert {path: path.read_bytes() for path in place.iterdir() if path.is_file()} == before
    assert run("measure", "labels.tif", "-o", "cells.csv", "--overwrite") == 0  # the remedies
    assert run("measure", "labels.tif", "-o", "another.csv") == 0
    assert run("measure", "labels.tif", "-o", "images/result.csv") == 0


def test_a_dash_is_standard_output_for_tables_alone(place, capfdbinary):
    assert run("measure", "labels.tif", "-o", "cells.csv") == 0
    assert run("measure", "labels.tif", "-o", "-") == 0
    assert capfdbinary.readouterr().out == Path("cells.csv").read_bytes()
    for wish in (
        ["track", "labels.tif"],
        ["predict", "model.pt", "labels.tif"],
        ["export", "model.pt", "--to", "onnx"],
    ):
        with pytest.raises(SystemExit) as caught:
            run(*wish, "-o", "-")
        assert caught.value.code == 2
    assert run("measure", "labels.tif", "-o", "./-") == 0 and "-" in names(".")


def process(*arguments, **environment):
    setting = os.environ | {"PYTHONPATH": str(ROOT)} | environment
    return subprocess.Popen(
        [sys.executable, "-m", "unetlib", *map(str, arguments)], stdout=-1, stderr=-1, env=setting, text=True
    )


def test_a_terminal_without_our_characters_shows_others(place):
    tifffile.imwrite("zellé.tif", np.eye(9, dtype=np.float32) / 2)
    with process("measure", "zellé.tif", "-o", "c.csv", PYTHONIOENCODING="ascii", PYTHONUTF8="1") as measuring:
        out, error = measuring.communicate()
    assert measuring.returncode == 1 and out == ""
    assert error.startswith("error: zell\\xe9.tif: holds fractions") and len(error.splitlines()) == 1


def test_a_reader_that_has_enough_is_no_error(place):
    with process("info", "model.pt") as informing:
        informing.stdout.close()
        error = informing.stderr.read()
    assert (informing.wait(), error) == (0, "")


@pytest.mark.usefixtures("hangup_ends")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_in_the_middle_leaves_whole_results_alone(place, number):
    tifffile.imwrite("images/z.tif", spots(60, 400, 400), photometric="minisblack")
    with process("predict", "model.pt", "images", "-o", "out") as predicting:
        until = time.monotonic() + 60
        while not any(Path("out").glob(".tmp-*z_*")) and time.monotonic() < until:
            time.sleep(0.02)
        predicting.send_signal(number)
        _, error = predicting.communicate()
    assert predicting.returncode == 128 + number
    assert error.endswith(f"stopped by {signal.Signals(number).name}: nothing of the current file was written\n")
    assert names("out") == results("a", "b", "c")
