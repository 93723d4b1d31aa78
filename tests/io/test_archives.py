"""Archives: what is refused and why, and that what is read is exactly what was packed."""

import contextlib
import io
import stat
import struct
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest

from unetlib.io.archives import Archive, ArchiveError, open_archive

FILES = {"set/01/t000.tif": b"first" * 100, "set/01/t001.tif": b"second", "set/readme.txt": b""}


def packed(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def opened(path: Path, data: bytes, *, max_bytes: int = 1 << 20, max_members: int = 100) -> Archive:
    path.write_bytes(data)
    return open_archive(path, max_bytes=max_bytes, max_members=max_members)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "archive.zip"


def refused(path: Path, data: bytes, why: str, **limits: int) -> None:
    with pytest.raises(ArchiveError, match=why) as caught:
        opened(path, data, **limits)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_names_are_files_only_sorted_and_read_gives_their_bytes(path: Path) -> None:
    data = packed({"set/": b"", **dict(reversed(FILES.items()))})
    with opened(path, data) as archive:
        assert archive.names() == sorted(FILES)
        assert {name: archive.read(name) for name in archive.names()} == FILES
    assert sorted(p.name for p in path.parent.iterdir()) == ["archive.zip"]  # nothing is ever unpacked


def test_a_folder_is_an_archive_too(tmp_path: Path) -> None:
    for name, data in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    with open_archive(tmp_path, max_bytes=1, max_members=1) as archive:
        assert archive.names() == sorted(FILES)
        assert {name: archive.read(name) for name in archive.names()} == FILES
        with pytest.raises(ArchiveError, match="holds no"):
            archive.read("../secret")


def test_litter_of_macos_is_not_listed(path: Path) -> None:
    litter = {"__MACOSX/set/._t.tif": b"x", "set/.DS_Store": b"x", "set/._t.tif": b"x"}
    assert opened(path, packed({**litter, "set/t.tif": b"x"})).names() == ["set/t.tif"]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("/etc/passwd", "absolute"),
        ("../evil.tif", r"climbs out.*'\.\.'"),
        ("set/../../evil.tif", "climbs out"),
        ("C:/evil.tif", "drive letter"),
        ("c:evil.tif", "drive letter"),
        ("set\\..\\evil.tif", "backslash"),
        ("set/\nevil.tif", "control character"),
        ("set/evil.tif\0.txt", "control character"),
    ],
)
def test_names_that_could_leave_their_folder(path: Path, name: str, why: str) -> None:
    placeholder = "X" * len(name)  # zipfile would clean the name; a hostile writer does not
    data = packed({**FILES, placeholder: b"x"}).replace(placeholder.encode(), name.encode())
    refused(path, data, why)


def test_dots_inside_a_name_are_harmless(path: Path) -> None:
    assert opened(path, packed({"a..b/t..tif": b"x"})).read("a..b/t..tif") == b"x"


def test_a_file_that_is_marked_as_a_folder(path: Path) -> None:
    for name, data, refused in (("a.tif", b"x", True), ("a", b"", False), ("a/", b"", False)):
        info = zipfile.ZipInfo(name)
        info.external_attr = 0x10
        with zipfile.ZipFile(path, "w") as file:
            file.writestr(info, data)
        with pytest.raises(ArchiveError, match="marked as a folder") if refused else contextlib.nullcontext():
            open_archive(path, max_bytes=99, max_members=9).close()


@pytest.mark.parametrize(("kind", "why"), [(stat.S_IFLNK, "symbolic link"), (stat.S_IFIFO, "device, pipe")])
def test_links_and_devices(path: Path, kind: int, why: str) -> None:
    info = zipfile.ZipInfo("set/link.tif")
    info.external_attr = (kind | 0o777) << 16
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(info, "/etc/passwd")
    refused(path, buffer.getvalue(), why)


def central(data: bytes) -> int:
    """Offset of the first entry of the central directory."""
    return data.index(b"PK\x01\x02")


def patched(data: bytes, at: int, form: str, value: int) -> bytes:
    changed = bytearray(data)
    struct.pack_into(form, changed, at, value)
    return bytes(changed)


def test_encrypted_member(path: Path) -> None:
    data = packed({"a.tif": b"x"})
    refused(path, patched(data, central(data) + 8, "<H", 1), "'a.tif' is encrypted")


