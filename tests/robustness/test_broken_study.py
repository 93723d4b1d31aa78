"""A whole tiny study on a folder and files whose names are commands, quotes and other alphabets."""

from pathlib import Path

import numpy as np
import pytest
import yaml
from builders.archives import png, texture, tiff
from builders.project import copy_project

pytestmark = pytest.mark.pipeline
HERE = Path(__file__).parents[1]
FOLDER = "-my cells; $(touch pwned) 'q' \"d\" é*"
FRAMES = ["a b", "$(touch pwned)", "it's", "-rf", "x*", "é", "10%", "n;m"]


def write_pairs(folder: Path) -> None:
    for number, name in enumerate(FRAMES):
        labels = np.zeros((72, 80), np.uint8)
        for cell in (1, 2):  # elsewhere in every image: near-duplicates would never be parted
            row, column = np.random.default_rng(10 * number + cell).integers(0, [50, 55])
            labels[row : row + 20, column : column + 22] = cell
        image = texture(72, 80, seed=number) // 3 + np.uint8(120) * (labels > 0)
        for kind, data in (("images", png(image)), ("labels", tiff(labels))):
            (folder / kind).mkdir(parents=True, exist_ok=True)
            (folder / kind / f"{name}.{'png' if kind == 'images' else 'tif'}").write_bytes(data)


def test_names_are_names_and_never_commands(tmp_path: Path) -> None:
    project = copy_project(tmp_path / "project", str(HERE / "builders/tiny.yaml"))
    write_pairs(project.path(FOLDER))
    entry = {"format": "pairs", "folder": FOLDER, "split": "group", "primary_metric": "dice", "min_area_px": 5}
    entry |= {"background": "<b>$(touch pwned)|", "options": {"modality": 'a, "b"\n; $(touch pwned) {x}'}}
    overlay = {
        "study": {"datasets": ["mine"], "experiments": ["reference"], "external_tools": [], "protocols": []},
        "datasets": {"mine": entry},
        "compute": {"pack_jobs": True},
    }
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(overlay, allow_unicode=True))
    done = project.snakemake(overlays=(str(tmp_path / "mine.yaml"),))
    logs = "".join(path.read_text() for path in project.path("logs").rglob("*.log"))
    assert done.returncode == 0, done.stdout[-3000:] + logs[-2000:]
    assert "<b>$(touch" not in project.path("results/tiny/report.html").read_text(), "a name is markup in the report"
    assert not [path for path in tmp_path.rglob("*") if path.name == "pwned"]
    assert project.planned(str(tmp_path / "mine.yaml")) == {}


@pytest.mark.parametrize("where", ["folder", "file"])
def test_braces_are_wildcards_to_snakemake_refused_in_folders_and_harmless_in_files(tmp_path: Path, where: str) -> None:
    project = copy_project(tmp_path / "project", str(HERE / "builders/tiny.yaml"))
    folder = "my {cells}" if where == "folder" else "cells"
    write_pairs(project.path(folder))
    if where == "file":
        project.path("cells/images/a b.png").rename(project.path("cells/images/{b}.png"))
    entry = {"format": "pairs", "folder": folder, "split": "group", "primary_metric": "dice", "min_area_px": 5}
    overlay = {"study": {"datasets": ["mine"], "experiments": ["reference"], "external_tools": [], "protocols": []}}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(overlay | {"datasets": {"mine": entry}}))
    done = project.snakemake("--dry-run", overlays=(str(tmp_path / "mine.yaml"),))
    refused = "datasets.mine: Snakemake takes braces for wildcards; rename" in done.stdout
    assert (done.returncode != 0, refused) == (where == "folder", where == "folder")  # files are no inputs of a rule
