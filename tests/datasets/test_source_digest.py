"""What is in the files that are used decides: no time stamp, no litter, no file that was there once."""

import os
import shutil

import numpy as np
import pytest
from builders.archives import png, texture, tiff
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from unetlib.datasets import source_digest
from unetlib.datasets.checks import DatasetError
from unetlib.datasets.source_digest import folder_source

LABEL = np.zeros((12, 14), np.uint8)
LABEL[1:4, 1:4] = 1


@pytest.fixture
def cells(tmp_path):
    folder = tmp_path / "cells"
    for kind in ("images", "labels"):
        (folder / kind).mkdir(parents=True)
    for n in range(3):
        (folder / "images" / f"a{n}.png").write_bytes(png(texture(12, 14, seed=n)))
        (folder / "labels" / f"a{n}.png").write_bytes(png(LABEL))
    return folder


def digest(folder, name="digests.json"):
    return folder_source(folder, cache=folder.parent / name).sha256


LITTER = [
    "images/.DS_Store",
    "images/Thumbs.db",
    "labels/.ipynb_checkpoints/a0-checkpoint.png",
    "images/.~lock.a0.png#",
    "images/a9.png.part",
    "@eaDir/x.png",
    "notes.txt",
    "labels/list.csv",
]


@pytest.mark.parametrize("name", LITTER)
def test_litter_and_notes_change_nothing_and_are_listed(cells, name):
    before = digest(cells)
    (cells / name).parent.mkdir(parents=True, exist_ok=True)
    (cells / name).write_bytes(png(LABEL))
    found = folder_source(cells, cache=cells.parent / "digests.json")
    assert found.sha256 == before and [row.file for row in found.unused] == ([] if ".DS" in name else [name])


def test_a_touched_file_and_a_copy_of_the_folder_change_nothing(cells):
    before = digest(cells)
    os.utime(cells / "images/a0.png")
    os.utime(cells / "labels/a0.png", (1e9, 1e9))
    assert digest(cells) == before
    shutil.copytree(cells, cells.parent / "copy")
    assert digest(cells.parent / "copy") == before


@pytest.mark.parametrize("settled", [0, 100])
def test_an_edit_of_equal_size_and_time_is_seen(cells, monkeypatch, settled):
    """An editor, or cp -p, may leave size and time of writing as they were; the time of change tells."""
    real = source_digest.time.time
    monkeypatch.setattr(source_digest.time, "time", lambda: real() + settled)  # 100: the checksums are remembered
    path = cells / "labels/a1.png"
    path.write_bytes(png(LABEL))
    before, facts = digest(cells), path.stat()
    other = bytearray(path.read_bytes())
    other[-5] ^= 1
    path.write_bytes(bytes(other))
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert path.stat().st_size == facts.st_size and path.stat().st_mtime_ns == facts.st_mtime_ns
    assert digest(cells) != before


def test_a_file_that_is_known_is_not_read_again_but_a_new_one_is(cells, monkeypatch):
    read = []
    plain = source_digest.sha256_of
    monkeypatch.setattr(source_digest, "sha256_of", lambda path: read.append(path.name) or plain(path))
    digest(cells)
    digest(cells)
    assert len(read) == 12  # just written: it may change again within a tick of the clock
    real = source_digest.time.time
    monkeypatch.setattr(source_digest.time, "time", lambda: real() + 100)
    first = digest(cells)
    read.clear()
    assert digest(cells) == first and read == []
    (cells / "images/a2.png").write_bytes(png(texture(12, 14, seed=9)))
    assert digest(cells) != first and read == ["a2.png"]
    (cells.parent / "digests.json").write_text("{ nonsense")
    assert digest(cells) == digest(cells, "other.json")


def test_a_bad_file_that_came_and_went_leaves_no_trace(cells):
    before = digest(cells)
    for bad in ("images/a3.jpg", "labels/b.png", "images/a0.tif"):
        (cells / bad).write_bytes(b"anything")
        assert digest(cells) != before
        (cells / bad).unlink()
        assert digest(cells) == before


@given(data=st.data())
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_change_of_what_is_used_changes_the_digest_and_undoing_it_restores_it(cells, data):
    before = digest(cells)
    path = data.draw(st.sampled_from(sorted((cells / "images").iterdir()) + sorted((cells / "labels").iterdir())))
    kept = path.read_bytes()
    change = data.draw(st.sampled_from(["pixels", "gone", "renamed", "encoded again"]))
    if change == "pixels":
        path.write_bytes(png(texture(12, 14, seed=data.draw(st.integers(10, 99)))))
    elif change == "gone":
        path.unlink()
    elif change == "renamed":
        path.rename(path.with_name("z.png"))
    else:
        path.write_bytes(tiff(LABEL))
    assert digest(cells) != before
    path.with_name("z.png").unlink(missing_ok=True)
    path.write_bytes(kept)
    assert digest(cells) == before


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(DatasetError, match=r"gone: there is no such folder; check the path$"):
        digest(tmp_path / "gone")
    (tmp_path / "file").write_text("")
    with pytest.raises(DatasetError, match="file: is not a folder"):
        digest(tmp_path / "file")


def test_checksums_that_cannot_be_kept_cost_time_alone(cells):
    (cells.parent / "taken").write_text("")
    assert folder_source(cells, cache=cells.parent / "taken" / "digests.json").sha256 == digest(cells)
