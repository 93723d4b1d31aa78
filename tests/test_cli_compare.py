"""`unetlib compare`: what it runs, and its errors in one line."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile
import yaml

ROOT = Path(__file__).parents[1]
PARTS = ("Snakefile", "config.yaml", "studies", "envs", "profiles", "workflow", "unetlib", "tools", "CITATION.cff")


def command(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    variables = os.environ | {"PYTHONPATH": str(folder if (folder / "unetlib").exists() else ROOT)}
    program = [sys.executable, "-m", "unetlib", "compare", *words]
    return subprocess.run(program, cwd=folder, env=variables, capture_output=True, text=True)


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("compare")
    for name in PARTS:
        (folder / name).symlink_to(ROOT / name) if (ROOT / name).is_dir() else shutil.copy(ROOT / name, folder / name)
    random = np.random.default_rng(0)
    for number in range(6):
        for kind in ("images", "labels"):
            (folder / "cells" / kind).mkdir(parents=True, exist_ok=True)
        labels = np.zeros((64, 64), np.uint8)
        labels[10:30, 10:30], labels[40:60, 30:50] = 1, 2
        image = (50 + 100 * (labels > 0) + random.normal(0, 9, labels.shape)).astype(np.uint8)
        tifffile.imwrite(folder / f"cells/images/a{number}.tif", image)
        tifffile.imwrite(folder / f"cells/labels/a{number}.tif", labels)
    (folder / "mine.yaml").write_text("datasets: {my-cells: {folder: cells, options: {near_duplicates: false}}}\n")
    return folder


@pytest.fixture(scope="module")
def measured(project: Path) -> tuple[str, str]:
    """Return the settings and the speed that the command writes; its Snakefile stops before the work itself."""
    words = ("mine.yaml", "--tools", "fitted-watershed", "--seconds", "300", "--seeds", "1")
    snakefile = project / "Snakefile"
    whole = snakefile.read_text()
    snakefile.write_text("raise SystemExit(3)")
    texts = []
    for _ in range(2):
        assert command(project, *words).returncode == 1
        texts.append(tuple((project / "resources/compare" / name).read_text() for name in ("mine.yaml", "speed.json")))
    snakefile.write_text(whole)
    assert texts[0] == texts[1], "the same command trains the same networks"
    return texts[0]


def test_a_dry_run_plans_networks_and_tools(project: Path) -> None:
    speeds = project / "resources/compare/speed.json"
    before = speeds.read_text() if speeds.exists() else None
    done = command(project, "mine.yaml", "--tools", "fitted-watershed", "--seconds", "20", "--seeds", "2", "-n")
    assert done.returncode == 0, done.stdout + done.stderr
    counts = dict(line.split() for line in done.stdout.splitlines() if len(line.split()) == 2)
    # In 20 s `tuned` is as long as `fast`, and so the same training: one per seed.
    assert counts["train_tool"] == "2" and counts["train"] == "2" and counts["report"] == "1"
    assert "will be installed where they are missing: fitted-watershed" in done.stderr
    assert (speeds.read_text() if speeds.exists() else None) == before, "a dry run keeps no speed"
    assert "tool_budget_s: 20" in (project / "resources/compare/mine.yaml").read_text()


def test_our_trainings_are_as_long_as_the_measured_speed_allows(measured: tuple[str, str]) -> None:
    (rate,) = json.loads(measured[1]).values()
    updates = yaml.safe_load(measured[0])["experiments"]["tuned"]["training"]["updates"]
    assert updates == max(round(0.75 * 300 * rate), 140)


@pytest.mark.parametrize("text", ["[]", '{"KEY": null}', '{"KEY": "4"}', '{"KEY": Infinity}', '{"KEY": 0}', "{"])
def test_a_damaged_speed_is_one_line(text: str, project: Path, measured: tuple[str, str]) -> None:
    speeds = project / "resources/compare/speed.json"
    (key,) = json.loads(measured[1])
    speeds.write_text(text.replace("KEY", key))
    done = command(project, "mine.yaml", "--tools", "fitted-watershed", "-n")
    speeds.write_text(measured[1])
    if "null" in text:
        assert done.returncode == 0, "unknown, and so measured"
    else:
        assert done.returncode == 1 and "speed.json" in done.stderr and len(done.stderr.splitlines()) == 1, done.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("no.yaml",), "no.yaml"),
        (("mine.yaml", "--tools", "stardits"), "did you mean 'stardist'?"),
    ],
)
def test_a_mistake_is_one_line(words: tuple[str, ...], message: str, project: Path) -> None:
    done = command(project, *words)
    assert done.returncode == 1 and message in done.stderr and len(done.stderr.splitlines()) == 1, done.stderr


def test_another_folder_is_refused(tmp_path: Path) -> None:
    done = command(tmp_path, "mine.yaml")
    assert done.returncode == 1 and "is not the folder of unetlib" in done.stderr
