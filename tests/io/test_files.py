"""Whole files or none: success, every kind of failure, a full disk, and what the text formats promise."""

import csv
import errno
import hashlib
import io
import json
from pathlib import Path

import numpy as np
import pytest

from unetlib.io import files
from unetlib.io.outputs import OutputError


def everything(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*"))


def test_atomic_path_makes_parents_keeps_the_suffix_and_leaves_only_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "picture.png"
    with files.atomic_path(path) as temporary:
        assert temporary.parent == path.parent and temporary.suffix == ".png" and temporary != path
        temporary.write_bytes(b"new")
        assert not path.exists()
    assert path.read_bytes() == b"new"
    assert everything(tmp_path) == ["a", "a/b", "a/b/picture.png"]


@pytest.mark.parametrize("error", [RuntimeError("boom"), KeyboardInterrupt(), SystemExit(3)])
def test_an_exception_keeps_the_old_file_and_leaves_nothing_else(tmp_path: Path, error: BaseException) -> None:
    path = tmp_path / "x.bin"
    path.write_bytes(b"old")
    with pytest.raises(type(error)), files.atomic_path(path) as temporary:
        temporary.write_bytes(b"half")
        raise error
    assert path.read_bytes() == b"old"
    assert everything(tmp_path) == ["x.bin"]


def test_a_block_that_writes_nothing_is_an_error_naming_the_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nothing was written.*/x\.bin"), files.atomic_path(tmp_path / "x.bin"):
        pass
    assert everything(tmp_path) == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_names_the_file_and_leaves_nothing(tmp_path: Path, number: int) -> None:
    with (
        pytest.raises(OSError, match=r"no space left on the device.*x\.bin") as caught,
        files.atomic_path(tmp_path / "x.bin") as temporary,
    ):
        temporary.write_bytes(b"half")
        raise OSError(number, "whatever the system says")
    assert caught.value.errno == number
    assert everything(tmp_path) == []


def test_a_file_that_is_too_large_for_the_device_is_named(tmp_path: Path) -> None:
    with (
        pytest.raises(OSError, match=r"larger than files may be on this device .*x\.bin"),
        files.atomic_path(tmp_path / "x.bin") as temporary,
    ):
        temporary.write_bytes(b"half")
        raise OSError(errno.EFBIG, "whatever the system says")
    assert everything(tmp_path) == []


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS])
def test_a_folder_that_takes_no_files_is_named_with_the_file_and_not_the_temporary_one(
    tmp_path: Path, number: int
) -> None:
    with pytest.raises(OSError, match="choose another folder") as caught, files.atomic_path(tmp_path / "x.bin") as new:
        raise OSError(number, "refused", str(new))
    assert caught.value.filename == str(tmp_path / "x.bin") and str(tmp_path) in str(caught.value.strerror)
    with pytest.raises(OSError, match="refused") as caught, files.atomic_path(tmp_path / "x.bin"):
        raise OSError(number, "refused", "another file")
    assert caught.value.filename == "another file"


