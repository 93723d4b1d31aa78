"""Random names, orders, axes and types through the command line: every cell keeps its own image, frame and place."""

import csv
import unicodedata
from pathlib import Path

import numpy as np
import pytest
import tifffile
from builders.images import write_stack
from hypothesis import given, settings
from hypothesis import strategies as st

from unetlib import cli
from unetlib.io.hidden_files import is_hidden

LETTERS = st.characters(codec="utf-8", exclude_characters="/\0", exclude_categories=["Cs", "Cc"])
NAMES = st.text(LETTERS, min_size=1, max_size=12).filter(
    lambda name: (
        not is_hidden(f"{name}.tif") and len(name.encode()) < 100 and name == unicodedata.normalize("NFC", name)
    )
)
QUICK = settings(max_examples=25, deadline=None)


def run(*arguments):
    return cli.main([str(part) for part in arguments])


def rows(path):
    with Path(path).open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@QUICK
@given(
    names=st.lists(NAMES, min_size=1, max_size=6, unique_by=str.casefold), chance=st.randoms(), folders=st.booleans()
)
def test_every_cell_is_measured_in_the_image_of_its_name_or_the_files_are_refused(
    tmp_path_factory, names, chance, folders
):
    place = tmp_path_factory.mktemp("names")
    for kind in ("images", "labels"):
        (place / kind).mkdir()
    for number, name in enumerate(names, 1):
        tifffile.imwrite(place / f"images/{name}.tif", np.full((9, 9), 10 * number, np.uint8))
        tifffile.imwrite(place / f"labels/{name}_labels.tif", np.eye(9, dtype=np.uint16))
    images, labels = ([*(place / kind).iterdir()] for kind in ("images", "labels"))
    chance.shuffle(images), chance.shuffle(labels)
    given = [place / "labels", "--intensity", place / "images"] if folders else [*labels, "--intensity", *images]
    if run("measure", *given, "-o", place / "cells.csv"):
        assert not (place / "cells.csv").exists()  # two images may belong to one label, as a and a_labels do
        return
    found = {
        Path(row["file"]).stem.removesuffix("_labels"): float(row["intensity_mean"])
        for row in rows(place / "cells.csv")
    }
    assert found == {name: 10.0 * number for number, name in enumerate(names, 1)}


@QUICK
@given(
    numbers=st.sets(st.integers(0, 300), min_size=2, max_size=6),
    chance=st.randoms(),
    stem=st.sampled_from(["t", "pos 2 t", "é"]),
)
def test_frames_are_tracked_in_the_order_of_their_numbers(tmp_path_factory, numbers, chance, stem):
    pytest.importorskip("laptrack", reason="laptrack is not installed")
    place, files = tmp_path_factory.mktemp("frames"), []
    for frame, number in enumerate(sorted(numbers)):  # a cell that walks 5 px a frame, 7 px tall and wide
        labels = np.zeros((20, 60), np.uint16)
        labels[5:12, 5 * frame : 5 * frame + 7] = frame + 1
        files.append(place / f"{stem}{number}.tif")
        tifffile.imwrite(files[-1], labels)
    chance.shuffle(files)
    assert run("track", *files, "-o", place / "tracks") == 0
    (track,) = rows(place / "tracks/tracks.csv")
    assert (int(track["frames"]), float(track["distance_px"])) == (len(numbers), 5.0 * (len(numbers) - 1))


@QUICK
@given(
    axes=st.sampled_from(["T", "Z", "TZ", "TC", "ZC", "TZC"]),
    lengths=st.lists(st.integers(2, 4), min_size=3, max_size=3),
    dtype=st.sampled_from([np.uint8, np.uint16, np.float32]),
    chosen=st.tuples(st.integers(1, 2), st.integers(1, 2)),
)
def test_every_plane_is_measured_at_its_own_frame_and_depth(tmp_path_factory, axes, lengths, dtype, chosen):
    """Each plane of the labels has one cell, of as many pixels as the plane's number; each of the image that number."""
    sizes = dict(zip(axes, lengths, strict=False))
    place, count = tmp_path_factory.mktemp("axes"), int(np.prod([*sizes.values()]))
    labels = np.arange(count).reshape(-1, 1, 1) >= np.arange(400).reshape(20, 20)
    numbers = np.arange(1, count + 1).reshape(-1, 1, 1) + np.zeros((1, 20, 20), int)
    order = "".join(axis for axis in "TZC" if axis in axes)  # as ImageJ's format has them
    shape = tuple(sizes[axis] for axis in order)
    write_stack(place / "labels.tif", labels.reshape(*shape, 20, 20).astype(dtype), f"{order}YX")
    write_stack(place / "image.tif", numbers.reshape(*shape, 20, 20).astype(dtype), f"{order}YX")
    channel, z = chosen
    options = ["--channel", channel] * ("C" in axes) + ["--z", z] * (axes == "TZ")
    given = [place / "labels.tif", "--intensity", place / "image.tif", "-o", place / "cells.csv", *options]
    assert run("measure", *given) == 0
    planes = np.arange(1, count + 1).reshape(shape)
    if "C" in axes:
        planes = np.take(planes, channel - 1, axis=order.index("C"))
    if axes == "TZ":
        planes = planes[:, z - 1]
    found = rows(place / "cells.csv")
    assert (
        [int(row["area_px"]) for row in found]
        == [float(row["intensity_mean"]) for row in found]
        == planes.ravel().tolist()
    )
    left = [axis for axis in order if axis != "C" and not (axis == "Z" and axes == "TZ")]
    places = [dict(zip(left, index, strict=True)) for index in np.ndindex(planes.shape)]
    assert [(int(row["frame"]), row["z"]) for row in found] == [
        (place.get("T", 0), str(place["Z"]) if "Z" in place else "") for place in places
    ]
