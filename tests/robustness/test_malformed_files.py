"""Malformed files: every reader returns what the file holds or refuses it in one line, in bounded time and memory.

The long form, with memory limits and thousands of cases per reader, is tests/robustness/fuzz.py.
"""

import os
import re
import struct
import tracemalloc
import warnings
from dataclasses import replace
from pathlib import Path, PureWindowsPath

import numpy as np
import pytest
import tifffile
from builders import malformed_targets
from builders.archives import png, texture, tiff
from builders.malformed import mutated, plain_tiff, png_chunks, png_of, zip_of
from builders.malformed_targets import Target, targets
from hypothesis import example, given, settings
from hypothesis import strategies as st
from robustness import fuzz

from unetlib.datasets import split_files, splits
from unetlib.datasets.checks import DatasetError, check_frame_id
from unetlib.datasets.dataset import Dataset, write_dataset
from unetlib.datasets.readers import read
from unetlib.io import files
from unetlib.io.archives import ArchiveError, open_archive
from unetlib.io.images import ImageError, decode
from unetlib.io.predictions import PredictionError, Predictions

CASES = {"tiff": 200, "png": 120, "zip": 150, "http": 15, "checkpoint": 12, "model": 25}


@pytest.mark.parametrize("name", targets())
def test_mutations_are_read_or_refused_by_one_line_of_the_projects_own(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.fsync", lambda descriptor: None)  # as in the long form: it would take most of the time
    target = targets()[name]
    seeds = target.seeds()
    tally = dict.fromkeys(fuzz.OUTCOMES, 0)
    for index in range(CASES.get(name, 20)):
        with warnings.catch_warnings(action="ignore"):
            data = mutated(seeds[index % len(seeds)], target.kind, 1, index)
            outcome, message = fuzz.outcome_of(target, fuzz.fresh(tmp_path / "case"), data)
        assert outcome != "defect", f"{name}, case {index}: {message}"
        tally[outcome] += 1
    assert [path.name for path in tmp_path.iterdir()] == ["case"]
    assert name in ("http", "journal", "note") or tally["refused"] > 0.2 * sum(tally.values()), tally


def test_mutations_are_the_same_every_time() -> None:
    data = malformed_targets.tiffs()[0]
    several = [mutated(data, "tiff", 7, index) for index in range(50)]
    assert several == [mutated(data, "tiff", 7, index) for index in range(50)]
    assert len(set(several)) > 40 and data not in several[:3]


def hang(folder: Path, data: bytes) -> None:
    while True:
        pass


def crash(folder: Path, data: bytes) -> None:
    if data != b"good":
        os._exit(11)


def stray(folder: Path, data: bytes) -> None:
    if data != b"good":
        (folder.parent / "elsewhere").write_bytes(data)


def overwrite(folder: Path, data: bytes) -> None:
    if data != b"good":
        (folder / ".." / "evil.tif").write_bytes(data)


def eat(folder: Path, data: bytes) -> None:
    if data != b"good":
        np.ones(10**9)


def stumble(folder: Path, data: bytes) -> None:
    if data != b"good":
        raise IndexError("list index out of range")


@pytest.mark.parametrize("fault", [crash, stray, overwrite, eat, stumble])
def test_the_fuzzer_notices(fault) -> None:
    target = Target(fault.__name__, "bytes", lambda: [b"good"], fault, (ImageError,))
    rows = fuzz.run(fault.__name__, target, 0, 0, 4)
    changed = [mutated(b"good", "bytes", 0, index) != b"good" for index in range(4)]
    assert sum(changed) > 1 and [row["outcome"] == "defect" for row in rows] == changed
    assert [row["index"] for row in rows] == [0, 1, 2, 3]


def test_the_fuzzer_runs_all_readers_and_writes_its_table(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("<!-- fuzz: written by tests/robustness/fuzz.py -->\n<!-- end of fuzz -->\n")
    monkeypatch.setattr(fuzz, "targets", lambda: {"json": targets()["json"]})
    monkeypatch.setattr("sys.argv", ["fuzz", "--count", "2", "--write", str(tmp_path / "page.md")])
    with pytest.raises(SystemExit) as ended:
        fuzz.main()
    assert not ended.value.code and "| json | files.read_json | 2 |" in (tmp_path / "page.md").read_text()


def test_the_fuzzer_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(fuzz, "SECONDS", 0.2)
    outcome, message = fuzz.outcome_of(Target("", "bytes", list, hang, ()), tmp_path, b"")
    assert outcome == "defect" and message.startswith("TooSlow")


# Images


def chained(pages: int) -> bytes:
    """A TIFF of empty pages, one behind the other."""
    offsets = [8 + 6 * n for n in range(pages)]
    following = [*offsets[1:], 0]
    return b"II*\0" + struct.pack("<I", 8) + b"".join(struct.pack("<HI", 0, n) for n in following)


TILES = {"t259": (3, 1, 8), "t322": (4, 1, 1 << 17), "t323": (4, 1, 1 << 17), "t324": (4, 1, 8), "t325": (4, 1, 64)}
BOMBS = {
    "rows and columns": (plain_tiff(10**5, 10**5), "claims 10000000000 bytes"),
    "packed": (plain_tiff(10**5, 10**5, t259=(3, 1, 5)), "claims 10000000000 bytes"),
    "2^64 values are 0 in 64 bits": (plain_tiff(2**31, 2**31, t277=(3, 1, 4), t262=(3, 1, 2)), "claims 1844674407"),
    "wide values": (plain_tiff(2**13, 2**14, t258=(3, 1, 64), t339=(3, 1, 3)), "claims 1073741824 bytes"),
    "tiles": (plain_tiff(16, 16, **TILES), "claims 17179869184 bytes"),
    "JPEG 2000": (plain_tiff(16, 16, t259=(3, 1, 34712)), "packed by"),
    "JPEG": (tiff(texture(16, 16), compression="jpeg"), "packed by JPEG"),
    "pages": (chained(20_000), "more than 16384 pages"),
    "beyond the end": (plain_tiff(16, 16, t279=(4, 1, 10**6), t259=(3, 1, 5)), "beyond the end of the file"),
    "no strip": (plain_tiff(16, 16, t279=(4, 1, 0), t259=(3, 1, 5)), "is missing"),
    "too few strips": (plain_tiff(16, 16, t278=(4, 1, 1), t259=(3, 1, 5)), "is missing"),
    "PNG": (png(texture(4, 4))[:16] + struct.pack(">II", 10**5, 10**5) + png(texture(4, 4))[24:], "claims 10000000000"),
    "deep PNG": (
        png_of([(b"IHDR", struct.pack(">IIBBBBB", 16000, 16000, 16, 6, 0, 0, 0)), *png_chunks(png(texture(4, 4)))[1:]]),
        "claims 2048000000 bytes",
    ),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_before_it_is_unpacked(name: str) -> None:
    data, message = BOMBS[name]
    tracemalloc.start()
    try:
        with pytest.raises(ImageError, match=message) as caught:
            decode(data, "01/t000.tif")
        assert tracemalloc.get_traced_memory()[1] < 8_000_000 + 10 * len(data)
    finally:
        tracemalloc.stop()
    assert str(caught.value).startswith("01/t000.tif: ") and len(str(caught.value).splitlines()) == 1


def test_a_circle_of_pages_ends() -> None:
    image = texture(4, 8)
    whole = plain_tiff(8, 4, image.tobytes())
    np.testing.assert_array_equal(decode(whole, "a"), image)
    circle = whole[:-4] + whole[4:8]
    with pytest.raises(ImageError) if not _reads(circle, image) else warnings.catch_warnings():
        decode(circle, "a")


def _reads(data: bytes, image: np.ndarray) -> bool:
    try:
        return np.array_equal(decode(data, "a"), image)
    except ImageError:
        return False


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(st.sampled_from([b"II*\0", b"MM\0*", b"II+\0\x08\0\0\0", b"\x89PNG\r\n\x1a\n", b""]), st.binary(max_size=200))
def test_any_bytes_are_an_image_or_an_image_error(magic: bytes, rest: bytes) -> None:
    try:
        assert decode(magic + rest, "a.tif").size > 0
    except ImageError as error:
        assert str(error).startswith("a.tif: ") and len(str(error).splitlines()) == 1


# Archives


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


# Datasets


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(st.text(st.sampled_from("aA.-_/\\ :\n\0é~1") | st.characters(), max_size=12) | st.just("x" * 250))
@example("CON")
@example("nul.x")
@example("Com1")
@example("aux ")
def test_a_frame_id_is_a_file_name_on_every_system(frame: str) -> None:
    try:
        check_frame_id(frame, "here")
    except DatasetError as error:
        assert len(str(error).splitlines()) == 1
        return
    assert PureWindowsPath(frame).name == frame and not PureWindowsPath(frame).is_reserved()
    assert len(frame.encode()) <= 200 and frame.isascii() and frame.isprintable()


def test_frames_whose_names_differ_in_case_alone_are_refused(tmp_path: Path) -> None:
    for folder, array in (("images", texture(20, 30)), ("labels", np.eye(20, 30, dtype=np.uint8))):
        for name in ("cell", "Cell"):
            (tmp_path / "in" / folder).mkdir(parents=True, exist_ok=True)
            (tmp_path / "in" / folder / f"{name}.png").write_bytes(png(array))
    with pytest.raises(DatasetError, match="frame id cell is taken by another frame"):
        write_dataset(tmp_path / "out", read("pairs", tmp_path / "in"))


def test_an_edited_table_cannot_lead_out_of_the_dataset(tmp_path: Path) -> None:
    dataset = malformed_targets.dataset_in(tmp_path)
    (tmp_path / "evil.tif").write_bytes((dataset / "images/01-t000.tif").read_bytes())
    table = dataset / "frames.csv"
    table.write_text(table.read_text().replace("\n01-t000,", "\n../../evil,"))
    with pytest.raises(DatasetError, match=r"frames\.csv, line 2: frame id '\.\./\.\./evil' is not a safe file name"):
        Dataset(dataset)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda text: text.replace("frame,", "name,", 1), "lacks the column frame"),
        (lambda text: text + "01-t000,train\n", "a frame stands in it twice"),
        (lambda text: text.replace(",train", ",trian"), "'trian' is no role"),
        (lambda text: text.replace(",train", ",train,1"), "line 2: expected 2 cells"),
        (lambda text: text.replace(",train", ""), "line 2: expected 2 cells"),
        (lambda text: "frame,role\n" + "x" * 200_000 + ",train\n", "not readable as CSV"),
        (lambda text: text.replace("01", "\0"), None),
        (lambda text: "", "lacks the column frame, role"),
    ],
)
def test_an_edited_split_is_named(tmp_path: Path, edit, message: str | None) -> None:
    path = tmp_path / "fold0.csv"
    path.write_text(edit(malformed_targets.SPLIT.decode()))
    if message is None:
        assert split_files.frames_with_role(path, "train") != ["01-t000"]
        return
    with pytest.raises((splits.SplitError, files.FileError), match=message) as caught:
        split_files.frames_with_role(path, "train")
    assert str(caught.value).startswith(str(path))


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=20)


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(st.lists(st.fixed_dictionaries({"frame": CELL, "role": CELL}), max_size=5))
def test_what_is_written_as_csv_is_read_as_it_was(rows: list[dict[str, str]]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        files.write_csv(Path(folder) / "a.csv", rows, ("frame", "role"))
        assert files.read_csv(Path(folder) / "a.csv", ("role",)) == rows


# Predictions


def test_a_prediction_that_lies_about_its_shape_is_refused_in_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "p.npz"
    for text in ("(99999, 99999)", "(-1, 20)", "(2, 2, 5)", "(10**9, 2)", "(" * 99 + ")" * 99, "('a', 1)", "(0, 9)"):
        header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {text}}}".encode() + b"\n"
        body = b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header + bytes(20)
        path.write_bytes(zip_of([("a.npy", body, 0)]))
        tracemalloc.start()
        try:
            with pytest.raises(PredictionError, match=r"p\.npz: a (holds|is unreadable)") as caught:
                Predictions(path)["a"]
            assert tracemalloc.get_traced_memory()[1] < 5_000_000
        finally:
            tracemalloc.stop()
        assert len(str(caught.value).splitlines()) == 1


def test_prepared_tiffs_must_be_what_the_table_says(tmp_path: Path) -> None:
    dataset = Dataset(malformed_targets.dataset_in(tmp_path))
    path = dataset.folder / "images/01-t000.tif"
    for array in (texture(24, 29), texture(3, 24, 28)):
        tifffile.imwrite(path, array, photometric="minisblack", metadata=None)
        if array.ndim == 2:
            with pytest.raises(DatasetError, match=r"01-t000\.tif: holds 24×29 of uint8, unlike its frames\.csv"):
                dataset.image("01-t000")
    tifffile.imwrite(dataset.folder / "labels/01-t000.tif", texture(24, 28).astype(np.float32))
    with pytest.raises(DatasetError, match="holds 24×28 of float32"):
        dataset.truth("01-t000")


def test_an_error_that_a_target_does_not_declare_is_a_defect(tmp_path: Path) -> None:
    target = replace(targets()["tiff"], errors=())
    outcome, message = fuzz.outcome_of(target, tmp_path, b"nonsense")
    assert outcome == "defect" and message.startswith("ImageError")
