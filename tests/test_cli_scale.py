"""Scale on the command line: what is said of pixel sizes, and every remedy that is named is typed."""

import json
from pathlib import Path

import numpy as np
import pytest
import tifffile
from builders.images import save, spots, write_stack

from unetlib import cli

STUDY = {"inference": {"mode": "tile"}, "instances": {"min_area_px": 8}, "normalisation": "zscore"}


@pytest.fixture
def place(tmp_path, monkeypatch, capsys):
    """A folder to stand in: a model trained at 1.3 µm per pixel, a movie of 0.65 µm, a PNG that says nothing."""
    monkeypatch.chdir(tmp_path)
    save(tmp_path / "model.pt")
    trained_at(1.3)
    write_stack(tmp_path / "movie.tif", spots(2, 60, 70), "TYX")
    tifffile.imwrite(tmp_path / "bare.tif", spots(2, 60, 70)[0])
    return lambda: capsys.readouterr().err


def trained_at(size, binning=1):
    Path("prediction.json").write_text(json.dumps({**STUDY, "pixel_size_um": size, "binning": binning}))


def run(*arguments):
    return cli.main([str(part) for part in arguments])


def labels(folder, name="movie"):
    return tifffile.imread(f"{folder}/{name}_labels.tif")


def test_another_scale_is_said_and_its_remedy_works(place):
    assert run("predict", "model.pt", "movie.tif", "-o", "plain") == 0
    assert (
        "note: movie.tif: the network sees pixels of 0.65 µm, but was trained on 1.3 µm, 2.0 times larger; --rescale"
        in place()
    )
    assert run("predict", "model.pt", "movie.tif", "-o", "rescaled", "--rescale") == 0  # the remedy
    said = place()
    assert "note: movie.tif: predicted at 1.3 µm per pixel, as 30 × 35 px" in said and "trained on" not in said
    assert labels("plain").shape == labels("rescaled").shape == (2, 60, 70)
    assert np.any(labels("plain") != labels("rescaled"))
    with tifffile.TiffFile("rescaled/movie_labels.tif") as file:
        assert file.imagej_metadata["unit"] == "um" and file.pages.first.tags.valueof("XResolution") == (20, 13)


@pytest.mark.parametrize("binning", [1, 2, 3])
def test_binning_counts_and_goes_with_the_remedy(place, binning):
    """0.65 µm binned by 2 is what the network knows, by 3 it is 1.5 times larger: both are near enough."""
    command = ("predict", "model.pt", "movie.tif", "--binning", binning)
    assert run(*command, "-o", "plain") == 0
    assert ("--rescale" in place()) == (binning == 1)
    assert run(*command, "-o", "rescaled", "--rescale") == 0
    assert ("predicted at" in place()) == (binning != 2)
    assert (Path("plain/movie_labels.tif").read_bytes() == Path("rescaled/movie_labels.tif").read_bytes()) == (
        binning == 2
    )


def test_the_binning_of_the_study_is_part_of_its_scale(place):
    trained_at(0.65, binning=2)
    assert run("predict", "model.pt", "movie.tif", "-o", "own") == 0
    assert "--rescale" not in place()
    assert run("predict", "model.pt", "movie.tif", "-o", "unbinned", "--binning", "1") == 0
    assert "sees pixels of 0.65 µm, but was trained on 1.3 µm" in place()
    assert run("predict", "model.pt", "movie.tif", "-o", "again", "--binning", "1", "--rescale") == 0
    assert "predicted at 1.3 µm per pixel, as 30 × 35 px" in place()


def test_an_image_that_does_not_say_its_pixel_size(place):
    assert run("predict", "model.pt", "bare.tif", "movie.tif", "-o", "out", "--rescale") == 1
    said = place()
    assert "error: bare.tif: does not say how large its pixels are; give --pixel-size, or leave out --rescale" in said
    assert "1 of 2 images failed" in said and labels("out").any()
    given = ("predict", "model.pt", "bare.tif", "--rescale", "--pixel-size", "0.65")
    assert run(*given, "-o", "out") == 0  # both remedies
    assert run("predict", "model.pt", "bare.tif", "-o", "without") == 0
    np.testing.assert_array_equal(labels("out", "bare"), labels("out")[0])
    assert run("measure", "out/bare_labels.tif", "-o", "cells.csv") == 0
    assert ",0.65," in Path("cells.csv").read_text()  # the size that was given is kept in the results


