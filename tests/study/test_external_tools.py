"""Another tool's label images: its command is never read by a shell, its files are all there and no others."""

import ast
import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile
from builders.config import changed, study

from unetlib.datasets.dataset import Sample, write_dataset
from unetlib.evaluation.image_metrics import score_image
from unetlib.study.code_fingerprint import imported_modules
from unetlib.study.config_checks import check_study
from unetlib.study.external_inputs import command_fingerprints, environment_file, label_files
from unetlib.study.external_tools import ExternalError, find_labels, run_command, split_command, stage_images
from unetlib.study.settings import ExternalTool, StudyError

ROOT = Path(__file__).parents[2]
OTSU = f"{sys.executable} {ROOT}/workflow/external_tools/otsu_watershed.py --images {{images}} --output {{output}}"
DATASETS = {"d": {"min_area_px": 0, "field_of_interest_px": 0, "thinning_thresholds": None}}


def test_names_reach_the_program_as_they_are(tmp_path: Path) -> None:
    images, output = tmp_path / "a b; touch pwned $(touch pwned) 'x", tmp_path / "o"
    images.mkdir()
    output.mkdir()
    writes = "import sys, pathlib; pathlib.Path(sys.argv[2], 'seen').write_text(sys.argv[1])"
    run_command(f'"{sys.executable}" -c "{writes}" {{images}} {{output}}', images=images, output=output)
    assert (output / "seen").read_text() == str(images)
    assert not list(tmp_path.rglob("pwned")) and not Path("pwned").exists()


def test_shell_signs_are_words() -> None:
    words = split_command("tool {images} > {output} ; rm -rf x && $HOME", images=Path("{output}"), output=Path("o"))
    assert words == ["tool", "{output}", ">", "o", ";", "rm", "-rf", "x", "&&", "$HOME"], "filled in once only"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("tool {images}", "has no {output}"),
        ("", "has no {images} and no {output}"),
        ("tool '{images} {output}", "cannot be split"),
        ("no-such-program-at-all {images} {output}", "cannot be started"),
        (f'"{sys.executable}" -c "raise SystemExit(3)" {{images}} {{output}}', "ended with code 3"),
    ],
)
def test_a_command_that_does_not_work_says_so(command: str, words: str) -> None:
    with pytest.raises(ExternalError, match=words):
        run_command(command, images=Path("i"), output=Path("o"))


