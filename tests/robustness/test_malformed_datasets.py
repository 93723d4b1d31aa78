"""Malformed tables, datasets and predictions: the line or frame is named, and nothing outside the folder is read."""

import struct
import tracemalloc
from pathlib import Path, PureWindowsPath

import numpy as np
import pytest
import tifffile
from builders.archives import png, texture
from builders.malformed import zip_of
from builders.prepared_files import SPLIT, dataset_in
from hypothesis import example, given, settings
from hypothesis import strategies as st

from unetlib.datasets import split_files, splits
from unetlib.datasets.checks import DatasetError, check_frame_id
from unetlib.datasets.dataset import Dataset, write_dataset
from unetlib.datasets.readers import read
from unetlib.io import files
from unetlib.io.predictions import PredictionError, Predictions


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
    dataset = dataset_in(tmp_path)
    (tmp_path / "evil.tif").write_bytes((dataset / "images/01-t000.tif").read_bytes())
    table = dataset / "frames.csv"
    table.write_text(table.read_text().replace("\n01-t000,", "\n../../evil,"))
    with pytest.raises(DatasetError, match=r"frames\.csv, line 2: frame id '\.\./\.\./evil' is not a safe file name"):
        Dataset(dataset)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda text: text.replace("frame,", "name,", 1), "lacks the column frame"),
        (lambda text: text + "01-t000,train\n", "a frame is listed twice"),
        (lambda text: text.replace(",train", ",trian"), "'trian' is not a role"),
        (lambda text: text.replace(",train", ",train,1"), "line 2: expected 2 cells"),
        (lambda text: text.replace(",train", ""), "line 2: expected 2 cells"),
        (lambda text: "frame,role\n" + "x" * 200_000 + ",train\n", "not readable as CSV"),
        (lambda text: text.replace("01", "\0"), None),
        (lambda text: "", "lacks the column frame, role"),
    ],
)
def test_an_edited_split_is_named(tmp_path: Path, edit, message: str | None) -> None:
    path = tmp_path / "fold0.csv"
    path.write_text(edit(SPLIT.decode()))
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


def test_a_prediction_that_lies_about_its_shape_is_refused_in_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "p.npz"
    for text in ("(99999, 99999)", "(-1, 20)", "(1, 2, 2, 5)", "(10**9, 2)", "(" * 99 + ")" * 99, "('a', 1)", "(0, 9)"):
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
    dataset = Dataset(dataset_in(tmp_path))
    path = dataset.folder / "images/01-t000.tif"
    for array in (texture(24, 29), texture(3, 24, 28)):
        tifffile.imwrite(path, array, photometric="minisblack", metadata=None)
        if array.ndim == 2:
            with pytest.raises(DatasetError, match=r"01-t000\.tif: holds 24×29 of uint8, unlike its frames\.csv"):
                dataset.image("01-t000")
    tifffile.imwrite(dataset.folder / "labels/01-t000.tif", texture(24, 28).astype(np.float32))
    with pytest.raises(DatasetError, match="holds 24×28 of float32"):
        dataset.truth("01-t000")
