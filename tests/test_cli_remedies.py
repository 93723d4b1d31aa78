"""Every remedy that an error of the command line names is typed here, or in test_cli_files and test_cli_scale."""

import csv
import io
from pathlib import Path

import numpy as np
import pytest
import tifffile
from builders.archives import png
from builders.images import save, spots, write_stack

from unetlib import cli

PREDICT, MEASURE, TRACK = "predict model.pt {} -o out", "measure {} -o cells.csv", "track {} -o tracks"


def walking_cells(*lengths):
    """Label planes (…, 40, 60), in each one cell of 8 × 8 px, 3 px farther on."""
    stack = np.zeros((*lengths, 40, 60), np.uint16)
    for number, plane in enumerate(stack.reshape(-1, 40, 60)):
        plane[10:18, 3 * number : 3 * number + 8] = 1
    return stack


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder to stand in with a model, and with images and labels of every kind that needs a choice."""
    monkeypatch.chdir(tmp_path)
    save(tmp_path / "model.pt")
    for name, axes, lengths in (("movie", "T", (3,)), ("c", "C", (3,)), ("z", "Z", (3,)), ("tz", "TZ", (3, 2))):
        write_stack(f"{name}.tif", spots(*lengths, 40, 60), f"{axes}YX")
        write_stack(f"{name}_labels.tif", walking_cells(*lengths), f"{axes}YX")
    write_stack("tc_labels.tif", walking_cells(3, 2), "TCYX")
    Path("plane.png").write_bytes(png(spots(40, 60)))
    tifffile.imwrite("bits.tif", spots(40, 60) > 90)
    mask = (spots(2, 40, 60) > 90).astype(np.uint8) * 255
    write_stack("mask.tif", mask, "TYX")
    tifffile.imwrite("halves.tif", walking_cells(2) / np.float32(2), photometric="minisblack")
    return tmp_path


def run(line):
    return cli.main(line.split())


CHOICES = [  # what is typed, what is said, what is added
    (PREDICT.format("c.tif"), "c.tif: has 3 channels; choose one: --channel 1 to 3", "--channel 2"),
    (PREDICT.format("c.tif"), "choose one: --channel 1 to 3", "--frames-axis C"),
    (MEASURE.format("movie_labels.tif --intensity c.tif"), "choose one: --channel 1 to 3", "--frames-axis C"),
    (MEASURE.format("tc_labels.tif"), "tc_labels.tif: has 2 channels; choose one: --channel 1 to 2", "--channel 2"),
    (TRACK.format("tc_labels.tif"), "tc_labels.tif: has 2 channels; choose one: --channel 1 to 2", "--channel 1"),
    (
        TRACK.format("z_labels.tif"),
        "a z-stack, no movie; if they are frames in time, add --frames-axis Z",
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
        pytest.importorskip("laptrack", reason="laptrack is the optional dependency unetlib[track]")
    assert run(line) == 1
    assert said in capsys.readouterr().err
    assert run(f"{line} {remedy}") == 0


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
        pytest.importorskip("laptrack", reason="laptrack is the optional dependency unetlib[track]")
    assert run(f"{line} {wrong}") == 1
    assert said in capsys.readouterr().err
    assert run(line) == 0


def labels_of(name):
    return tifffile.imread(f"out/{name}_labels.tif")


def test_a_channel_a_plane_and_frames_are_those_that_were_chosen(place):
    """As if they had been exported one by one."""
    for name, planes in (("two", tifffile.imread("c.tif")[1]), ("second", tifffile.imread("tz.tif")[:, 1])):
        tifffile.imwrite(f"{name}.tif", planes, photometric="minisblack")
        assert run(PREDICT.format(f"{name}.tif")) == 0
    assert run(PREDICT.format("c.tif") + " --channel 2") == run(PREDICT.format("tz.tif") + " --z 2") == 0
    np.testing.assert_array_equal(labels_of("c"), labels_of("two"))
    np.testing.assert_array_equal(labels_of("tz"), labels_of("second"))
    assert run("predict model.pt c.tif -o frames --frames-axis C") == 0
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
        assert run(f"measure movie_labels.tif --intensity grey_{axis}.tif -o cells.csv --overwrite {option} 2") == 0
        assert [float(row["intensity_mean"]) for row in rows()] == [10, 30, 50]
    capfdbinary.readouterr()
    assert run("measure movie_labels.tif --intensity grey_C.tif --channel 2 -o -") == 0
    assert capfdbinary.readouterr().out == Path("cells.csv").read_bytes()
    assert run("measure tz_labels.tif -o tz.csv") == 0
    assert [(row["page"], row["frame"], row["z"]) for row in rows("tz.csv")][:4] == [
        ("0", "0", "0"),
        ("1", "0", "1"),
        ("2", "1", "0"),
        ("3", "1", "1"),
    ]


def test_tracks_are_those_of_the_plane_that_was_chosen(place):
    pytest.importorskip("laptrack", reason="laptrack is the optional dependency unetlib[track]")
    assert run(TRACK.format("tz_labels.tif") + " --z 1") == 0
    (track,) = rows("tracks/tracks.csv")
    assert (track["frames"], float(track["speed_px_per_frame"])) == ("3", 6.0)
    assert run("track z_labels.tif -o z --frames-axis Z") == 0
    assert float(rows("z/tracks.csv")[0]["speed_px_per_frame"]) == 3.0


def mended(mend):
    """A remedy outside of unetlib: what a person does with the files."""
    return pytest.param(mend, id=mend.__name__)


def save_as_8_bit():
    tifffile.imwrite("bits.tif", tifffile.imread("bits.tif").astype(np.uint8) * 255)


def repair_the_image():
    image = tifffile.imread("nan.tif")
    tifffile.imwrite("nan.tif", np.nan_to_num(image))


def export_as_tiff():
    from PIL import Image

    data = io.BytesIO()
    Image.fromarray(spots(40, 60)).save(data, "JPEG")
    tifffile.imwrite("photo.tif", np.asarray(Image.open(data)))


def rename_one():
    Path("other/movie.tif").rename("other/movie2.tif")


def give_the_folders():
    Path("full/sub/a.tif").rename("full/a.tif")


def make_labels_start_at_1():
    labels = tifffile.imread("negative.tif")
    tifffile.imwrite("negative.tif", (labels + 1).astype(np.uint16), photometric="minisblack")


def give_a_stack():
    write_stack("one.tif", walking_cells(2), "TYX")


def move_it_away():
    Path("tracks/notes.txt").rename("notes.txt")


def mend_the_link():
    Path("link.tif").unlink()
    Path("link.tif").symlink_to("movie.tif")


def remove_it():
    Path("prediction.json").unlink()


def give_images_of_the_same_size():
    tifffile.imwrite("small.tif", spots(3, 40, 60), photometric="minisblack")


def save_as_one_file():
    """What Fiji writes of the planes that there are."""
    write_stack("a.ome.tif", spots(4, 40, 60), "TYX")


MENDED = [  # what is typed, what is said, what a person then does
    (
        PREDICT.format("bits.tif"),
        "1 bit per pixel, a mask and no picture; export the image as 8 or 16 bit",
        save_as_8_bit,
    ),
    (PREDICT.format("nan.tif"), "nan.tif: 1 pixel with NaN, infinity or a value beyond float32", repair_the_image),
    (PREDICT.format("photo.tif"), "neither TIFF nor PNG (it begins with b'letter'[:4]", export_as_tiff),
    (PREDICT.format("movie.tif other"), "would be written to the same files; rename one", rename_one),
    (PREDICT.format("full"), "no TIFF or PNG in this folder, but folders in it; give them: full/sub", give_the_folders),
    (PREDICT.format("link.tif"), "link.tif: a link to gone.tif, which is not there; mend the link", mend_the_link),
    (PREDICT.format("a.ome.tif"), "3 of the 7 planes that its header promises are missing", save_as_one_file),
    (PREDICT.format("movie.tif --threshold 0.4"), "prediction.json: ", remove_it),
    (
        MEASURE.format("negative.tif"),
        "holds the negative id -1; give 0 for background, 1… for cells",
        make_labels_start_at_1,
    ),
    (
        MEASURE.format("movie_labels.tif --intensity small.tif"),
        "give images of the same size",
        give_images_of_the_same_size,
    ),
    (TRACK.format("one.tif"), "one.tif: has one frame; give a stack, or the files of a sequence", give_a_stack),
    (
        TRACK.format("movie_labels.tif"),
        "tracks: holds notes.txt, which is no result of tracking; choose another folder, or move",
        move_it_away,
    ),
]


def broken_files():
    broken = spots(40, 60).astype(np.float32)
    broken[3, 4] = np.nan
    tifffile.imwrite("nan.tif", broken)
    Path("photo.tif").write_text("letter")
    for folder in ("other", "full/sub", "tracks"):
        Path(folder).mkdir(parents=True)
    tifffile.imwrite("other/movie.tif", spots(40, 60))
    tifffile.imwrite("full/sub/a.tif", spots(40, 60))
    Path("link.tif").symlink_to("gone.tif")
    tifffile.imwrite("a.ome.tif", spots(4, 40, 60), ome=True, metadata={"axes": "TYX"})
    Path("a.ome.tif").write_bytes(Path("a.ome.tif").read_bytes().replace(b'SizeT="4"', b'SizeT="7"'))
    tifffile.imwrite("negative.tif", walking_cells(2).astype(np.int16) - 1, photometric="minisblack")
    tifffile.imwrite("small.tif", spots(3, 20, 60), photometric="minisblack")
    tifffile.imwrite("one.tif", walking_cells(1)[0])


@pytest.mark.parametrize(("line", "said", "mend"), MENDED, ids=[mend.__name__ for _, _, mend in MENDED])
def test_what_must_be_mended_is_said_and_then_it_works(place, capsys, line, said, mend):
    if line.startswith("track"):
        pytest.importorskip("laptrack", reason="laptrack is the optional dependency unetlib[track]")
    broken_files()
    if mend is remove_it:
        Path("prediction.json").write_text(
            '{"inference": {}, "instances": {"treshold": 0.4}, "normalisation": "zscore"}'
        )
    if mend is move_it_away:
        Path("tracks/notes.txt").touch()
    assert run(line) == 1
    assert said.replace("b'letter'[:4]", "b'lett'") in capsys.readouterr().err
    mend()
    assert run(line) == 0


def test_labels_are_not_replaced_by_their_tracks_and_another_folder_works(place, capsys):
    pytest.importorskip("laptrack", reason="laptrack is the optional dependency unetlib[track]")
    Path("out").mkdir()
    Path("movie_labels.tif").rename("out/movie_labels.tif")
    assert run("track out -o out") == 1
    assert "out: holds the labels that were given; choose another folder" in capsys.readouterr().err
    assert run("track out -o tracks") == 0
    assert run("predict model.pt movie.tif -o model.pt") == 1
    assert "model.pt: is a file, and a folder is wanted; choose another name" in capsys.readouterr().err
    assert run("predict model.pt movie.tif -o predicted") == 0


def test_frames_and_images_whose_names_do_not_tell_are_renamed(place, capsys):
    pytest.importorskip("laptrack", reason="laptrack is the optional dependency unetlib[track]")
    for name in ("t1.tif", "t01.tif", "u2.tif", "u3.tif"):
        tifffile.imwrite(name, walking_cells(1)[0])
    assert run("track t1.tif t01.tif -o tracks") == 1
    assert (
        "t1.tif: their names do not tell which frame comes first; give the frames of one movie"
        in capsys.readouterr().err
    )
    Path("t01.tif").rename("t2.tif")
    assert run("track t1.tif t2.tif -o tracks") == 0
    assert run("measure t1.tif t2.tif --intensity u2.tif u3.tif -o cells.csv") == 1
    assert "t1.tif: no image of this name among the 2 that were given" in capsys.readouterr().err
    Path("u3.tif").rename("u1.tif")
    assert run("measure t1.tif t2.tif --intensity u1.tif u2.tif -o cells.csv") == 0
    Path("T1.tif").write_bytes(Path("u1.tif").read_bytes())
    assert run("measure t1.tif t2.tif --intensity T1.tif u2.tif -o more.csv") == 1
    assert "T1.tif differs only in case: rename one" in capsys.readouterr().err
