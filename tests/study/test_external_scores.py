"""Another tool from images to scores; a tool that fails leaves one line with the reason."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile

from unetlib.datasets.dataset import Sample, write_dataset
from unetlib.evaluation.image_metrics import score_image
from unetlib.study.external_tools import failure_of, failures_of, stage_images

ROOT = Path(__file__).parents[2]
OTSU = f"{sys.executable} {ROOT}/workflow/external_tools/otsu_watershed.py --images {{images}} --output {{output}}"
DATASETS = {"d": {"min_area_px": 0, "field_of_interest_px": 0, "thinning_thresholds": None}}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A prepared dataset of three frames, two bright discs each, of which the last two are tested."""
    rows, columns = np.ogrid[:40, :60]
    labels = np.zeros((40, 60), np.uint16)
    for number, column in enumerate((18, 38), start=1):
        labels[(rows - 20) ** 2 + (columns - column) ** 2 < 11**2] = number
    random, samples = np.random.default_rng(0), []
    for time in range(3):
        image = (40 + 120 * (labels > 0) + random.normal(0, 5, labels.shape)).astype(np.uint8)
        where = {"sequence": "01", "time": time, "group": "01", "modality": "m", "image": image}
        samples.append(Sample(f"t{time}", labels=labels, markers=labels, **where))
    write_dataset(tmp_path / "datasets/d", samples)
    split = tmp_path / "splits/d/fold0.csv"
    split.parent.mkdir(parents=True)
    split.write_text("frame,role\nt0,train\nt1,test\nt2,test\n")
    return tmp_path