@pytest.mark.parametrize("method", [12, 14, 99])
def test_other_compressions(path: Path, method: int) -> None:
    data = packed({"a.tif": b"x"})
    refused(path, patched(data, central(data) + 10, "<H", method), f"method {method}")


@pytest.mark.parametrize("second", ["set/bb.tif", "set/./bb.tif", "set/bb.tif/"])
def test_duplicate_names(path: Path, second: str) -> None:
    placeholder = "X" * len(second)
    data = packed({"set/bb.tif": b"1", placeholder: b""}).replace(placeholder.encode(), second.encode())
    refused(path, data, "twice")


def test_too_many_members(path: Path) -> None:
    data = packed({f"{i}.txt": b"" for i in range(11)})
    refused(path, data, "11 members, more than the 10 allowed", max_members=10)
    assert len(opened(path, data, max_members=11).names()) == 11


def test_bomb_by_declared_size(path: Path) -> None:
    data = packed({"a": bytes(600), "b": bytes(401)})
    refused(path, data, "1001 bytes, more than the 1000 allowed", max_bytes=1000)
    assert opened(path, data, max_bytes=1001).read("b") == bytes(401)


def lying(declared: int, actual: bytes, checksum: int | None = None) -> bytes:
    """A zip whose only member `bomb` declares another size (and perhaps checksum) than it has."""
    data = packed({"bomb": actual})
    data = patched(data, central(data) + 24, "<L", declared)
    return data if checksum is None else patched(data, central(data) + 16, "<L", checksum)


def test_bomb_that_lies_about_its_size_is_stopped_in_bounded_memory(path: Path) -> None:
    archive = opened(path, lying(10, bytes(50_000_000)), max_bytes=1000)
    tracemalloc.start()
    try:
        with pytest.raises(ArchiveError, match="'bomb' is damaged or lies about its size"):
            archive.read("bomb")
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_a_lie_with_a_matching_checksum_gives_no_more_than_declared(path: Path) -> None:
    archive = opened(path, lying(10, bytes(50_000), zlib.crc32(bytes(10))), max_bytes=1000)
    assert archive.read("bomb") == bytes(10)


def test_a_member_shorter_than_declared(path: Path) -> None:
    with pytest.raises(ArchiveError, match=r"'bomb' (declares 900 bytes and holds 5|is damaged)"):
        opened(path, lying(900, b"short")).read("bomb")


def test_a_zip_truncated_anywhere_is_refused(path: Path) -> None:
    data = packed(FILES)
    for length in (0, 1, 30, len(data) // 2, len(data) - 30, len(data) - 1):
        refused(path, data[:length], "truncated or damaged zip|not a zip|empty file")


def test_what_is_not_a_zip_shows_its_first_bytes(path: Path) -> None:
    refused(path, b"<!DOCTYPE html>404", r"is not a zip archive, it starts with b'<!DOCTYP'")


def test_a_missing_archive_is_named(path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"archive\.zip"):
        open_archive(path, max_bytes=1, max_members=1)


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("t001.tif", r"holds no 't001\.tif'; did you mean 'set/01/t001\.tif'"),
        ("set/01/t01.tif", r"did you mean 'set/01/t00[01]\.tif'"),
        ("SET/README.TXT", r"did you mean 'set/readme\.txt'\?"),
        ("train-volume", r"it holds 3 files such as 'set/01/t000\.tif'"),
        ("set/01/", "holds no 'set/01/'"),
    ],
)
def test_a_missing_member_is_named_with_what_comes_close(path: Path, asked: str, answer: str) -> None:
    with pytest.raises(ArchiveError, match=answer):
        opened(path, packed(FILES)).read(asked)


def test_random_damage_gives_the_packed_bytes_or_an_archive_error(path: Path) -> None:
    data = packed(FILES)
    rng = np.random.default_rng(5)
    errors = 0
    for _ in range(400):
        hurt = bytearray(data)
        for at in rng.integers(len(data), size=rng.integers(1, 4)):
            hurt[at] = rng.integers(256)
        try:
            with opened(path, bytes(hurt)) as archive:
                for name in archive.names():
                    assert archive.read(name) in FILES.values()
        except ArchiveError:
            errors += 1
    assert errors > 100
