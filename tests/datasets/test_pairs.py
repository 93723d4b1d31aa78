"""Anybody's own data: images and labels matched by name, in the types people have."""

import numpy as np
import pytest
from builders.archives import Box, texture, tiff

from unetlib.datasets.checks import DatasetError
from unetlib.datasets.pairs import read_pairs
from unetlib.io.images import ImageError

LABEL = np.zeros((12, 14), np.uint8)
LABEL[1:4, 1:4], LABEL[6:9, 6:9] = 1, 2
COLOUR = texture(12, 14, 3)


def test_names_match_whatever_the_type_of_file():
    members = {
        "my data/images/t10.png": texture(12, 14, dtype=np.uint16),
        "my data/images/t2.TIF": texture(12, 14, dtype=np.float32),
        "my data/images/a b.png": COLOUR,
        "my data/labels/t10.tif": LABEL.astype(np.uint32),
        "my data/labels/t2.png": LABEL,
        "my data/labels/a b.png": np.dstack([LABEL] * 3),
        "my data/images/notes.txt": "",
    }
    members["my data/images/t2.TIF"] = Box({"x.tif": members["my data/images/t2.TIF"]}).read("x.tif")
    found = list(read_pairs(Box(members), pixel_size_um=0.5, modality="mine"))
    assert [(s.frame, s.time, s.group, s.image.dtype.name) for s in found] == [
        ("a_b", 0, "a_b", "float32"),
        ("t2", 1, "t2", "float32"),
        ("t10", 2, "t10", "uint16"),
    ]
    for sample in found:
        np.testing.assert_array_equal(sample.labels, LABEL)
        assert sample.labels.dtype == np.uint16 and sample.modality == "mine" and sample.pixel_size_um == 0.5
    np.testing.assert_allclose(found[0].image, COLOUR @ np.array([0.299, 0.587, 0.114]), rtol=1e-6)


def test_folders_in_the_folders_are_sequences():
    members = {f"raw/{s}/{t}.tif": texture(12, 14, seed=t) for s in "ab" for t in range(2)}
    members |= {"gt/seg/a/0.tif": LABEL, "gt/seg/b/1.tif": LABEL}
    found = list(read_pairs(Box(members), images="raw", labels="gt/seg"))
    assert [(s.frame, s.sequence, s.time, s.group, s.labels is None) for s in found] == [
        ("a-0", "a", 0, "a", False),
        ("a-1", "a", 1, "a", True),
        ("b-0", "b", 0, "b", True),
        ("b-1", "b", 1, "b", False),
    ]


def test_masks_become_instances_only_when_declared():
    members = {"images/a.png": texture(12, 14), "labels/a.png": np.where(LABEL > 0, 255, 0).astype(np.uint8)}
    (sample,) = read_pairs(Box(members), masks=True)
    np.testing.assert_array_equal(sample.labels, LABEL)
    with pytest.raises(DatasetError, match=r"labels/a\.png: it holds 0 and 255 only: a mask, .* set options"):
        list(read_pairs(Box(members)))


GOOD = {"images/a.png": texture(12, 14), "labels/a.png": LABEL}


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"labels/a.png": None, "labels/a.tif": LABEL / 2}, DatasetError, r"labels/a\.tif: label holds float64"),
        ({"labels/a.png": None, "labels/a.tif": LABEL.astype(int) - 1}, DatasetError, "negative id -1"),
        ({"labels/a.png": LABEL[:, 1:]}, DatasetError, r"images/a\.png: image is 12×14 but its label is 12×13"),
        ({"labels/a.png": COLOUR}, ImageError, r"labels/a\.png: is in colour"),
        ({"images/a.png": LABEL * 0 + 3}, DatasetError, "image is constant"),
        ({"labels/b.png": LABEL}, ImageError, r"labels/b\.png: no image of this name in 'images'"),
        ({"images/a.tif": LABEL}, ImageError, r"images/a\.png and images/a\.tif are called the same"),
        ({"images/a.png": None}, ImageError, "no TIFF or PNG in a folder 'images'"),
        ({"labels/a.png": None}, ImageError, "no TIFF or PNG in a folder 'labels'"),
        ({"images/a.png": b"\x89PNG\r\n\x1a\n"}, ImageError, r"images/a\.png: unreadable PNG"),
    ],
)
def test_bad_input(changes, error, message):
    members = {k: v for k, v in {**GOOD, **changes}.items() if v is not None}
    with pytest.raises(error, match=message) as caught:
        list(read_pairs(Box(members)))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("form", ["0 and 1", "0 and 128", "16 bit", "soft"])
def test_a_mask_in_any_form_is_told_from_instances_by_its_structure(form):
    rows, columns = np.mgrid[:64, :80]
    cells = [np.hypot(rows - row, columns - column) for row in (12, 50) for column in (12, 40, 68)]
    distance = np.min(cells, axis=0)
    mask = {
        "0 and 1": (distance < 6).astype(np.uint8),
        "0 and 128": (distance < 6).astype(np.uint8) * 128,
        "16 bit": (distance < 6).astype(np.uint16) * 65535,
        "soft": np.clip((8 - distance) * 64, 0, 255).astype(np.uint8),
    }[form]
    members = {"images/a.tif": texture(64, 80), "labels/a.tif": mask}
    with pytest.raises(DatasetError, match=r"labels/a\.tif: .*: a mask, not instances; label the objects first"):
        list(read_pairs(Box(members)))
    (sample,) = read_pairs(Box(members), masks=True)  # the remedy
    assert sample.labels.max() == 6 and np.abs(np.bincount(sample.labels.ravel())[1:] - np.pi * 36).max() < 15


@pytest.mark.parametrize("count", [2, 3, 4])
def test_channels_are_refused_by_name_unless_one_is_chosen(count):
    channels = texture(12, 14, count)
    options = {"photometric": "minisblack", "planarconfig": "contig"}
    members = {"images/a.tif": tiff(channels, **options), "labels/a.png": LABEL}
    with pytest.raises(ImageError, match=rf"images/a\.tif: has {count} channels; choose one: .* options: channel"):
        list(read_pairs(Box(members)))
    (sample,) = read_pairs(Box(members), channel=count)
    np.testing.assert_array_equal(sample.image, channels[..., -1])


def calibrated(image, unit, resolution):
    return tiff(image, imagej=True, resolution=resolution, metadata={"unit": unit})


def test_the_pixel_size_is_what_images_state_unless_it_is_given():
    stated = {"a": ("um", (2, 2)), "b": ("furlong", (2, 2)), "c": ("um", (2, 1)), "d": ("pixel", (1, 1))}
    box = Box(
        {f"images/{name}.tif": calibrated(texture(20, 30), *how) for name, how in stated.items()}
        | {"labels/a.tif": np.eye(20, 30, dtype=np.uint8)}
    )
    found = {sample.frame: sample for sample in read_pairs(box)}
    assert [sample.pixel_size_um for sample in found.values()] == [0.5, None, None, None]
    assert found["a"].notes == found["d"].notes == ()
    remedy = "(in a dataset's options: pixel_size_um)"
    assert f"'furlong', is not known; give its pixel size by --pixel-size {remedy}" in found["b"].notes[0]
    assert f"images/c.tif: pixels of 1 × 0.5 µm are not square; resample the image, or set --pixel-size {remedy}" in (
        found["c"].notes
    )
    given = list(read_pairs(box, pixel_size_um=0.3))
    assert {sample.pixel_size_um for sample in given} == {0.3} and not any(sample.notes for sample in given)
