"""A test set scored from probabilities, label files and trivial masks: each against what score_test_set says of it."""

import shutil

import numpy as np
import pytest
import tifffile

from unetlib.datasets.dataset import Sample, write_dataset
from unetlib.evaluation.baselines import TRIVIAL, trivial_masks
from unetlib.evaluation.image_metrics import score_image
from unetlib.evaluation.score_predictions import (
    LabelFileError,
    score_baselines,
    score_label_files,
    score_network,
    score_probabilities,
)
from unetlib.evaluation.settings import DatasetScoring, NetworkScoring, ScoringSettings
from unetlib.evaluation.test_set import Truths, load_truths
from unetlib.imaging.settings import InstanceSettings
from unetlib.io.files import write_csv
from unetlib.study.settings import ExternalTool

LABELS = np.zeros((24, 30), np.uint16)
LABELS[3:10, 4:12], LABELS[14:22, 15:27] = 1, 2
FRAMES = ["t0", "t1"]


@pytest.fixture
def folder(tmp_path):
    random, samples = np.random.default_rng(0), []
    for time, frame in enumerate(FRAMES):
        image = (60 + 90 * (LABELS > 0) + random.normal(0, 4, LABELS.shape)).astype(np.uint8)
        where = {"sequence": "01", "time": time, "group": "01", "modality": "m", "image": image}
        samples.append(Sample(frame, labels=LABELS, **where))
    write_dataset(tmp_path / "d", samples)
    return tmp_path / "d"


def test_a_perfect_probability_scores_one(folder):
    pairs = [(truth, (LABELS > 0).astype(np.float32)) for truth in load_truths(folder, FRAMES).values()]
    for found in score_probabilities(pairs, InstanceSettings(), ScoringSettings(), DatasetScoring()):
        assert found["iou"] == found["seg"] == found["map"] == 1


def test_a_window_larger_than_the_image_scores_its_mirrored_surroundings(folder):
    pairs = [(truth, (LABELS > 0).astype(np.float32)) for truth in load_truths(folder, FRAMES).values()]
    window = ScoringSettings(mirrored_window_px=40)
    (first, _) = score_probabilities(pairs, InstanceSettings(), window, DatasetScoring())
    assert first["pixels"] == 40 * 40 and first["iou"] < 1


def test_the_predictions_of_a_network_are_scored_as_each_dataset_says(folder, tmp_path):
    """Each image by its own name, with its dataset's minimum area; frames that are not tested are left out."""
    shutil.copytree(folder, tmp_path / "e")
    truths = Truths([folder, tmp_path / "e"])
    found = {f"{name}/{frame}": (LABELS > 0) * np.float32(0.9) for name in "de" for frame in FRAMES}
    found["e/t1"] = (LABELS == 1) * np.float32(0.9)
    areas = {"d": 0, "e": 60}  # of the two cells one has 56 pixels, the other 96
    scoring = NetworkScoring(instances={name: InstanceSettings(min_area_px=area) for name, area in areas.items()})
    datasets = {"d": DatasetScoring(), "e": DatasetScoring(field_of_interest_px=0)}
    tests = {"d": ["t1"], "e": ["t0", "t1"]}
    rows = list(score_network(found, truths, tests, scoring, datasets))
    assert [row[:2] for row in rows] == [("d", "t1"), ("e", "t0"), ("e", "t1")]
    assert [row[2]["seg"] for row in rows] == [1, 0.5, 0]
    assert ["seg_ctc" in row[2] for row in rows] == [False, True, True]
    assert truths.of("d", ["t1"])["t1"] is truths.of("d", FRAMES)["t1"], "read once"


def test_label_files_are_scored_by_frame(folder, tmp_path):
    made = tmp_path / "labels.csv"
    tifffile.imwrite(tmp_path / "x.tif", LABELS)
    tifffile.imwrite(tmp_path / "y.tif", LABELS * (LABELS == 1))
    rows = [{"frame": "t1", "file": "y.tif", "sha256": ""}, {"frame": "t0", "file": "x.tif", "sha256": ""}]
    write_csv(made, rows, ("frame", "file", "sha256"))
    found = score_label_files(folder, FRAMES, made, DatasetScoring())
    assert list(found) == FRAMES and found["t0"]["seg"] == 1 and found["t1"]["seg"] == 0.5


def test_every_trivial_mask_has_a_row_per_frame_and_metric(folder):
    rows = list(score_baselines(folder, FRAMES, DatasetScoring(), fold=3))
    assert {row["baseline"] for row in rows} == set(TRIVIAL)
    assert {(row["test_dataset"], row["fold"], row["image"]) for row in rows} == {("d", 3, frame) for frame in FRAMES}
    value = {(row["baseline"], row["image"], row["metric"]): row["value"] for row in rows}
    mask = trivial_masks(tifffile.imread(folder / "images/t0.tif"))["all-foreground"]
    assert value["all-foreground", "t0", "iou"] == score_image(LABELS, mask.astype(np.uint16))["iou"]
    assert value["otsu", "t0", "iou"] > 0.95


def test_masks_of_another_tool_are_refused_and_the_remedies_work(folder, tmp_path):
    rows = [{"frame": frame, "file": f"{frame}.tif", "sha256": ""} for frame in FRAMES]
    write_csv(tmp_path / "labels.csv", rows, ("frame", "file", "sha256"))
    for frame in FRAMES:
        tifffile.imwrite(tmp_path / f"{frame}.tif", (LABELS > 0).astype(np.uint8) * 255)
    with pytest.raises(LabelFileError, match=r"t0\.tif, .*t1\.tif: .*: a mask, not instances; have .* set masks: true"):
        score_label_files(folder, FRAMES, tmp_path / "labels.csv", DatasetScoring())
    found = score_label_files(folder, FRAMES, tmp_path / "labels.csv", DatasetScoring(), masks=True)
    assert [scores["seg"] for scores in found.values()] == [1, 1]
    assert ExternalTool(folder="f", masks=True).masks, "the key of the remedy"