def test_a_network_that_does_not_say_its_pixel_size(place):
    trained_at(None)
    assert run("predict", "model.pt", "movie.tif", "-o", "out", "--rescale") == 1
    said = place()
    assert said.count("\n") == 1 and "error: model.pt: this network does not say how large the pixels" in said
    assert not Path("out").exists()
    assert run("predict", "model.pt", "movie.tif", "-o", "out") == 0  # leave out --rescale
    trained_at(1.3)  # what a study writes once options.pixel_size_um is set
    assert run("predict", "model.pt", "movie.tif", "-o", "rescaled", "--rescale") == 0


def test_pixels_that_are_not_square(place):
    tifffile.imwrite("flat.tif", spots(60, 70), imagej=True, resolution=(2, 1), metadata={"unit": "um"})
    assert run("predict", "model.pt", "flat.tif", "-o", "out") == 0
    assert "sees pixels of 1 × 0.5 (height × width) µm, but was trained on 1.3 µm; --rescale" in place()
    assert run("predict", "model.pt", "flat.tif", "-o", "square", "--rescale") == 0
    assert "predicted at 1.3 µm per pixel, as 46 × 27 px" in place()
    for wish in (["measure", "out/flat_labels.tif", "-o", "cells.csv"], ["track", "flat2.tif", "-o", "tracks"]):
        tifffile.imwrite(
            "flat2.tif",
            np.stack([labels("out", "flat")] * 2),
            imagej=True,
            resolution=(2, 1),
            metadata={"unit": "um", "axes": "TYX"},
        )
        assert run(*wish) == 1
        assert "pixels of 1 × 0.5 µm are not square; resample the image, or set --pixel-size" in place()
        assert run(*wish, "--pixel-size", "1") == 0  # the remedy


def odd_units(path, array, **metadata):
    metadata = {"unit": "furlong", "finterval": 2, "tunit": "fortnight", **metadata}
    tifffile.imwrite(path, array, imagej=True, resolution=(2, 2), metadata=metadata)


def test_what_cannot_be_read_of_a_scale_is_said_by_every_command_once(place):
    pytest.importorskip("laptrack", reason="laptrack is not installed")
    remedy = "give its pixel size by --pixel-size (in a dataset's options: pixel_size_um)"
    length = f"its unit of length, 'furlong', is not known; {remedy}"
    time = "its unit of time, 'fortnight', is not known; give its frame interval by --interval of track"
    for frame in range(3):
        odd_units(f"t{frame}.tif", spots(40, 50))
        odd_units(f"t{frame}_labels.tif", np.eye(20, dtype=np.uint16))
    images, files = [f"t{frame}.tif" for frame in range(3)], [f"t{frame}_labels.tif" for frame in range(3)]
    for command, names, option in (
        (["predict", "model.pt", *images, "-o", "out"], images, "--pixel-size"),
        (["measure", *files, "-o", "cells.csv"], files, "--pixel-size"),
        (["track", *files, "-o", "tracks"], files, "--pixel-size"),
    ):
        assert run(*command) == 0
        notes = [line for line in place().splitlines() if line.startswith("note: ")]
        assert notes[0] == f"note: {names[0]}: {length}"
        assert f"note: {names[1]}, {names[2]}: {length}" in notes
        assert sum(time in note for note in notes) == (0 if command[0] == "measure" else 2)
        assert run(*command, option, "0.5", "--overwrite") == 0  # the remedy
        assert length not in place()
    assert run("track", *files, "-o", "tracks", "--pixel-size", "0.5", "--interval", "3") == 0
    assert "note" not in place()


def test_damaged_ome_xml_is_said(place):
    tifffile.imwrite("a.tif", spots(3, 40, 50), ome=True, metadata={"axes": "TYX"})
    Path("b.tif").write_bytes(Path("a.tif").read_bytes().replace(b"</Pixels>", b"</Pixel_>"))
    assert run("predict", "model.pt", "b.tif", "-o", "out") == 0
    assert "note: b.tif: its OME-XML is damaged (mismatched tag" in place()
