"""The same picture under two names, in two files or turned, is found; other pictures are not taken for it."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pytest
from builders.archives import texture
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from unetlib.datasets.dataset import Dataset, Sample, write_dataset
from unetlib.datasets.duplicates import find_duplicates, identify, joined_groups
from unetlib.datasets.remarks import remarks
from unetlib.datasets.settings import ReaderOptions
from unetlib.datasets.shared_images import left_out, without_shared_images

SIDE = 96


def picture(seed: int, height: int = SIDE, width: int = SIDE) -> np.ndarray:
    """Bright discs on a noisy ramp, uint8."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:height, :width]
    image = 30 + 40 * rows / height + rng.normal(0, 4, (height, width))
    for _ in range(12):
        row, column, radius = rng.uniform(0, height), rng.uniform(0, width), rng.uniform(4, 9)
        image[(rows - row) ** 2 + (columns - column) ** 2 < radius**2] += 90
    return np.clip(image, 0, 255).astype(np.uint8)


def duplicates(images: dict[str, np.ndarray], groups: dict[str, str] | None = None, **options: bool) -> dict[str, str]:
    identities = {name: identify(image) for name, image in images.items()}
    return find_duplicates(identities, groups or {name: name for name in images}, **options)


def noisy(image):
    return image + np.random.default_rng(0).normal(0, 0.02 * np.ptp(image), image.shape).astype(np.float32)


CHANGES = {
    "16 bit": lambda image: image.astype(np.uint16),
    "gain and offset": lambda image: image.astype(np.uint16) * 37 + 1000,
    "gamma": lambda image: np.sqrt(image.astype(np.float32)),
    "noise": noisy,
    "blurred": lambda image: ndimage.gaussian_filter(image.astype(np.float32), 1),
    "half the size": lambda image: image[::2, ::2],
    "a pixel further": lambda image: np.roll(image, 1, axis=1),
    "turned": np.rot90,
    "mirrored": lambda image: image[::-1],
    "turned and mirrored": lambda image: np.rot90(image)[::-1],
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_copy_is_found_among_others(change):
    images = {f"other{seed}": picture(seed) for seed in range(10)}
    images |= {"copy": np.ascontiguousarray(CHANGES[change](picture(50))), "original": picture(50)}
    assert duplicates(images) == {"copy": "copy", "original": "copy"}
    equal = change == "16 bit"
    assert duplicates(images, near=False) == ({"copy": "copy", "original": "copy"} if equal else {})


def test_a_rectangle_is_turned_by_half_and_mirrored():
    image = picture(1, 60, 90)
    copies = {"a": image, "b": image[::-1, ::-1], "c": image[:, ::-1], "d": picture(2, 60, 90)}
    assert set(duplicates({name: np.ascontiguousarray(copy) for name, copy in copies.items()})) == {"a", "b", "c"}


def test_different_pictures_are_no_duplicates():
    images = {f"{seed:03d}": picture(seed) for seed in range(150)}
    images |= {f"noise{seed}": texture(SIDE, SIDE, seed=seed) for seed in range(20)}
    ramp = np.arange(SIDE * SIDE, dtype=np.float32).reshape(SIDE, SIDE)
    images |= {"ramp": ramp, "other ramp": ramp**2 + ramp.T, "tiny": texture(3, 4), "another": texture(3, 4, seed=1)}
    assert duplicates(images) == {}


def test_frames_of_one_movie_resemble_each_other_and_only_equal_ones_are_duplicates():
    images = {"t0": picture(1), "t1": np.roll(picture(1), 1, axis=0), "t2": picture(1)}
    assert duplicates(images, dict.fromkeys(images, "movie")) == {"t0": "t0", "t2": "t0"}


@given(st.lists(st.integers(0, 6), min_size=1, max_size=14), st.data())
def test_equal_images_by_a_plain_comparison_of_all_pairs(kinds, data):
    images = {f"{n:02d}": picture(kind, 12, 12) for n, kind in enumerate(kinds)}
    expected = {}
    for one, other in combinations(sorted(images), 2):
        if np.array_equal(images[one], images[other]):
            first = expected.setdefault(one, one)
            expected[other] = first
    shuffled = dict(data.draw(st.permutations(sorted(images.items()))))
    assert duplicates(shuffled, near=False) == expected


def test_single_images_join_and_folders_stay():
    groups = {"x": "x", "y": "y", "a1": "A", "a2": "A", "b1": "B", "b2": "B"}
    assert joined_groups(groups, {"x": "x", "y": "x"}) == groups | {"y": "x"}
    assert joined_groups(groups, {"a1": "a1", "b1": "a1"}) == groups
    assert joined_groups(groups, {"a1": "a1", "x": "a1", "b1": "a1"}) == groups | {"x": "A"}


@dataclass(frozen=True)
class Frame:
    frame: str
    duplicate_of: str = ""


def test_what_tests_does_not_train_and_what_validates_neither():
    shared = [Frame(name, "a") for name in "abc"]
    other = [Frame(name, "p") for name in "pqr"]
    roles = {"train": [shared[0], other[0], Frame("t")], "validation": [shared[1], other[1]], "test": [shared[2]]}
    kept = without_shared_images(roles)
    assert {role: [f.frame for f in frames] for role, frames in kept.items()} == {
        "test": ["c"],
        "validation": ["q"],
        "train": ["t"],
    }
    assert left_out([*shared, *other, Frame("u")], ["a", "b", "p", "u"]) == ["a", "b", "p"]


def test_a_dataset_knows_its_duplicates(tmp_path):
    labels = np.zeros((SIDE, SIDE), np.uint8)
    labels[2:5, 2:5] = 1
    images = {"a": picture(1), "b": noisy(picture(1)), "c": picture(2), "d": picture(2)}
    samples = [Sample(name, "", 0, name, "grey", image, labels=labels) for name, image in images.items()]
    write_dataset(tmp_path / "near", samples)
    found = Dataset(tmp_path / "near").frames
    assert [(f.group, f.duplicate_of) for f in found] == [("a", "a"), ("a", "a"), ("c", "c"), ("c", "c")]
    write_dataset(tmp_path / "equal", samples, near_duplicates=False)
    assert [f.group for f in Dataset(tmp_path / "equal").frames] == ["a", "b", "c", "c"]


def test_what_only_looks_the_same_is_told_of_the_option_that_tells_it_apart(tmp_path):
    image = picture(3, 40, 44)
    noisy = np.clip(image.astype(int) + np.random.default_rng(0).integers(-3, 4, image.shape), 0, 255).astype(np.uint8)
    label = np.pad(np.ones((5, 5), np.uint16), ((3, 32), (3, 36)))
    samples = [Sample(name, "", 0, name, "m", each, label) for name, each in (("a", image), ("b", noisy), ("c", image))]
    write_dataset(tmp_path / "near", samples)
    (line,) = (line for line in remarks(Dataset(tmp_path / "near").frames) if "never parted" in line)
    assert line.startswith("look the same (where they are not: options: {near_duplicates: false}) and are never parted")
    assert line.endswith(": a, b, c (3)")
    write_dataset(tmp_path / "equal", samples, near_duplicates=ReaderOptions(near_duplicates=False).near_duplicates)
    (line,) = (line for line in remarks(Dataset(tmp_path / "equal").frames) if "never parted" in line)
    assert line == "show the same image and are never parted by a split: a, c (2)"