def test_a_disk_that_fills_up_while_flushing_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Delayed allocation reports a full disk only at fsync."""

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr("unetlib.io.replacement.os.fsync", full)
    with pytest.raises(OSError, match=r"no space left.*out\.json"):
        files.write_json(tmp_path / "out.json", {"a": 1})
    with (
        pytest.raises(OSError, match=r"no space left.*folder"),
        files.atomic_folder(tmp_path / "folder") as new,
    ):
        (new / "a").write_bytes(b"a")
    assert everything(tmp_path) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_really_full_device_is_named(tmp_path: Path) -> None:
    with (
        pytest.raises(OSError, match=r"no space left on the device.*x\.csv"),
        files.atomic_path(tmp_path / "x.csv") as temporary,
    ):
        temporary.symlink_to("/dev/full")
        temporary.write_bytes(b"0" * 100_000)
    assert everything(tmp_path) == []
    assert Path("/dev/full").exists()


def test_atomic_folder_replaces_what_an_earlier_one_wrote(tmp_path: Path) -> None:
    path = tmp_path / "dataset"
    for names in (["a.tif", "sub/b.tif"], ["a.tif", "c.csv"]):
        with files.atomic_folder(path, r"(sub/)?[abc]\.(tif|csv)") as temporary:
            for name in names:
                (temporary / name).parent.mkdir(exist_ok=True)
                (temporary / name).write_text(name * len(names))
            assert not (path / names[1]).exists()
    assert everything(tmp_path) == ["dataset", "dataset/a.tif", "dataset/c.csv"]


def test_a_failed_folder_keeps_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "dataset"
    path.mkdir()
    (path / "old").write_text("old")
    with pytest.raises(ValueError, match="boom"), files.atomic_folder(path, "old") as temporary:
        (temporary / "sub").mkdir()
        (temporary / "sub" / "half").write_text("half")
        raise ValueError("boom")
    assert everything(tmp_path) == ["dataset", "dataset/old"]


def test_a_file_in_the_place_of_a_folder_is_refused_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "dataset"
    path.write_text("mine")
    with pytest.raises(OutputError, match="dataset: is a file"), files.atomic_folder(path):
        pass
    assert path.read_text() == "mine"


def test_json_is_ordered_plain_and_ends_in_a_newline(tmp_path: Path) -> None:
    path = tmp_path / "facts.json"
    files.write_json(path, {"b": np.float64(0.1), "a": np.arange(2), "n": np.int64(3), "p": Path("x/y"), "µ": None})
    assert path.read_text(encoding="utf-8").endswith("}\n")
    assert list(json.loads(path.read_text(encoding="utf-8")).items()) == [
        ("b", 0.1),
        ("a", [0, 1]),
        ("n", 3),
        ("p", "x/y"),
        ("µ", None),
    ]


@pytest.mark.parametrize("value", [float("nan"), np.float32("inf"), np.array([1.0, np.nan])])
def test_json_refuses_what_json_does_not_know(tmp_path: Path, value: object) -> None:
    with pytest.raises(ValueError, match=r"facts\.json.*JSON"):
        files.write_json(tmp_path / "facts.json", {"loss": value})
    assert everything(tmp_path) == []


def test_csv_floats_read_back_exactly_and_lines_end_in_lf(tmp_path: Path) -> None:
    values = np.random.default_rng(7).normal(size=50) * 10.0 ** np.arange(-25, 25)
    path = tmp_path / "scores.csv"
    files.write_csv(path, ({"value": v, "name": f'a,"{i}'} for i, v in enumerate(values)), ["name", "value"])
    raw = path.read_bytes()
    assert b"\r" not in raw and raw.endswith(b"\n") and raw.startswith(b"name,value\n")
    rows = list(csv.DictReader(io.StringIO(raw.decode())))
    assert [float(row["value"]) for row in rows] == values.tolist()
    assert rows[3]["name"] == 'a,"3'


def test_csv_cells_of_every_kind(tmp_path: Path) -> None:
    row = {
        "a": None,
        "b": True,
        "c": np.bool_(False),
        "d": float("nan"),
        "e": np.float32(0.5),
        "f": np.uint16(7),
    }
    files.write_csv(tmp_path / "x.csv", [row], list("abcdef"))
    assert (tmp_path / "x.csv").read_text() == "a,b,c,d,e,f\n,1,0,nan,0.5,7\n"


@pytest.mark.parametrize("row", [{"a": 1}, {"a": 1, "b": 2, "c": 3}])
def test_csv_refuses_a_row_with_other_columns(tmp_path: Path, row: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"x\.csv: row 2 lacks or adds [bc];"):
        files.write_csv(tmp_path / "x.csv", [{"a": 1, "b": 2}, row], ["a", "b"])
    assert everything(tmp_path) == []


def test_sha256_of_matches_hashlib(tmp_path: Path) -> None:
    data = np.random.default_rng(0).bytes(300_001)
    (tmp_path / "x").write_bytes(data)
    assert files.sha256_of(tmp_path / "x") == hashlib.sha256(data).hexdigest()
