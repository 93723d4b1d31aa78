"""Somebody's own plates, with images without cells: trained, scored and reported; junk beside them reruns nothing."""

import os
from pathlib import Path

import numpy as np
import pytest
import tifffile
from builders.archives import texture
from builders.project import Project, copy_project
from builders.tiny_study import rows

pytestmark = pytest.mark.pipeline

STUDY = """
study: {name: own, datasets: [cells], experiments: [reference], reference: reference, folds: [0], seeds: [0],
        external_tools: [truth]}
datasets:
  cells:
    {format: pairs, folder: cells, split: group, primary_metric: dice, min_area_px: 20, options: {allow_empty: true}}
external_tools:
  truth: {folder: truth}
split: {gap_frames: 0}
augmentation: {copies: 2}
model: {base_filters: 2, depth: 3}
batch: {tile_px: 52}
training: {updates: 4, evaluate_every: 2, warmup_updates: 1, precision: float32}
compute: {device: cpu, threads: 1, predict_tile_px: 100}
tracking: {networks_of: []}
"""
NEGATIVES = {("A", 1), ("C", 0)}
ROWS, COLUMNS = np.mgrid[:64, :72]


def labels_of(plate: int, image: int) -> np.ndarray:
    """Two discs and a speck that is smaller than min_area_px."""
    labels = np.zeros((64, 72), np.uint16)
    random = np.random.default_rng(2 * plate + image)
    for number, left in enumerate((10, 44), 1):
        row, column, radius = random.integers(16, 54), left + random.integers(0, 18), random.integers(6, 10)
        labels[np.hypot(ROWS - row, COLUMNS - column) < radius] = number
    labels[2:5, 60:63] = 3
    return labels


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = copy_project(tmp_path_factory.mktemp("own"))
    for number, plate in enumerate("ABCD"):
        for image in range(2):
            labels = labels_of(number, image) * ((plate, image) not in NEGATIVES)
            grey = texture(64, 72, seed=10 * number + image) // 4 + 120 * (labels > 0)
            for path, array in (
                (f"cells/plate{plate}/images/{image}.tif", grey.astype(np.uint8)),
                (f"cells/plate{plate}/labels/{image}.tif", labels),
                (f"truth/cells/plate{plate}-{image}.tif", labels),
            ):
                project.path(path).parent.mkdir(parents=True, exist_ok=True)
                tifffile.imwrite(project.path(path), array)
    project.path("own.yaml").write_text(STUDY)
    project = Project(project.folder, "own.yaml")
    done = project.snakemake()
    assert done.returncode == 0, done.stdout[-4000:]
    assert "2 folds of 4 images (or groups of images) test on half of them; split: {folds: 4}" in done.stdout
    return project


def test_plates_stay_together_and_negatives_take_part(own):
    frames = {row["frame"]: row for row in rows(own.path("resources/own/datasets/cells/frames.csv"))}
    empty = {f"plate{plate}-{image}" for plate, image in NEGATIVES}
    assert {name for name, row in frames.items() if row["instances"] == "0"} == empty
    assert {row["annotation"] for row in frames.values()} == {"gold"}
    (split,) = own.path("resources/own/splits/cells").glob("*/fold0.csv")
    roles = {row["frame"]: row["role"] for row in rows(split)}
    assert {roles[f"plate{plate}-0"] for plate in "ABCD"} == {"train", "validation", "test"}
    assert all(roles[f"plate{plate}-0"] == roles[f"plate{plate}-1"] for plate in "ABCD")
    log = own.path("logs/own/prepare/cells.log").read_text()
    assert "labels without an object, trained and tested on as negatives: plateA-1, plateC-0 (2)" in log


def test_an_empty_image_scores_one_where_nothing_is_predicted_and_small_objects_do_not_count(own):
    scores = rows(own.path("results/own/scores.csv"))
    value = {(r["experiment"], r["image"], r["metric"]): float(r["value"]) for r in scores}
    tested = {r["image"] for r in scores}
    assert tested & {"plateA-1", "plateC-0"}, "a negative is tested on: choose another split.seed"
    for image in tested:
        assert {value["truth", image, metric] for metric in ("dice", "iou", "seg", "ap50", "map")} == {1.0}
        objects = 0 if image in ("plateA-1", "plateC-0") else 2
        assert value["truth", image, "objects"] == value["truth", image, "predicted_objects"] == objects
        assert 0 <= value["reference", image, "dice"] <= 1
    assert {row["status"] for row in rows(own.path("results/own/checks.csv"))} <= {"ok", "flagged"}
    assert own.path("results/own/report.html").stat().st_size > 10_000


def test_junk_old_times_and_a_mistyped_folder_lose_nothing(own):
    for name in (
        "cells/plateA/images/.DS_Store",
        "cells/Thumbs.db",
        "cells/plateB/labels/._0.tif",
        "truth/cells/.x.tif",
    ):
        own.path(name).touch()
    os.utime(own.path("truth/cells/plateA-0.tif"), (2e9, 2e9))
    os.utime(own.path("cells/plateA/labels/0.tif"), (1e9, 1e9))
    assert own.planned() == {}
    for old, new, words in (
        ("folder: cells", "folder: ~/no-such-cells", "datasets.cells: "),
        ("folder: truth", "folder: ~/no-such-truth", "external_tools.truth: "),
    ):
        own.path("mistyped.yaml").write_text(STUDY.replace(old, new))
        done = Project(own.folder, "mistyped.yaml").snakemake()
        assert done.returncode != 0 and f"{words}{Path.home()}/no-such-" in done.stdout
        assert "there is no such folder; check the path" in done.stdout
    labels = tifffile.imread(own.path("truth/cells/plateA-0.tif"))
    tifffile.imwrite(own.path("truth/cells/plateA-0.tif"), np.where(labels == 3, 0, labels))
    os.utime(own.path("truth/cells/plateA-0.tif"), (1e9, 1e9))
    jobs = own.planned()
    assert {"run_external", "score_external"} <= set(jobs) and "train" not in jobs
