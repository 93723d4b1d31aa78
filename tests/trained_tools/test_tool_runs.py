"""A tool is trained and predicts within its limits; one that is broken leaves one line, and nothing half-made."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import tifffile
from builders.fake_tools import BROKEN, write_tool

from unetlib.datasets.dataset import Dataset, Sample, write_dataset
from unetlib.evaluation.settings import DatasetScoring
from unetlib.study.runs import run_of
from unetlib.trained_tools import tool_runs
from unetlib.trained_tools.facts import read_predictions, read_tool_facts
from unetlib.trained_tools.staging import stage
from unetlib.trained_tools.tool_runs import failures_of, predict_tool, roles_of, tool_run, train_tool
from unetlib.trained_tools.tool_scores import SplitToScore, score_predictions

SETTINGS = {"budget_s": 20, "predict_s": 20, "threads": 1, "device": "cpu", "options": {}, "pretrained": False}
GPU = {"device": "cuda"}
SCORING = {"d": DatasetScoring(min_area_px=0)}


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """A prepared dataset of five frames with two cells each, staged for training and test."""
    folder = tmp_path_factory.mktemp("tools")
    random, samples = np.random.default_rng(0), []
    for time in range(5):
        labels = np.zeros((60, 90), np.uint16)
        labels[10:40, 10:40], labels[10:40, 50:80] = 3, 7
        image = (40 + 120 * (labels > 0) + random.normal(0, 5, labels.shape)).astype(np.uint8)
        place = {"sequence": "01", "time": time, "group": "01", "modality": "m"}
        samples.append(Sample(f"t{time}", image=image, labels=labels, **place))
    write_dataset(folder / "datasets/d", samples)
    split = folder / "splits/d/0123abcd/fold0.csv"
    split.parent.mkdir(parents=True)
    split.write_text("frame,role\nt0,train\nt1,train\nt2,validation\nt3,test\nt4,test\n")
    for part in ("training", "test"):
        stage(Dataset(folder / "datasets/d"), split, part, folder / f"staged/d/0123abcd/fold0/{part}/index.csv")
    return folder


def run_tool(project: Path, name: str, place: Path, **changes) -> tuple[str, str, list[dict[str, str]], list]:
    """Train, predict and score a tool of the project; return both reasons, the failures and the score rows."""
    output = place / name / "d/fold0-seed3/training.json"
    chosen = tool_run(output, project / "tools" / name, "", SETTINGS | changes)
    split, staged = project / "splits/d/0123abcd/fold0.csv", project / "staged/d/0123abcd/fold0"
    facts = chosen.known() | roles_of(split)
    trained = train_tool(chosen, staged / "training", output, facts, failures=failures_of(output))
    predictions = output.with_name("predictions.json")
    predicted = predict_tool(chosen, output, {"d": staged / "test"}, predictions, failures=failures_of(predictions))
    tests = [SplitToScore(project / "datasets/d/frames.csv", split)]
    made = score_predictions(run_of(output.parent), predictions, tests, SCORING)
    return trained, predicted, made.failures, made.rows


def test_a_tool_that_works_has_scores_and_facts(project: Path, tmp_path: Path) -> None:
    write_tool(project / "tools/works")
    trained, predicted, failures, rows = run_tool(project, "works", tmp_path)
    assert (trained, predicted, failures) == ("", "", [])
    assert {row["value"] for row in rows if row["metric"] in ("dice", "seg", "ap50")} == {1.0}
    place = ("experiment", "train_dataset", "test_dataset", "fold", "seed")
    assert {tuple(row[name] for name in place) for row in rows} == {("works", "d", "d", 0, 3)}
    output = tmp_path / "works/d/fold0-seed3"
    assert (output / "model/level.txt").read_text() == "3", "it was given other images than those that train and choose"
    facts = read_tool_facts(output / "training.json")
    assert facts.roles == {"d": {"train": ["t0", "t1"], "validation": ["t2"], "test": ["t3", "t4"]}}
    assert (facts.experiment, facts.seed, facts.budget_seconds, facts.reason) == ("works", 3, 20, "")
    assert 0 < facts.processor_seconds < 20 and facts.peak_memory_bytes > 2**20 and facts.train_seconds > 0
    assert "numpy" in facts.versions and set(facts.files) == {"run.py", "tool.toml"} and len(facts.code) == 8
    assert read_predictions(output / "predictions.json")["d"].processor_seconds > 0


def test_a_training_is_not_told_where_the_test_images_are(project: Path, tmp_path: Path) -> None:
    write_tool(
        project / "tools/nosy",
        "import os; (given.model / 'seen.txt').write_text(' '.join(sys.argv[1:]) + str(os.listdir()))",
    )
    run_tool(project, "nosy", tmp_path)
    told = (tmp_path / "nosy/d/fold0-seed3/model/seen.txt").read_text()
    place = project / "staged/d/0123abcd/fold0"
    assert f"{place}/training/train/images" in told
    assert f"{place}/test" not in told and "t3.tif" not in told and told.endswith("[]"), "it starts in an empty folder"
    assert not list((place / "training").rglob("t3*")) and list((place / "test").rglob("t3*"))


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_a_broken_tool_is_one_line(name: str, project: Path, tmp_path: Path) -> None:
    training, writing, words = BROKEN[name]
    write_tool(project / "tools" / name, training, writing)
    budget = {"budget_s": 2} if name == "greedy" else {}
    trained, predicted, failures, rows = run_tool(project, name, tmp_path, **budget)
    assert rows == [] and len(failures) == 1 and failures[0]["dataset"] == "d"
    reason = failures[0]["reason"]
    assert words in reason and "\n" not in reason and len(reason) < 400 and str(tmp_path) not in reason, reason
    output = tmp_path / name / "d/fold0-seed3"
    assert (output / "model").is_dir() == (not training)
    assert bool(trained) == bool(training) and (
        bool(predicted) or not writing or not failures_of(output / "training.json")
    )
    assert {path.name for path in output.iterdir()} <= {
        "model", "labels", "training.json", "predictions.json", "train.txt", "predict-d.txt"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("training", "writing", "changes", "words"),
    [
        ("time.sleep(600)", "", {}, r"training stopped after \d+ wall seconds, of which it computed for \d+: it waits"),
        (
            "",
            "time.sleep(600)",
            {},
            r"prediction stopped after \d+ wall seconds, of which it computed for \d+: it waits",
        ),
        ("", "while True: pass", {}, r"prediction stopped after \d+ processor seconds, more than the 2 that predict_s"),
        ("time.sleep(600)", "", GPU, r"training stopped after \d+ wall seconds, more than 1\.2 times its budget of 6"),
        ("", "time.sleep(600)", GPU, r"prediction stopped after \d+ wall seconds, more than the 2 that predict_s"),
    ],
)
def test_what_takes_too_long_or_waits_is_stopped_and_told_apart(
    training: str, writing: str, changes: dict[str, object], words: str, project: Path, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr(tool_runs, "WAITING", 1)
    monkeypatch.setattr(tool_runs, "LEAST_WAIT_S", 6)
    write_tool(project / "tools/slow", training, writing)
    (_, _, failures, rows) = run_tool(project, "slow", tmp_path, **{"budget_s": 6, "predict_s": 2} | changes)
    assert rows == [] and re.match(words, failures[0]["reason"].removeprefix("not trained: ")), failures


def test_failures_are_counted_until_it_works(project: Path, tmp_path: Path) -> None:
    write_tool(project / "tools/moody", "raise OSError('no licence')")
    output = tmp_path / "moody/d/fold0-seed3/training.json"
    assert failures_of(output) == 0
    for count in (1, 2):
        run_tool(project, "moody", tmp_path)
        assert failures_of(output) == count and failures_of(output.with_name("predictions.json")) == 0
    write_tool(project / "tools/moody")
    *_, rows = run_tool(project, "moody", tmp_path)
    assert rows and failures_of(output) == 2 and json.loads(output.read_text())["reason"] == ""


def test_a_missing_environment_is_told_with_its_remedy(project: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("UNETLIB_TOOLS", str(tmp_path / "environments"))
    folder = write_tool(project / "tools/bare")
    (folder / "requirements.in").write_text("numpy\n")
    (folder / "requirements.lock").write_text("numpy==1 --hash=sha256:0\n")
    trained, *_ = run_tool(project, "bare", tmp_path)
    assert "its environment is missing" in trained and trained.endswith("make tools TOOLS=bare")


def test_options_and_a_second_training_replace_what_was_there(project: Path, tmp_path: Path) -> None:
    write_tool(project / "tools/leveled", "seen = given.level")
    for level in (4, True):
        run_tool(project, "leveled", tmp_path, options={"level": level})
        text = (tmp_path / "leveled/d/fold0-seed3/model/level.txt").read_text()
        assert text == {4: "4", True: "true"}[level]
    labels = tmp_path / "leveled/d/fold0-seed3/labels/d"
    assert sorted(path.name for path in labels.iterdir()) == ["t3.tif", "t4.tif"]


def test_binned_images_are_staged_and_labels_enlarged(tmp_path: Path) -> None:
    labels = np.zeros((61, 91), np.uint16)
    labels[10:40, 10:40] = 5
    image = (labels * 20 + np.arange(91, dtype=np.uint16)).astype(np.uint8)
    samples = [Sample(f"t{i}", "01", i, "01", "m", image=np.roll(image, i), labels=labels) for i in range(3)]
    write_dataset(tmp_path / "datasets/d", samples, binning=2)
    split = tmp_path / "splits/d/0123abcd/fold0.csv"
    split.parent.mkdir(parents=True)
    split.write_text("frame,role\nt0,train\nt1,validation\nt2,test\n")
    dataset = Dataset(tmp_path / "datasets/d")
    for part, count in (("training", 2), ("test", 1)):
        assert stage(dataset, split, part, tmp_path / f"staged/d/0123abcd/fold0/{part}/index.csv") == count
    staged = tmp_path / "staged/d/0123abcd/fold0"
    seen, truth, _ = dataset.seen("t0")
    assert np.array_equal(tifffile.imread(staged / "training/train/images/t0.tif"), seen)
    assert np.array_equal(tifffile.imread(staged / "training/train/labels/t0.tif"), truth)
    assert [path.name for path in (staged / "test/test").iterdir()] == ["images"]
    copied = "labels = numpy.zeros((31, 46), numpy.uint16); labels[5:20, 5:20] = 9"
    write_tool(tmp_path / "tools/small", "", copied)
    *_, failures, rows = run_tool(tmp_path, "small", tmp_path)
    assert failures == [] and {row["value"] for row in rows if row["metric"] in ("dice", "seg")} == {1.0}
