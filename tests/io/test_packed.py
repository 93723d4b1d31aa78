"""packed: the same bytes from the same bytes, cells as they are, and checksums that notice every change."""

import lzma
import subprocess

import pandas as pd
import pytest

from unetlib.io.files import FileError
from unetlib.io.packed import check_checksums, read_packed, write_checksums, write_packed, write_packed_csv


def test_what_is_packed_is_read_back_and_packed_again_to_the_same_bytes(tmp_path):
    data = b"a,b\n1,0.1\n" * 1000
    for name in ("one.csv.xz", "two.csv.xz"):
        write_packed(tmp_path / name, data)
    assert read_packed(tmp_path / "one.csv.xz") == data == lzma.decompress((tmp_path / "two.csv.xz").read_bytes())
    assert (tmp_path / "one.csv.xz").read_bytes() == (tmp_path / "two.csv.xz").read_bytes()
    assert (tmp_path / "one.csv.xz").stat().st_size < len(data) / 10


def test_cells_are_packed_as_they_are(tmp_path):
    rows = [{"name": 'a "quoted", cell', "value": "0.10000000000000001"}, {"name": "001"}]
    write_packed_csv(tmp_path / "t.csv.xz", rows, ("name", "value"))
    assert read_packed(tmp_path / "t.csv.xz").decode() == 'name,value\n"a ""quoted"", cell",0.10000000000000001\n001,\n'
    assert pd.read_csv(tmp_path / "t.csv.xz", dtype=str)["name"].tolist() == ['a "quoted", cell', "001"]


def test_a_damaged_file_is_named(tmp_path):
    (tmp_path / "t.csv.xz").write_bytes(b"no xz")
    with pytest.raises(FileError, match=r"t\.csv\.xz: not readable as xz"):
        read_packed(tmp_path / "t.csv.xz")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "below").mkdir()
    for name in ("a.txt", "below/b.txt"):
        (tmp_path / name).write_text(name)
    write_checksums(tmp_path)
    return tmp_path


def test_checksums_are_those_of_sha256sum(folder):
    check_checksums(folder)
    done = subprocess.run(
        ["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=folder, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "a.txt: OK\nbelow/b.txt: OK\n")


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda folder: (folder / "a.txt").write_text("A.txt"), r"a\.txt: its SHA-256 is not that of .*SHA256SUMS"),
        (lambda folder: (folder / "below/b.txt").unlink(), r"b\.txt: is missing and stands in"),
        (lambda folder: (folder / "c.txt").write_text(""), r"c\.txt: is not in .*SHA256SUMS"),
    ],
)
def test_every_change_is_noticed(folder, change, fault):
    change(folder)
    with pytest.raises(FileError, match=fault):
        check_checksums(folder)