def touch(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def test_labels_are_found_by_pattern(tmp_path: Path) -> None:
    touch(tmp_path, "d/a.tif", "d/b.tif", "d/c.tif", "d/notes.txt", "e/a_masks.png")
    asked = {"dataset": "d", "frames": ["b", "a"], "known": ["a", "b", "c"]}
    assert find_labels(tmp_path, "{dataset}/{frame}.tif", **asked) == {n: tmp_path / f"d/{n}.tif" for n in "ba"}
    found = find_labels(tmp_path, "e/{frame}_masks.png", dataset="d", frames=["a"], known=["a"])
    assert found == {"a": tmp_path / "e/a_masks.png"}


@pytest.mark.parametrize(
    ("pattern", "frames", "known", "words"),
    [
        ("{dataset}/{frame}.tif", ["a", "x", "y"], ["a", "b", "x", "y"], r"x\.tif is missing \(and 1 more of 3\)"),
        ("{dataset}/{frame}.tif", ["a"], ["a"], r"b\.tif is no image of d"),
        ("{dataset}/{frame}.png", ["a"], ["a"], r"a\.png is missing"),
        ("{frame}.tif", ["a"], ["a"], r"a\.tif is missing"),
        ("elsewhere/{frame}.tif", ["a"], ["a"], "there is no such folder"),
        ("{dataset}/a.tif", ["a"], ["a"], "has no {frame}"),
        ("{frame}/{frame}.tif", ["a"], ["a"], "names a file, not a folder"),
    ],
)
def test_a_missing_or_extra_label_image_is_one_clear_error(tmp_path, pattern, frames, known, words) -> None:
    with pytest.raises(ExternalError, match=words):
        find_labels(touch(tmp_path, "d/a.tif", "d/b.tif"), pattern, dataset="d", frames=frames, known=known)


def test_a_tool_with_its_own_environment_needs_nothing_of_ours() -> None:
    """run_external.py runs where only Python is: every module it reaches imports the standard library alone."""
    script = ROOT / "workflow/scripts/run_external.py"
    shared = [ROOT / "workflow/scripts" / name for name in ("script.py", "arguments.py")]
    for path in [script, *shared, *imported_modules(script)]:
        top = [n for n in ast.parse(path.read_text()).body if isinstance(n, ast.Import | ast.ImportFrom)]
        for node in top:
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            ours = {name.split(".")[0] for name in names} - {"unetlib", "script", "arguments"}
            assert ours <= sys.stdlib_module_names, f"{path.name}:{node.lineno}"


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
    made = {"command": "", "folder": "", "pattern": ""} | entry
    return script("run_external", project, **made, split=project / "splits/d/fold0.csv", output=output)


def score(project: Path) -> subprocess.CompletedProcess[str]:
    labels, output = project / "external_tools/tool/d/fold0/labels.csv", project / "fold0.csv"
    where = {"labels": labels, "splits": project / "splits/d/fold0.csv", "output": output}
    return script("score_external", project, tool="tool", masks="false", datasets=json.dumps(DATASETS), **where)


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
    assert {path.name for path in folder.iterdir()} == {"labels.csv", "t1.tif", "t2.tif"}
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


def refuses(done: subprocess.CompletedProcess[str], *words: str) -> None:
    lines = done.stderr.strip().splitlines()
    assert done.returncode == 1 and len(lines) == 1 and lines[0].startswith("error: "), done.stderr
    for word in words:
        assert word in lines[0]


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros((40, 60), np.float32), ["t1.tif", "float32"]),
        (np.zeros((40, 59), np.uint8), ["t1.tif", "40×59", "40×60"]),
    ],
)
def test_labels_of_another_size_or_type_are_refused(project: Path, array: np.ndarray, words: list[str]) -> None:
    folder = project / "mine/d"
    folder.mkdir(parents=True)
    for frame in ("t1", "t2"):
        tifffile.imwrite(folder / f"{frame}.tif", array)
    assert external(project, folder=str(folder.parent)).returncode == 0
    refuses(score(project), *words)
    assert not (project / "fold0.csv").exists()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("pass", ["t1.tif is missing", "1 more of 2"]),
        (
            "import pathlib, sys; [pathlib.Path(sys.argv[1], n).touch() for n in ('t1.tif', 't2.tif', 'T2.tif')]",
            ["T2.tif"],
        ),
        ("raise SystemExit(4)", ["code 4"]),
    ],
)
def test_a_command_that_leaves_the_wrong_files_leaves_nothing_of_ours(
    project: Path, code: str, words: list[str]
) -> None:
    done = external(project, command=f'"{sys.executable}" -c "{code}" {{output}} {{images}}')
    refuses(done, *words)
    assert not (project / "external_tools/tool/d/fold0").exists()
    assert not list((project / "external_tools").rglob(".tmp*"))


def test_staged_images_are_those_of_the_dataset(project: Path) -> None:
    images = project / "staged"
    images.mkdir()
    stage_images(project / "datasets/d", ["t1", "t2"], images)
    assert {path.name for path in images.iterdir()} == {"t1.tif", "t2.tif"}
    assert (images / "t1.tif").read_bytes() == (project / "datasets/d/images/t1.tif").read_bytes()


@pytest.mark.parametrize(
    ("names", "entry", "words"),
    [
        (["tol"], {"command": "x {images} {output}"}, "did you mean 'tool'"),
        (["tool"], {}, "exactly one of command and folder"),
        (["tool"], {"command": "x {images} {output}", "folder": "f"}, "exactly one of command and folder"),
        (["tool"], {"command": "x {images}"}, r"external_tools\.tool: command 'x {images}' has no {output}"),
        (["reference"], {"folder": "f"}, "an experiment and an external tool"),
        (["otsu"], {"folder": "f"}, "'otsu' is a trivial baseline"),
    ],
)
def test_an_external_that_cannot_be_run_is_refused_before_anything_runs(names, entry, words) -> None:
    config = changed(("study", "external_tools"), names)
    config["external_tools"] = {"tool": entry, "reference": entry, "otsu": entry}
    with pytest.raises(StudyError, match=words):
        check_study(study(config))


def test_what_the_labels_of_a_tool_are_made_from(tmp_path: Path) -> None:
    script, data = tmp_path / "tool.py", tmp_path / "weights.bin"
    script.write_text("x = 1\n")
    data.write_bytes(b"1")
    tool = ExternalTool(command=f"python {script} --weights {data} {{images}} {{output}}", conda="envs/data.yaml")
    before = command_fingerprints(tool)
    assert set(before) == {str(script), str(data)} and label_files(tool) == []
    script.write_text("x = 1  # the same\n")
    assert command_fingerprints(tool) == before
    data.write_bytes(b"2")
    assert command_fingerprints(tool) != before
    assert environment_file(tool, tmp_path) == str(tmp_path / "envs/data.yaml")
    folder = ExternalTool(folder=str(tmp_path))
    assert label_files(folder) == [str(script), str(data)] and command_fingerprints(folder) == {}
    assert label_files(ExternalTool(folder="nowhere")) == ["nowhere"] and environment_file(folder, tmp_path) is None
