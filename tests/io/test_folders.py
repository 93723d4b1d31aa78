"""Every file of a folder is found once by its way, through links, and nobody's files are known by their names."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unetlib.io.archives import ArchiveError, open_archive
from unetlib.io.folders import FolderError, files_below
from unetlib.io.hidden_files import is_hidden_path


def touch(*paths):
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def test_links_to_files_and_folders_are_followed(tmp_path):
    here, far = tmp_path / "here", tmp_path / "far"
    touch(here / "a" / "1.tif", far / "2.tif", far / "deep" / "3.tif")
    (here / "b").symlink_to(far)
    (here / "c.tif").symlink_to(far / "2.tif")
    assert sorted(files_below(here)) == ["a/1.tif", "b/2.tif", "b/deep/3.tif", "c.tif"]
    assert open_archive(here, max_bytes=0, max_members=0).read("b/deep/3.tif") == b"x"


def test_a_loop_of_links_ends(tmp_path):
    touch(tmp_path / "a" / "1.tif", tmp_path / "b" / "2.tif")
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    (tmp_path / "a" / "b").symlink_to(tmp_path / "b")
    (tmp_path / "b" / "a").symlink_to(tmp_path / "a")
    assert sorted(files_below(tmp_path)) == ["a/1.tif", "a/b/2.tif", "b/2.tif", "b/a/1.tif"]


def test_every_visible_link_to_nothing_is_named(tmp_path):
    touch(tmp_path / "a.tif")
    for name in ("day1", "day2", ".cache"):
        (tmp_path / name).symlink_to(tmp_path / "gone")
    with pytest.raises(FolderError, match=r"broken links: day1, day2; repair or remove them$"):
        list(files_below(tmp_path))


def test_devices_and_pipes_are_no_files_and_an_unreadable_file_is_named(tmp_path):
    touch(tmp_path / "a.tif")
    os.mkfifo(tmp_path / "pipe.tif")
    archive = open_archive(tmp_path, max_bytes=0, max_members=0)
    assert archive.names() == ["a.tif"]
    (tmp_path / "a.tif").unlink()
    with pytest.raises(ArchiveError, match=r"a\.tif: cannot be read \(No such file"):
        archive.read("a.tif")


NAMES = st.text("abcXYZ019 -_", min_size=1, max_size=8)


@given(st.lists(NAMES, max_size=3), NAMES, st.sampled_from([".tif", ".png", ".txt", ""]))
def test_plain_names_are_visible_and_those_of_systems_are_not(folders, stem, suffix):
    name = "/".join([*folders, stem + suffix])
    assert not is_hidden_path(name)
    assert is_hidden_path("/".join([".ipynb_checkpoints", name])) and is_hidden_path(
        "/".join([*folders, "@eaDir", stem])
    )
    for other in (f".{stem}{suffix}", f"~${stem}{suffix}", f"{stem}{suffix}~", f"{stem}{suffix}.part", "Thumbs.db"):
        assert is_hidden_path("/".join([*folders, other]))
