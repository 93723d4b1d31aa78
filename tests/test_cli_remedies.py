"""Every option that an error of the command line names is typed here, or in test_cli_files and test_cli_scale."""

import csv
from pathlib import Path

import numpy as np
import pytest
import tifffile
from builders.cli_place import MEASURE, PREDICT, TRACK, fill_place, run_line
from builders.images import write_stack


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder to stand in."""
    monkeypatch.chdir(tmp_path)
    fill_place(tmp_path)
    return tmp_path


CHOICES = [  # what is typed, what is said, what is added
    (PREDICT.format("c.tif"), "c.tif: has 3 channels; choose one: --channel 1 to 3", "--channel 2"),
    (PREDICT.format("c.tif"), "choose one: --channel 1 to 3", "--frames-axis C"),
    (MEASURE.format("movie_labels.tif --intensity c.tif"), "choose one: --channel 1 to 3", "--frames-axis C"),
    (MEASURE.format("tc_labels.tif"), "tc_labels.tif: has 2 channels; choose one: --channel 1 to 2", "--channel 2"),
    (TRACK.format("tc_labels.tif"), "tc_labels.tif: has 2 channels; choose one: --channel 1 to 2", "--channel 1"),
    (
        TRACK.format("z_labels.tif"),
        "a z-stack, not a movie; if they are frames in time, add --frames-axis Z",
        "--frames-axis Z",
    ),
    (TRACK.format("tz_labels.tif"), "tz_labels.tif: has z planes in each frame; choose one: --z 1, 2, …", "--z 2"),
    (MEASURE.format("mask.tif"), "add --masks, and its components are the cells", "--masks"),
    (TRACK.format("mask.tif"), "add --masks, and its components are the cells", "--masks"),
    (MEASURE.format("halves.tif"), "halves.tif, page 1 of 2: holds fractions; add --masks", "--masks"),
]


@pytest.mark.parametrize(("line", "said", "remedy"), CHOICES, ids=[f"{line} {remedy}" for line, _, remedy in CHOICES])
def test_what_must_be_chosen_is_said_and_can_be_typed(place, capsys, line, said, remedy):
    if line.startswith("track"):
        pytest.importorskip("laptrack", reason="laptrack is not installed")
    assert run_line(line) == 1
    assert said in capsys.readouterr().err
    assert run_line(f"{line} {remedy}") == 0


LEFT_OUT = [
    ("predict model.pt plane.png -o out", "--z 2", "plane.png: is one plane; leave out --z"),
    (
        "track tz_labels.tif -o tracks --z 1",
        "--frames-axis Z",
        "counts frames by T already; leave out --frames-axis, or choose",
    ),
    ("predict model.pt movie.tif -o out", "--device cuda:99", "is not there: PyTorch sees"),
]


@pytest.mark.parametrize(("line", "wrong", "said"), LEFT_OUT)
def test_what_is_too_much_is_said_and_can_be_left_out(place, capsys, line, wrong, said):
    if line.startswith("track"):
        pytest.importorskip("laptrack", reason="laptrack is not installed")
    assert run_line(f"{line} {wrong}") == 1
    assert said in capsys.readouterr().err
    assert run_line(line) == 0


def labels_of(name):
    return tifffile.imread(f"out/{name}_labels.tif")


def test_a_channel_a_plane_and_frames_are_those_that_were_chosen(place):
    """As if they had been exported one by one."""
    for name, planes in (("two", tifffile.imread("c.tif")[1]), ("second", tifffile.imread("tz.tif")[:, 1])):
        tifffile.imwrite(f"{name}.tif", planes, photometric="minisblack")
        assert run_line(PREDICT.format(f"{name}.tif")) == 0
    assert run_line(PREDICT.format("c.tif") + " --channel 2") == run_line(PREDICT.format("tz.tif") + " --z 2") == 0
    np.testing.assert_array_equal(labels_of("c"), labels_of("two"))
    np.testing.assert_array_equal(labels_of("tz"), labels_of("second"))
    assert run_line("predict model.pt c.tif -o frames --frames-axis C") == 0
    with tifffile.TiffFile("frames/c_labels.tif") as file:
        assert file.series[0].axes == "TYX" and file.series[0].shape == (3, 40, 60)
    np.testing.assert_array_equal(tifffile.imread("frames/c_labels.tif")[1], labels_of("two"))


def rows(path="cells.csv"):
    with Path(path).open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_table_is_of_the_channel_and_the_plane_that_were_chosen(place, capfdbinary):
    grey = np.arange(6).reshape(3, 2, 1, 1) * 10 + np.zeros((40, 60), np.uint16)
    for axis in "ZC":
        write_stack(f"grey_{axis}.tif", grey.astype(np.uint16), f"T{axis}YX")
        option = "--z" if axis == "Z" else "--channel"
        line = f"measure movie_labels.tif --intensity grey_{axis}.tif -o cells.csv --overwrite {option} 2"
        assert run_line(line) == 0
        assert [float(row["intensity_mean"]) for row in rows()] == [10, 30, 50]
    capfdbinary.readouterr()
    assert run_line("measure movie_labels.tif --intensity grey_C.tif --channel 2 -o -") == 0
    assert capfdbinary.readouterr().out == Path("cells.csv").read_bytes()
    assert run_line("measure tz_labels.tif -o tz.csv") == 0
    assert [(row["page"], row["frame"], row["z"]) for row in rows("tz.csv")][:4] == [
        ("0", "0", "0"),
        ("1", "0", "1"),
        ("2", "1", "0"),
        ("3", "1", "1"),
    ]


def test_tracks_are_those_of_the_plane_that_was_chosen(place):
    pytest.importorskip("laptrack", reason="laptrack is not installed")
    assert run_line(TRACK.format("tz_labels.tif") + " --z 1") == 0
    (track,) = rows("tracks/tracks.csv")
    assert (track["frames"], float(track["speed_px_per_frame"])) == ("3", 6.0)
    assert run_line("track z_labels.tif -o z --frames-axis Z") == 0
    assert float(rows("z/tracks.csv")[0]["speed_px_per_frame"]) == 3.0
