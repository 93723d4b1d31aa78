"""The variants of a cache are read as they were written, and an array that is not is named."""

import numpy as np
import pytest

from unetlib.io.files import sha256_of, write_csv
from unetlib.training.cached_variants import (
    COLUMNS,
    CacheError,
    Variants,
    columns_of,
    damaged_frames,
    read_cache,
    save_variants,
)


def variants(frame, dtype=np.uint8):
    random = np.random.default_rng(len(frame))
    shape = (3, 20, 30)
    image = random.integers(0, 200, shape).astype(dtype)
    return Variants(frame, image, (image > 90).astype(np.uint8), random.random(shape).astype(np.float16))


@pytest.fixture
def written():
    return [variants("a"), variants("bb", np.uint16), variants("ccc", np.float32)]


@pytest.fixture
def index(tmp_path, written):
    rows = [save_variants(tmp_path, each) for each in written]
    write_csv(tmp_path / "index.csv", rows, COLUMNS)
    return tmp_path / "index.csv"


def test_what_is_read_is_what_was_written(index, written):
    found = read_cache(index, verify=True)
    for read, made in zip(found, written, strict=True):
        assert read.frame == made.frame and isinstance(read.image, np.memmap)
        for name in ("image", "mask", "weight"):
            assert getattr(read, name).dtype == getattr(made, name).dtype
            np.testing.assert_array_equal(getattr(read, name), getattr(made, name))


def test_a_row_of_the_index_has_shape_and_checksums(tmp_path):
    row = save_variants(tmp_path, variants("a"))
    assert tuple(row) == COLUMNS and (row["frame"], row["variants"], row["height"], row["width"]) == ("a", 3, 20, 30)
    for name in ("image", "mask", "weight"):
        assert row[f"{name}_sha256"] == sha256_of(tmp_path / f"a.{name}.npy")


def test_one_flipped_byte_is_found(index):
    path = index.parent / "bb.weight.npy"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    assert damaged_frames(index) == ["bb"] and len(read_cache(index)) == 3
    with pytest.raises(CacheError, match=r"bb\.weight\.npy: its sha256"):
        read_cache(index, verify=True)


def test_a_missing_array_is_named(index):
    (index.parent / "a.mask.npy").unlink()
    with pytest.raises(CacheError, match=r"a\.mask\.npy: missing"):
        read_cache(index)


@pytest.mark.parametrize("array", [np.zeros((3, 20, 31), np.uint8), np.zeros((3, 20, 30), np.int64)])
def test_an_array_of_another_shape_or_type_is_refused(index, array):
    np.save(index.parent / "a.mask.npy", array)
    with pytest.raises(CacheError, match=r"a\.mask\.npy: holds .* unlike its index\.csv"):
        read_cache(index)


def test_distances_are_a_fourth_array_of_the_caches_that_have_them(tmp_path):
    plain = variants("a")
    made = Variants("a", plain.image, plain.mask, plain.weight, np.arange(3600, dtype=np.uint8).reshape(3, 2, 20, 30))
    row = save_variants(tmp_path, made)
    write_csv(tmp_path / "index.csv", [row], columns_of(distances=True))
    (found,) = read_cache(tmp_path / "index.csv", verify=True)
    np.testing.assert_array_equal(found.distances, made.distances)
    assert row["distances_sha256"] == sha256_of(tmp_path / "a.distances.npy")
    assert damaged_frames(tmp_path / "index.csv") == []
    (tmp_path / "a.distances.npy").write_bytes(b"")
    assert damaged_frames(tmp_path / "index.csv") == ["a"]
    with pytest.raises(CacheError, match=r"a\.distances\.npy: unreadable"):
        read_cache(tmp_path / "index.csv")
