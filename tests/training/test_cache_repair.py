"""A cache with a damaged file is made whole from its dataset, or refused; never trained on."""

import json

import pytest
from builders.label_images import two_cells
from builders.variants import augmentation

from unetlib.datasets.dataset import Dataset, Sample, write_dataset
from unetlib.training.cache import recorded_settings, repair, write_cache
from unetlib.training.cached_variants import CacheError, damaged_frames, read_cache
from unetlib.training.settings import CacheSettings

SETTINGS = CacheSettings(augmentation=augmentation(copies=1))


@pytest.fixture
def cells(tmp_path):
    image, labels = two_cells()
    facts = {"sequence": "01", "group": "g", "modality": "m"}
    samples = [Sample(name, time=0, image=image + tone, labels=labels, **facts) for tone, name in enumerate("ab")]
    write_dataset(tmp_path / "data", samples)
    return Dataset(tmp_path / "data")


@pytest.fixture
def index(cells, tmp_path):
    return write_cache(tmp_path / "cache", cells, ("a", "b"), SETTINGS, seed=3, code="c")


def flip(path, offset):
    data = bytearray(path.read_bytes())
    data[offset] ^= 1
    path.write_bytes(data)


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize(
    "damage",
    [lambda path: flip(path, 0), lambda path: flip(path, -1), cut, lambda path: path.unlink()],
    ids=["header", "pixel", "cut", "deleted"],
)
@pytest.mark.parametrize("name", ["image", "mask", "weight", "distances"])
def test_a_damaged_frame_comes_out_as_it_was(tmp_path, cells, name, damage):
    settings = SETTINGS.model_copy(update={"distances": name == "distances"})
    index = write_cache(tmp_path / "cache", cells, ("a", "b"), settings, seed=3, code="c")
    files = sorted(index.parent.glob("*.npy"))
    before = [path.read_bytes() for path in files]
    damage(index.parent / f"b.{name}.npy")
    assert damaged_frames(index) == ["b"]
    assert repair(index, cells) == ["b"]
    assert [path.read_bytes() for path in files] == before
    assert damaged_frames(index) == repair(index, cells) == []
    read_cache(index, verify=True)


def test_a_whole_cache_is_left_alone(index, cells):
    before = {path: path.stat().st_mtime_ns for path in index.parent.iterdir()}
    assert repair(index, cells) == []
    assert {path: path.stat().st_mtime_ns for path in index.parent.iterdir()} == before


def test_a_cache_of_another_dataset_is_refused(index, cells, tmp_path):
    image, labels = two_cells()
    facts = {"sequence": "01", "group": "g", "modality": "m"}
    write_dataset(tmp_path / "other", [Sample("a", time=0, image=image + 9, labels=labels, **facts)])
    flip(index.parent / "a.image.npy", -1)
    with pytest.raises(CacheError, match=r"a was damaged and comes out otherwise now; remove .* and run again"):
        repair(index, Dataset(tmp_path / "other"))


@pytest.mark.parametrize(
    "journal", [None, {}, {"settings": {"gap": True}, "seed": 3}, {"settings": [1]}, {"settings": {}}]
)
def test_a_cache_that_does_not_say_how_it_was_made_is_refused(index, cells, journal):
    (index.parent / "journal.json").write_text("" if journal is None else json.dumps(journal))
    flip(index.parent / "a.mask.npy", -1)
    with pytest.raises(CacheError, match=r"cache: does not say .* made.*; remove it and run again"):
        repair(index, cells)


def test_the_journal_holds_the_settings(index):
    assert recorded_settings(index.parent) == (SETTINGS, 3)
    journal = json.loads((index.parent / "journal.json").read_text())
    assert journal["settings"] == SETTINGS.identity() and journal["seed"] == 3
