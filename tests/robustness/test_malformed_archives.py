"""Malformed archives: no member leads out of the folder or takes more memory than is allowed."""

import os
import re
import struct
import tracemalloc
from pathlib import Path

import pytest
from builders.malformed import zip_of
from hypothesis import example, given, settings
from hypothesis import strategies as st

from unetlib.io.archives import ArchiveError, open_archive

NAMES = st.text(st.characters(codec="utf-8") | st.sampled_from("/.\\:~\0\n\u2028\x85"), min_size=1, max_size=40)


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(st.lists(NAMES | st.sampled_from(["a/../b", "/a", "a//b", "./a", "a/.", "C:a"]), min_size=1, max_size=4))
@example(["x" * 256])
@example(["a/" * 200 + "b"])
def test_a_name_that_is_listed_stays_in_its_folder(names: list[str]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.zip"
        path.write_bytes(zip_of([(name, b"x", 0) for name in names]))
        try:
            archive = open_archive(path, max_bytes=100, max_members=10)
        except ArchiveError as error:
            assert len(str(error).splitlines()) == 1 and len(str(error)) < 2000
            return
        with archive:
            for name in archive.names():
                assert archive.read(name) == b"x"
                inside = os.path.normpath(f"/root/{name}")
                assert inside.startswith("/root/") and not re.search(r"[\\\x00-\x1f\u2028\x85]|^[A-Za-z]:", name)
    assert len({os.path.normpath(name) for name in names}) == len(names)


def test_a_zip_in_a_zip_is_a_file_like_any_other(tmp_path: Path) -> None:
    inner = zip_of([("../evil.tif", b"x", 0)])
    path = tmp_path / "a.zip"
    path.write_bytes(zip_of([("set/inner.zip", inner, 0)]))
    with open_archive(path, max_bytes=1000, max_members=1) as archive:
        assert archive.names() == ["set/inner.zip"] and archive.read("set/inner.zip") == inner


def test_a_member_too_large_to_hold_is_refused_when_it_is_read(tmp_path: Path) -> None:
    data = bytearray(zip_of([("a", b"x", 0)]))
    struct.pack_into("<L", data, data.index(b"PK\x01\x02") + 24, (1 << 30) + 1)
    path = tmp_path / "a.zip"
    path.write_bytes(data)
    with (
        open_archive(path, max_bytes=1 << 40, max_members=1) as archive,
        pytest.raises(ArchiveError, match="member 'a' unpacks to 1073741825 bytes, more than 1073741824"),
    ):
        archive.read("a")


def test_a_list_of_members_that_is_too_long_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(zip_of([(f"{n:05d}", b"", 0) for n in range(20_000)]))
    tracemalloc.start()
    try:
        with pytest.raises(ArchiveError, match=r"its list of members takes 1020000 bytes, more than 102400"):
            open_archive(path, max_bytes=1, max_members=100)
        assert tracemalloc.get_traced_memory()[1] < 200_000
    finally:
        tracemalloc.stop()
