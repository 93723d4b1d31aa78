"""A prepared dataset names its source, and tells what of it was used; what was there stays when a source is bad."""

import hashlib
import zipfile

import numpy as np
import pytest
from builders.archives import png, texture, tiff

from unetlib.datasets.dataset import Dataset
from unetlib.datasets.prepare_dataset import OPTIONS_OF_THE_WRITER, folder_checksum, prepare_dataset
from unetlib.datasets.settings import ReaderOptions, ViewSettings
from unetlib.io.archives import ArchiveError
from unetlib.io.files import read_json, sha256_of
from unetlib.io.images import ImageError
from unetlib.io.settings import LimitSettings

LABEL = np.zeros((30, 40), np.uint8)
LABEL[3:9, 3:9] = 1
PLAIN = ViewSettings()
LIMITS = LimitSettings(archive_bytes=10**6, archive_members=20, fetch_timeout_s=1, fetch_attempts=1)


@pytest.fixture
def cells(tmp_path):
    """Four images with labels, the third a negative, and a note."""
    folder = tmp_path / "cells"
    for kind in ("images", "labels"):
        (folder / kind).mkdir(parents=True)
    for n in range(4):
        (folder / f"images/a{n}.png").write_bytes(png(texture(30, 40, seed=n)))
        (folder / f"labels/a{n}.png").write_bytes(png(LABEL * (n != 2)))
    (folder / "notes.txt").write_text("")
    return folder


def prepared(source, *, limits=LIMITS, view=PLAIN, **options):
    folder = source.parent / "prepared"
    given = ReaderOptions(**options)
    return folder, prepare_dataset(source, folder, format="pairs", options=given, view=view, limits=limits)


def test_what_is_to_be_said_of_many_images_is_one_line(cells):
    for n in range(4):
        (cells / f"images/a{n}.png").unlink()
        image = tiff(texture(30, 40, seed=n), imagej=True, resolution=(2, 2), metadata={"unit": "furlong"})
        (cells / f"images/a{n}.tif").write_bytes(image)
    said = [line for line in prepared(cells)[1] if "furlong" in line]
    assert len(said) == 1 and said[0].startswith(", ".join(f"images/a{n}.tif" for n in range(4)) + ": its unit of")
    folder, lines = prepared(cells, pixel_size_um=0.5)  # the remedy
    assert not any("furlong" in line for line in lines)
    assert {frame.pixel_size_um for frame in Dataset(folder).frames} == {0.5}


def test_the_lines_and_files_say_what_was_used(cells):
    folder, lines = prepared(cells, modality="phase", near_duplicates=False, view=ViewSettings(binning=2))
    assert lines == [
        "4 frames in 4 groups, 4 with labels",
        "labels without an object, trained and tested on as negatives: a2 (1)",
        f"{cells}: 1 file was not used: notes.txt",
        "not used: notes.txt (no image)",
    ]
    assert (folder / "unused.csv").read_text() == "file,reason\nnotes.txt,no image\n"
    used = [f"{kind}/a{n}.png" for kind in ("images", "labels") for n in range(4)]
    assert read_json(folder / "dataset.json") == {
        "source": "cells",
        "sha256": folder_checksum(cells, used),
        "format": "pairs",
        "options": {"modality": "phase", "near_duplicates": False},
        "binning": 2,
    }
    assert {(frame.modality, frame.binning) for frame in Dataset(folder).frames} == {("phase", 2)}


def test_what_networks_see_is_recorded_where_it_is_not_usual(cells):
    folder, _ = prepared(cells, view=ViewSettings(lengths="micrometres", training_truth="gold"), pixel_size_um=0.5)
    noted = read_json(folder / "dataset.json")
    assert (noted["binning"], noted["lengths"], noted["training_truth"]) == (1, "micrometres", "gold")
    assert {Dataset(folder).length_scale(frame.frame) for frame in Dataset(folder).frames} == {2.0}


def test_a_source_of_which_everything_is_used(cells):
    (cells / "notes.txt").unlink()
    folder, lines = prepared(cells)
    assert lines[-1] == f"every file of {cells} was used" and (folder / "unused.csv").read_text() == "file,reason\n"


def test_an_archive_is_known_by_its_own_checksum(cells):
    archive = cells.parent / "cells.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in sorted(cells.rglob("*.*")):
            file.write(path, path.relative_to(cells))
    folder, _ = prepared(archive)
    assert read_json(folder / "dataset.json")["sha256"] == sha256_of(archive)
    frames = (folder / "frames.csv").read_bytes()
    assert prepared(cells)[0] == folder and (folder / "frames.csv").read_bytes() == frames


def test_the_checksum_of_a_folder_follows_names_and_content(cells):
    names = ["images/a0.png", "images/a1.png"]
    digests = [hashlib.sha256((cells / name).read_bytes()).hexdigest() for name in names]
    listing = "".join(f"{digest}  {name}\n" for digest, name in zip(digests, names, strict=True))
    assert folder_checksum(cells, names) == hashlib.sha256(listing.encode()).hexdigest()
    assert len({folder_checksum(cells, given) for given in (names, names[:1], [names[0], "images/a2.png"])}) == 3


def test_limits_hold_for_an_archive(cells):
    archive = cells.parent / "cells.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.write(cells / "images/a0.png", "images/a0.png")
        file.write(cells / "labels/a0.png", "labels/a0.png")
    with pytest.raises(ArchiveError, match=r"cells\.zip"):
        prepared(archive, limits=LIMITS.model_copy(update={"archive_members": 1}))
    with pytest.raises(ArchiveError, match=r"cells\.zip"):
        prepared(archive, limits=LIMITS.model_copy(update={"archive_bytes": 100}))


def test_a_bad_source_leaves_the_dataset_that_was_there(cells):
    folder, _ = prepared(cells)
    before = {path: path.read_bytes() for path in folder.rglob("*.*")}
    (cells / "images/a1.png").write_bytes(b"no image")
    with pytest.raises(ImageError, match=r"images/a1\.png"):
        prepared(cells)
    assert {path: path.read_bytes() for path in folder.rglob("*.*")} == before


def test_the_options_of_the_writer_are_options_of_a_dataset():
    assert set(OPTIONS_OF_THE_WRITER) < set(ReaderOptions.model_fields)
