"""A tool that fails has rows that say so; every other result is made, and the same command tries the tool again."""

import shutil
import sys
from dataclasses import replace

import numpy as np
import pytest
import tifffile
from builders.tiny_study import results, rows

pytestmark = pytest.mark.pipeline

TOOL = """import pathlib, sys
import numpy, tifffile
images, labels = map(pathlib.Path, sys.argv[1:])
if not pathlib.Path("licence").exists() and any(images.glob("*z0*")):
    sys.exit("no licence for membranes")
for image in images.iterdir():
    cell = numpy.zeros(tifffile.imread(image).shape, numpy.uint8)
    cell[10:60, 10:70] = 1
    tifffile.imwrite(labels / image.name, cell)
"""
STUDY = """study: {name: tiny, external_tools: [otsu-watershed, moody, mask]}
external_tools:
  moody: {command: "%s tool.py {images} {output}"}
  mask: {folder: masks}
"""


@pytest.fixture(scope="module")
def broken(finished, tmp_path_factory):
    """A copy of the finished study with one more tool that fails on a dataset, and one that gives masks."""
    project = replace(finished, folder=tmp_path_factory.mktemp("broken") / "copy")
    shutil.copytree(finished.folder, project.folder, symlinks=True)
    project.path("tool.py").write_text(TOOL)
    project.path("more.yaml").write_text(STUDY % sys.executable)
    for dataset in ("phase", "membranes"):
        shape = tifffile.imread(next(project.path(f"resources/tiny/datasets/{dataset}/images").iterdir())).shape
        for frame in rows(project.path(f"resources/tiny/datasets/{dataset}/frames.csv")):
            path = project.path(f"masks/{dataset}/{frame['frame']}.tif")
            path.parent.mkdir(parents=True, exist_ok=True)
            tifffile.imwrite(path, np.pad(np.full((9, 9), 255, np.uint8), ((3, shape[0] - 12), (3, shape[1] - 12))))
    done = project.snakemake(overlays=("more.yaml",))
    return project, done


def test_everything_else_is_made_and_the_end_says_what_failed(broken, finished):
    project, done = broken
    assert done.returncode != 0 and "Error in rule check_external" in done.stdout
    assert not {f"Error in rule {rule}" for rule in ("run_external", "score_external", "report")} & set(done.stdout)
    for words in (
        "error: external tools failed, everything else is complete: ",
        "external tools scored: 1 of 3; not moody/fold0, mask/fold0",
        "failed: moody on membranes, fold 0: ",
        "ended with code 1",
        "failed: mask on phase, fold 0: ",
        "set masks: true",
    ):
        assert words in done.stdout, done.stdout[-3000:]
    kept = [row for row in rows(results(project, "scores.csv")) if row["experiment"] not in ("moody", "mask")]
    assert kept == rows(results(finished, "scores.csv"))
    checks = rows(results(project, "checks.csv"))
    flagged = {(row["subject"], row["status"]) for row in checks if row["check"] == "external tool"}
    assert flagged == {
        (f"{name}/fold0 on {data}", "flagged")
        for name, data in (("moody", "membranes"), ("mask", "phase"), ("mask", "membranes"))
    }


def test_the_row_of_a_tool_says_failed(broken):
    project, _ = broken
    table = rows(results(project, "tables/comparison.csv"))
    failed = {(r["experiment"], r["test_dataset"]): r for r in table if r["metric"] == "failed"}
    assert set(failed) == {("moody", "membranes"), ("mask", "phase"), ("mask", "membranes")}
    assert (
        failed["moody", "membranes"]["mean"] == "" and "ended with code 1" in failed["moody", "membranes"]["resampled"]
    )
    scored = {(r["experiment"], r["test_dataset"]) for r in table if r["metric"] == "dice"}
    assert ("moody", "phase") in scored and ("otsu-watershed", "membranes") in scored
    shown = results(project, "tables/comparison.md").read_text().splitlines()
    (line,) = (line for line in shown if line.startswith("| membranes | moody | external |"))
    assert "| failed |" in line and "ended with code 1" in line
    assert "ended with code 1" in results(project, "report.html").read_text()


def test_what_failed_is_tried_again_and_then_stays(broken):
    project, _ = broken
    again = project.planned("more.yaml")
    assert again["run_external"] == 1 and "train" not in again
    project.path("licence").touch()
    (project.path("more.yaml")).write_text(STUDY.replace("masks}", "masks, masks: true}") % sys.executable)
    done = project.snakemake(overlays=("more.yaml",))
    assert done.returncode == 0, done.stdout[-3000:]
    table = rows(results(project, "tables/comparison.csv"))
    assert not [row for row in table if row["metric"] == "failed"]
    assert rows(results(project, "external_tools/complete.csv")) == [
        {"tool": name} for name in ("otsu-watershed", "moody", "mask")
    ]
    assert project.planned("more.yaml") == {}
