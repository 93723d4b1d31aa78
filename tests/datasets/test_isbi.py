"""ISBI-2012 as the challenge shipped it: stacks of slices, cells 255, membranes 0."""

import numpy as np
import pytest
from builders.archives import Box, stack, texture, tiff

from unetlib.datasets.checks import DatasetError
from unetlib.datasets.isbi import cells, read_isbi
from unetlib.datasets.readers import read
from unetlib.io.images import ImageError

VOLUME = texture(3, 20, 24)
LABELS = np.full((3, 20, 24), 255, np.uint8)
LABELS[:, 10], LABELS[1, :, 12] = 0, 0


MEMBERS = {
    "challenge/data/train-volume.tif": stack(VOLUME),
    "challenge/data/train-labels.tif": stack(LABELS),
    "challenge/data/test-volume.tif": stack(VOLUME[:2] + 1),
}


def samples(**changes: object) -> list[object]:
    return list(read_isbi(Box({k: v for k, v in {**MEMBERS, **changes}.items() if v is not None})))


def test_slices_with_and_without_truth():
    found = samples()
    assert [s.frame for s in found] == ["train-z000", "train-z001", "train-z002", "test-z000", "test-z001"]
    assert [s.time for s in found] == [0, 1, 2, 0, 1] and {s.pixel_size_um for s in found} == {0.004}
    np.testing.assert_array_equal(found[1].image, VOLUME[1])
    np.testing.assert_array_equal(found[3].image, VOLUME[0] + 1)
    assert [None if s.labels is None else int(s.labels.max()) for s in found] == [2, 4, 2, None, None]
    np.testing.assert_array_equal(found[1].labels > 0, LABELS[1] == 255)


def test_test_labels_where_the_archive_has_them():
    assert samples(**{"test-labels.tif": stack(LABELS[:2])})[3].labels.max() == 2


def test_no_test_volume_and_one_slice():
    assert len(samples(**{"challenge/data/test-volume.tif": None})) == 3
    single = {"train-volume.tif": stack(VOLUME[:1]), "train-labels.tif": stack(LABELS[:1])}
    assert len(list(read_isbi(Box(single)))) == 1


def test_cells_that_meet_at_a_corner_are_two():
    label = np.zeros((4, 4), np.uint8)
    label[:2, :2] = label[2:, 2:] = 255
    np.testing.assert_array_equal(cells(label, "a"), [[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 2, 2], [0, 0, 2, 2]])


@pytest.mark.parametrize(
    ("name", "value", "error", "message"),
    [
        ("train-labels.tif", None, ImageError, r"train-labels\.tif: expected once in the archive, not among 2 files"),
        ("train-volume.tif", None, ImageError, r"train-volume\.tif: expected once"),
        ("train-labels.tif", stack(LABELS[:2]), DatasetError, "has 3 slices but train-labels.tif has 2"),
        ("train-labels.tif", stack(LABELS[:, :, :20]), DatasetError, "slice 0.* image is 20×24 but its label is 20×20"),
        ("train-labels.tif", stack(LABELS // 2), DatasetError, "slice 0.* holds the value 127"),
        ("train-labels.tif", stack(LABELS / np.float32(2)), DatasetError, r"holds the value 127\.5"),
        ("train-volume.tif", stack(VOLUME * 0), DatasetError, "slice 0.* image is constant"),
        ("train-volume.tif", stack(VOLUME)[:1700], ImageError, r"train-volume\.tif: unreadable TIFF"),
    ],
)
def test_bad_input(name, value, error, message):
    with pytest.raises(error, match=message) as caught:
        samples(**{f"challenge/data/{name}": value})
    assert "\n" not in str(caught.value)


def test_the_file_twice():
    with pytest.raises(ImageError, match=r"expected once in the archive, found a/train-volume\.tif, challenge"):
        samples(**{"a/train-volume.tif": stack(VOLUME)})


def test_a_channel_of_a_volume_that_holds_several():
    two = np.stack([np.zeros_like(VOLUME), VOLUME], axis=1)
    volume = tiff(two, imagej=True, metadata={"axes": "ZCYX"})
    with pytest.raises(
        ImageError, match=r"train-volume\.tif: has 2 channels; choose one: .*in a dataset's options: channel"
    ):
        samples(**{"challenge/data/train-volume.tif": volume})
    members = MEMBERS | {"challenge/data/train-volume.tif": volume, "challenge/data/test-volume.tif": volume}
    for sample, image in zip(read("isbi", Box(members), channel=2), [*VOLUME, *VOLUME], strict=True):
        np.testing.assert_array_equal(sample.image, image)