def script(name: str, project: Path, **options) -> subprocess.CompletedProcess[str]:
    where = {"frames": project / "datasets/d/frames.csv"} | options
    arguments = [f"--{key}={value}" for key, value in where.items()]
    command = [sys.executable, str(ROOT / f"workflow/scripts/{name}.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)})


def external(project: Path, **entry) -> subprocess.CompletedProcess[str]:
    output = project / "external_tools/tool/d/fold0/labels.csv"
    made = {"command": "", "folder": "", "pattern": "", "failures": failures_of(output)} | entry
    return script("run_external", project, **made, split=project / "splits/d/fold0.csv", output=output)


def score(project: Path, masks: str = "false") -> subprocess.CompletedProcess[str]:
    labels, output = project / "external_tools/tool/d/fold0/labels.csv", project / "fold0.csv"
    where = {"labels": labels, "splits": project / "splits/d/fold0.csv", "scores": output}
    where |= {"failures": project / "failures.csv", "masks": masks}
    return script("score_external", project, tool="tool", datasets=json.dumps(DATASETS), **where)


def scores(project: Path) -> list[dict[str, str]]:
    with (project / "fold0.csv").open(newline="") as handle:
        return list(csv.DictReader(handle))


def test_a_watershed_as_a_foreign_program_finds_two_touching_cells(project: Path) -> None:
    """From images to rows of the long table; made twice, it is the same to the byte."""
    made = []
    for _ in range(2):
        done = external(project, command=OTSU)
        assert done.returncode == 0, done.stderr
        done = score(project)
        assert done.returncode == 0, done.stderr
        made.append((project / "fold0.csv").read_bytes())
    assert made[0] == made[1]
    folder = project / "external_tools/tool/d/fold0"
    assert {path.name for path in folder.iterdir()} == {"labels.csv", "status.json", "t1.tif", "t2.tif"}
    rows = scores(project)
    assert {(r["experiment"], r["train_dataset"], r["test_dataset"], r["fold"], r["seed"]) for r in rows} == {
        ("tool", "external", "d", "0", "0")
    }
    value = {(r["image"], r["metric"]): float(r["value"]) for r in rows}
    truth = tifffile.imread(project / "datasets/d/labels/t1.tif")
    expected = score_image(truth, tifffile.imread(folder / "t1.tif"))
    assert {metric: value["t1", metric] for metric in expected} == expected
    assert value["t2", "objects"] == value["t2", "predicted_objects"] == value["t2", "markers"] == 2
    assert value["t2", "seg_ctc"] > 0.8 and value["t2", "det"] == 1


def test_a_folder_of_labels_made_beforehand_may_hold_untested_frames(project: Path) -> None:
    folder = project / "mine/d"
    folder.mkdir(parents=True)
    for frame in ("t0", "t1", "t2"):
        tifffile.imwrite(folder / f"{frame}.tif", tifffile.imread(project / f"datasets/d/labels/{frame}.tif"))
    assert external(project, folder=str(folder.parent)).returncode == 0 and score(project).returncode == 0
    assert {r["value"] for r in scores(project) if r["metric"] in ("seg", "iou", "map", "seg_ctc")} == {"1.0"}


def failed(project: Path, done: subprocess.CompletedProcess[str], *words: str) -> None:
    """The job went on, with one line of the failure, which stands in the table of failures and takes no score along."""
    assert done.returncode == 0 and done.stderr == ""
    lines = [line for line in done.stdout.splitlines() if line.startswith("failed: ")]
    assert len(lines) == 1, done.stdout
    assert score(project).returncode == 0
    with (project / "failures.csv").open(newline="") as handle:
        (row,) = csv.DictReader(handle)
    assert row["dataset"] == "d" and row["reason"] in lines[0] and scores(project) == []
    for word in words:
        assert word in row["reason"]


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros((40, 60), np.float32), ["2 faults", "t1.tif", "t2.tif", "float32"]),
        (np.zeros((40, 59), np.uint8), ["2 faults", "t1.tif", "40×59", "40×60"]),
        (np.pad(np.full((9, 9), 255, np.uint8), ((3, 28), (3, 48))), ["a mask, not instances", "masks: true"]),
    ],
)
def test_labels_of_another_size_or_type_or_a_mask_are_a_failure_of_the_tool(
    project: Path, array: np.ndarray, words: list[str]
) -> None:
    folder = project / "mine/d"
    folder.mkdir(parents=True)
    for frame in ("t1", "t2"):
        tifffile.imwrite(folder / f"{frame}.tif", array)
    assert external(project, folder=str(folder.parent)).returncode == 0
    failed(project, score(project), *words)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("pass", ["missing: ", "t1.tif, ", "t2.tif (2 of 2)"]),
        (
            "import pathlib, sys; [pathlib.Path(sys.argv[1], n).touch() for n in ('t1.tif', 't2.tif', 'T2.tif')]",
            ["T2.tif"],
        ),
        ("raise SystemExit(4)", ["code 4"]),
    ],
)
def test_a_command_that_leaves_the_wrong_files_leaves_the_reason_alone_and_is_tried_again(
    project: Path, code: str, words: list[str]
) -> None:
    folder = project / "external_tools/tool/d/fold0"
    for attempt in (1, 2):
        done = external(project, command=f'"{sys.executable}" -c "{code}" {{output}} {{images}}')
        failed(project, done, *words)
        assert {path.name for path in folder.iterdir()} == {"labels.csv", "status.json"}
        assert failures_of(folder / "labels.csv") == attempt, "another setting of the job, which runs again"
    assert external(project, command=OTSU).returncode == 0 and failure_of(folder / "labels.csv") == ""
    assert failures_of(folder / "labels.csv") == 2, "the setting it ran with: it does not run again"
    assert score(project).returncode == 0 and scores(project)
    assert (project / "failures.csv").read_text() == "dataset,reason\n"


def test_masks_of_a_tool_are_scored_where_its_entry_says_so(project: Path) -> None:
    folder = project / "mine/d"
    folder.mkdir(parents=True)
    for frame in ("t1", "t2"):
        mask = tifffile.imread(project / f"datasets/d/labels/{frame}.tif") > 0
        mask[20, 24:33] = False  # the discs touch
        tifffile.imwrite(folder / f"{frame}.tif", mask.astype(np.uint8) * 255)
    assert external(project, folder=str(folder.parent)).returncode == 0
    assert score(project, masks="true").returncode == 0
    assert (project / "failures.csv").read_text() == "dataset,reason\n" and scores(project)


def test_staged_images_are_those_of_the_dataset(project: Path) -> None:
    images = project / "staged"
    images.mkdir()
    stage_images(project / "datasets/d", ["t1", "t2"], images)
    assert {path.name for path in images.iterdir()} == {"t1.tif", "t2.tif"}
    assert (images / "t1.tif").read_bytes() == (project / "datasets/d/images/t1.tif").read_bytes()
