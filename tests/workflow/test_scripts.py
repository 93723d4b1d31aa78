"""The scripts as a rule calls them: bad input is one line on stderr, exit 1, and nothing half-written."""

import importlib.metadata
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import tifffile
from builders.config import study

from unetlib.datasets.dataset import Sample, write_dataset
from unetlib.study.experiments import prediction_settings
from unetlib.study.facts import study_facts
from unetlib.study.layout import Layout
from unetlib.study.shared_trainings import share_identical_trainings

ROOT = Path(__file__).parents[2]
LIMITS = {"archive_bytes": 10**7, "archive_members": 100, "fetch_timeout_s": 1, "fetch_attempts": 1}
READING = ["--format", "ctc", "--options", "{}", "--view", "{}", "--limits", json.dumps(LIMITS)]
HEALTHY = np.arange(64, dtype=np.uint8).reshape(8, 8)
CELL = np.pad(np.ones((4, 4), np.uint16), 2)


def script(name, *arguments, **variables):
    command = [sys.executable, str(ROOT / f"workflow/scripts/{name}.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=os.environ | variables)


def refuses(done, *words):
    """One line that holds the words, exit code 1."""
    lines = [line for line in done.stderr.splitlines() if "%|" not in line and "B [" not in line and line.strip()]
    assert done.returncode == 1, done.stderr
    assert len(lines) == 1 and lines[0].startswith("error: "), done.stderr
    for word in words:
        assert word in lines[0], f"{word!r} is not in {lines[0]!r}"


def tiff(array):
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, array)
    return buffer.getvalue()


def movie(path, **changes):
    """A Cell Tracking Challenge archive of two sequences; changes: member → bytes or None (missing)."""
    members = {}
    for sequence in ("01", "02"):
        for time in range(4):
            members[f"D/{sequence}/t{time:03d}.tif"] = tiff(HEALTHY + time)
            members[f"D/{sequence}_GT/SEG/man_seg{time:03d}.tif"] = tiff(CELL)
    members |= changes
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            if data is not None:
                archive.writestr(name, data)
    return path


def prepare(tmp_path, archive):
    frames = tmp_path / "data" / "frames.csv"
    done = script("prepare", "--source", archive, *READING, "--frames", frames)
    if done.returncode:
        assert list(tmp_path.iterdir()) == [archive], "something half-written was left"
    return done


def test_a_healthy_archive_is_prepared(tmp_path):
    assert prepare(tmp_path, movie(tmp_path / "D.zip")).returncode == 0
    assert len((tmp_path / "data/frames.csv").read_text().splitlines()) == 9
    assert len(json.loads((tmp_path / "data/dataset.json").read_text())["sha256"]) == 64


FLOATS, NEGATIVE = CELL.astype(np.float32) + 0.5, -CELL.astype(np.int16)
NAN = np.where(CELL > 0, np.nan, HEALTHY).astype(np.float32)


@pytest.mark.parametrize(
    ("member", "data", "words"),
    [
        ("D/01_GT/SEG/man_seg002.tif", tiff(CELL[:7]), ("t002", "8×8", "7×8")),
        ("D/01_GT/SEG/man_seg002.tif", tiff(FLOATS), ("man_seg002", "float32")),
        ("D/01_GT/SEG/man_seg002.tif", tiff(NEGATIVE), ("man_seg002", "negative")),
        ("D/01/t001.tif", tiff(NAN), ("t001.tif", "NaN")),
        ("D/01/t001.tif", tiff(HEALTHY * 0 + 7), ("t001.tif", "constant")),
        ("D/01/t001.tif", tiff(HEALTHY)[:60], ("t001.tif",)),
        ("D/01/t001.tif", b"no TIFF", ("t001.tif",)),
        ("D/01/t002.tif", None, ("002",)),
        ("../outside.tif", b"x", ("outside.tif",)),
        ("/absolute.tif", b"x", ("absolute.tif",)),
    ],
)
def test_an_archive_with_one_bad_member_is_refused_by_its_name(tmp_path, member, data, words):
    refuses(prepare(tmp_path, movie(tmp_path / "D.zip", **{member: data})), *words)
    assert not (tmp_path.parent / "outside.tif").exists()


def test_a_truncated_archive_is_refused(tmp_path):
    archive = movie(tmp_path / "D.zip")
    archive.write_bytes(archive.read_bytes()[:-100])
    refuses(prepare(tmp_path, archive), "D.zip")


def test_a_bomb_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "D.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("D/01/t000.tif", bytes(2 * 10**7))
    refuses(prepare(tmp_path, tmp_path / "D.zip"), "D.zip")


def test_a_failed_prepare_leaves_the_dataset_that_was_there(tmp_path):
    archive = movie(tmp_path / "D.zip")
    assert prepare(tmp_path, archive).returncode == 0
    before = {path: path.read_bytes() for path in (tmp_path / "data").rglob("*.*")}
    movie(archive, **{"D/01/t001.tif": b"no TIFF"})
    done = script("prepare", "--source", archive, *READING, "--frames", tmp_path / "data/frames.csv")
    refuses(done, "t001.tif")
    assert {path: path.read_bytes() for path in (tmp_path / "data").rglob("*.*")} == before


def test_a_wrong_checksum_leaves_no_archive(tmp_path):
    movie(tmp_path / "D.zip")
    output = tmp_path / "archives" / "D.zip"
    options = [
        *("--archive", "D.zip", "--url", "", "--sha256", "0" * 64),
        "--limits",
        json.dumps(LIMITS),
        "--mirrors",
        json.dumps([str(tmp_path)]),
        "--output",
        output,
    ]
    refuses(script("fetch", *options), "D.zip", "sha256")
    assert not output.exists()


def dataset(folder, sequences=2, size=24):
    cell = np.pad(np.ones((size // 2, size // 2), np.uint16), size // 4)
    grey = np.arange(size * size, dtype=np.uint16).reshape(size, size)
    facts = {"group": "g", "modality": "m", "image": grey, "labels": cell}
    frames = ((s, t) for s in range(sequences) for t in range(6))
    write_dataset(folder, [Sample(f"{s}-{t}", sequence=str(s), time=t, **facts) for s, t in frames])
    return folder / "frames.csv"


def test_more_folds_than_sequences_are_refused(tmp_path):
    settings = {"by": "sequence", "folds": 3, "validation_fraction": 0.2, "gap_frames": 0}
    output = tmp_path / "fold0.csv"
    frames = dataset(tmp_path / "data")
    done = script("split", "--frames", frames, "--settings", json.dumps(settings), "--fold", 0, "--output", output)
    refuses(done, "3", "2")
    assert not output.exists()


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 1 MiB; skipped where it cannot be mounted."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting a small file system needs root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_fills_up_while_caching_leaves_no_index(tmp_path, small_disk):
    frames = dataset(tmp_path / "data", size=200)
    split = tmp_path / "fold0.csv"
    split.write_text("frame,role\n" + "".join(f"0-{t},train\n" for t in range(6)))
    settings = json.dumps([{"augmentation": {"policy": "none"}}])
    index = small_disk / "cache" / "index.csv"
    where = ["--frames", frames, "--split", split, "--indexes", index]
    done = script("augment", *where, "--settings", settings, "--seed", 0, "--code", "c")
    refuses(done, "no space left")
    left = {path.name for path in index.parent.iterdir()}
    assert "index.csv" not in left and not any(name.startswith(".tmp") for name in left)
    whole = [np.load(path) for path in index.parent.glob("*.npy")]
    assert whole and all(array.shape == (1, 200, 200) for array in whole), "a cut array was left under its own name"


def test_every_script_explains_itself():
    for path in sorted((ROOT / "workflow/scripts").glob("*.py")):
        if path.stem in ["train", "predict", "augment", "draw_charts", "draw_examples", "report", "make_tables"]:
            continue  # the same two lines of script.py; importing torch or matplotlib for them is slow
        if "run(main, Arguments" not in path.read_text():
            continue  # what scripts share
        done = script(path.stem, "--help")
        assert done.returncode == 0 and "usage:" in done.stdout, path.name


def test_no_script_is_named_like_an_installed_module():
    """Python looks for modules beside a script first, so a script `tabulate.py` would replace the package tabulate."""
    names = [path.stem for path in (ROOT / "workflow").rglob("*.py")]
    assert len(names) > 25
    installed = {*importlib.metadata.packages_distributions(), *sys.stdlib_module_names}
    assert "tabulate" in installed and installed.isdisjoint(names)


def test_settings_that_are_none_are_refused_in_one_line(tmp_path):
    frames, output = dataset(tmp_path / "data"), tmp_path / "fold0.csv"
    for settings, word in (('{"fold": 3}', "fold"), ('{"folds": 1}', "folds"), ("{", "JSON")):
        done = script("split", "--frames", frames, "--settings", settings, "--fold", 0, "--output", output)
        refuses(done, word)


def test_prediction_settings_are_written_for_every_trained_run(tmp_path):
    resolved = share_identical_trainings(study())
    text = resolved.model_dump_json(exclude_unset=True)
    command = [sys.executable, str(ROOT / "workflow/scripts/write_prediction_settings.py"), "--study", text]
    sizes = dict(zip(study_facts(resolved).datasets, (0.65, None, 1.3), strict=False))
    for name, size in sizes.items():
        table = tmp_path / Layout("s").pixel_sizes(name)
        table.parent.mkdir(parents=True)
        table.write_text(f"frame,pixel_size_um\na,{size or ''}\nb,{size or ''}\n")
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for run in study_facts(resolved).trained_runs():
        written = json.loads((tmp_path / Layout("s").prediction_settings(run.path)).read_text())
        assert written == prediction_settings(resolved, run.experiment, run.train_dataset, sizes).plain()
    assert not (tmp_path / "results/s/runs/turned").exists()


def test_the_traceback_is_shown_on_request(tmp_path):
    archive = tmp_path / "D.zip"
    archive.write_bytes(b"no zip")
    frames = tmp_path / "d/frames.csv"
    done = script("prepare", "--source", archive, *READING, "--frames", frames, UNETLIB_DEBUG="1")
    assert "Traceback" in done.stderr and done.returncode == 1
