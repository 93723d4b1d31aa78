"""Every repair of a file that an error of the command line asks for is made here, and then the command works."""

import io
from pathlib import Path

import numpy as np
import pytest
import tifffile
from builders.cli_place import MEASURE, PREDICT, TRACK, fill_place, run_line, walking_cells
from builders.images import spots, write_stack


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder to stand in."""
    monkeypatch.chdir(tmp_path)
    fill_place(tmp_path)
    return tmp_path


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


def repair_the_link():
    Path("link.tif").unlink()
    Path("link.tif").symlink_to("movie.tif")


def remove_it():
    Path("prediction.json").unlink()


def give_images_of_the_same_size():
    tifffile.imwrite("small.tif", spots(3, 40, 60), photometric="minisblack")


def save_as_one_file():
    """What Fiji writes of the planes that there are."""
    write_stack("a.ome.tif", spots(4, 40, 60), "TYX")


REPAIRS = [  # what is typed, what is said, what a person then does
    (
        PREDICT.format("bits.tif"),
        "1 bit per pixel, a mask, not a picture; export the image as 8 or 16 bit",
        save_as_8_bit,
    ),
    (PREDICT.format("nan.tif"), "nan.tif: 1 pixel with NaN, infinity or a value beyond float32", repair_the_image),
    (PREDICT.format("photo.tif"), "neither TIFF nor PNG (it begins with b'letter'[:4]", export_as_tiff),
    (PREDICT.format("movie.tif other"), "would be written to the same files; rename one", rename_one),
    (PREDICT.format("full"), "no TIFF or PNG in this folder, but folders in it; give them: full/sub", give_the_folders),
    (PREDICT.format("link.tif"), "link.tif: a link to gone.tif, which is not there; repair the link", repair_the_link),
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
        "tracks: holds notes.txt, which is not part of a tracking result; choose another folder, or move",
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


@pytest.mark.parametrize(("line", "said", "repair"), REPAIRS, ids=[repair.__name__ for _, _, repair in REPAIRS])
def test_what_must_be_repaired_is_said_and_then_it_works(place, capsys, line, said, repair):
    if line.startswith("track"):
        pytest.importorskip("laptrack", reason="laptrack is not installed")
    broken_files()
    if repair is remove_it:
        Path("prediction.json").write_text(
            '{"inference": {}, "instances": {"treshold": 0.4}, "normalisation": "zscore"}'
        )
    if repair is move_it_away:
        Path("tracks/notes.txt").touch()
    assert run_line(line) == 1
    assert said.replace("b'letter'[:4]", "b'lett'") in capsys.readouterr().err
    repair()
    assert run_line(line) == 0


def test_labels_are_not_replaced_by_their_tracks_and_another_folder_works(place, capsys):
    pytest.importorskip("laptrack", reason="laptrack is not installed")
    Path("out").mkdir()
    Path("movie_labels.tif").rename("out/movie_labels.tif")
    assert run_line("track out -o out") == 1
    assert "out: holds the labels that were given; choose another folder" in capsys.readouterr().err
    assert run_line("track out -o tracks") == 0
    assert run_line("predict model.pt movie.tif -o model.pt") == 1
    assert "model.pt: is a file where a folder is needed; choose another name" in capsys.readouterr().err
    assert run_line("predict model.pt movie.tif -o predicted") == 0


def test_frames_and_images_whose_names_do_not_tell_are_renamed(place, capsys):
    pytest.importorskip("laptrack", reason="laptrack is not installed")
    for name in ("t1.tif", "t01.tif", "u2.tif", "u3.tif"):
        tifffile.imwrite(name, walking_cells(1)[0])
    assert run_line("track t1.tif t01.tif -o tracks") == 1
    assert (
        "t1.tif: their names do not tell which frame comes first; give the frames of one movie"
        in capsys.readouterr().err
    )
    assert run_line("track t1.tif u2.tif -o tracks") == 1
    assert "names differ by more than a number, so they may not be frames of one movie" in capsys.readouterr().err
    Path("t01.tif").rename("t2.tif")
    assert run_line("track t1.tif t2.tif -o tracks") == 0
    assert "note" not in capsys.readouterr().err
    Path("t5.tif").write_bytes(Path("t2.tif").read_bytes())
    assert run_line("track t1.tif t2.tif t5.tif -o gap") == 0
    assert "note: t5.tif: its number is 3 after that of t2.tif, others are 1 apart" in capsys.readouterr().err
    assert run_line("measure t1.tif t2.tif --intensity u2.tif u3.tif -o cells.csv") == 1
    assert "t1.tif: no image of this name among the 2 that were given" in capsys.readouterr().err
    Path("u3.tif").rename("u1.tif")
    assert run_line("measure t1.tif t2.tif --intensity u1.tif u2.tif -o cells.csv") == 0
    Path("T1.tif").write_bytes(Path("u1.tif").read_bytes())
    assert run_line("measure t1.tif t2.tif --intensity T1.tif u2.tif -o more.csv") == 1
    assert "T1.tif differs only in case: rename one" in capsys.readouterr().err
