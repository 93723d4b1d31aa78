"""prepare says what it used, what it did not use and why, and which images are the same; its remedies work."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from builders.archives import png, texture

ROOT = Path(__file__).parents[2]
LIMITS = {"archive_bytes": 10**7, "archive_members": 100, "fetch_timeout_s": 1, "fetch_attempts": 1}
LABEL = np.zeros((30, 40), np.uint8)
LABEL[3:9, 3:9] = 1


@pytest.fixture
def cells(tmp_path):
    """Six images with labels, the last a copy of the first under another name, the third a negative."""
    folder = tmp_path / "cells"
    for kind in ("images", "labels"):
        (folder / kind).mkdir(parents=True)
    for n, seed in enumerate([0, 1, 2, 3, 4, 0]):
        (folder / f"images/a{n}.png").write_bytes(png(texture(30, 40, seed=seed)))
        (folder / f"labels/a{n}.png").write_bytes(png(LABEL * (n != 2)))
    return folder


def run(name: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / f"workflow/scripts/{name}.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT)


def prepare(source: Path, **options: object) -> tuple[subprocess.CompletedProcess[str], Path]:
    frames = source.parent / "prepared" / "frames.csv"
    where = ("--source", source, "--frames", frames, "--limits", json.dumps(LIMITS), "--format", "pairs")
    how = ("--view", json.dumps({"binning": 1}), "--options", json.dumps(options))
    return run("prepare", *where, *how), frames.parent


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_what_was_used_and_what_was_not_is_said(cells):
    (cells / "images/.ipynb_checkpoints").mkdir()
    (cells / "images/.ipynb_checkpoints/a0-checkpoint.png").write_bytes(png(texture(30, 40)))
    (cells / "notes.txt").write_text("")
    (cells / "thumbnail.jpg").write_bytes(imagecodecs.jpeg_encode(texture(30, 40)))
    (cells / "overview.png").write_bytes(png(texture(30, 40)))
    done, folder = prepare(cells)
    assert done.returncode == 0, done.stderr
    reasons = {row["file"]: row["reason"] for row in table(folder / "unused.csv")}
    assert list(reasons) == [
        "images/.ipynb_checkpoints/a0-checkpoint.png",
        "notes.txt",
        "overview.png",
        "thumbnail.jpg",
    ]
    assert reasons["notes.txt"] == "no image" and "hidden" in reasons["images/.ipynb_checkpoints/a0-checkpoint.png"]
    assert "not where the layout" in reasons["overview.png"] and ".jpg files do not keep" in reasons["thumbnail.jpg"]
    for words in (
        "6 frames in 5 groups, 6 with labels",
        "labels without an object, trained and tested on as negatives: a2 (1)",
        "show the same image and are never parted by a split: a0, a5 (2)",
        "3 files were not used: notes.txt, overview.png, thumbnail.jpg; 1 hidden or temporary file was skipped",
        "not used: overview.png (not where",
    ):
        assert words in done.stdout


def test_the_same_bytes_come_out_whatever_the_files_are_called_and_packed_like(cells):
    _, folder = prepare(cells)
    before = (folder / "frames.csv").read_bytes()
    for path in sorted((cells / "images").iterdir()):
        array = imagecodecs.png_decode(path.read_bytes())
        path.write_bytes(bytes(imagecodecs.png_encode(array, level=0)))
    os.utime(cells / "labels/a1.png", (1e9, 1e9))
    (cells / "images/.DS_Store").write_bytes(b"x")
    done, _ = prepare(cells)
    assert done.returncode == 0 and (folder / "frames.csv").read_bytes() == before
    (cells / "labels/a1.png").write_bytes(png(LABEL * 2))
    prepare(cells)
    assert (folder / "frames.csv").read_bytes() != before


def test_everything_used_is_said_too(cells):
    done, folder = prepare(cells)
    assert table(folder / "unused.csv") == [] and f"every file of {cells} was used" in done.stdout


def test_an_empty_label_can_be_made_an_error_and_the_remedies_work(cells):
    done, folder = prepare(cells, allow_empty=False)
    assert done.returncode == 1 and done.stderr.startswith("error: images/a2.png: its label has no object; remove the")
    assert not folder.exists()
    assert prepare(cells)[0].returncode == 0  # leave out allow_empty
    assert prepare(cells, allow_empty=True)[0].returncode == 0
    for kind in ("images", "labels"):
        (cells / kind / "a2.png").unlink()  # remove the frame
    assert prepare(cells, allow_empty=False)[0].returncode == 0


def test_copies_are_on_one_side_of_every_split(cells):
    settings = {"by": "group", "folds": 2, "validation_fraction": 0.2, "gap_frames": 0, "seed": 0}
    settings |= {"max_train": None, "max_validation": None, "max_test": None}
    _, folder = prepare(cells)
    for fold in (0, 1):
        where = ("--frames", folder / "frames.csv", "--fold", fold, "--output", folder.parent / "split.csv")
        done = run("split", *where, "--settings", json.dumps(settings))
        assert done.returncode == 0, done.stderr
        roles = {row["frame"]: row["role"] for row in table(folder.parent / "split.csv")}
        assert roles["a0"] == roles["a5"] and done.stdout.strip()
