"""docs/add-a-tool.md, followed literally: what it has one save is a tool that learns, predicts and joins a study."""

import re
from pathlib import Path

import numpy as np
import pytest
from builders.config import config_of

from unetlib.datasets.dataset import Dataset, Sample, write_dataset
from unetlib.evaluation.settings import DatasetScoring
from unetlib.study.config_errors import read_study
from unetlib.study.facts import study_facts
from unetlib.study.runs import run_of
from unetlib.trained_tools.staging import stage
from unetlib.trained_tools.tool_folders import fault_of, python_versions
from unetlib.trained_tools.tool_runs import predict_tool, roles_of, tool_run, train_tool
from unetlib.trained_tools.tool_scores import SplitToScore, score_predictions

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/add-a-tool.md").read_text()


def block(form: str, place: int = 0) -> str:
    """Return a code block of the page by its language, or by its first characters."""
    return re.findall(rf"^```{form}\n(.*?)^```", PAGE, re.M | re.S)[place]


@pytest.fixture
def forest(tmp_path: Path) -> Path:
    """The folder of the tool as the page has it, without an environment of its own."""
    folder = tmp_path / "workflow/tools/forest"
    folder.mkdir(parents=True)
    for name, text in (("run.py", block("python")), ("card.md", block("markdown")), ("tool.toml", block("toml"))):
        (folder / name).write_text(text)
    return folder


def test_the_folder_is_complete_and_the_study_runs_it(forest: Path, tmp_path: Path) -> None:
    assert fault_of(forest) == "" and "3.11" in python_versions(forest)
    overlay = tmp_path / "forest.yaml"
    overlay.write_text(block("yaml"))
    facts = study_facts(read_study(config_of("demo", overlay)))
    assert list(facts.tools) == ["forest"] and facts.tools["forest"].budget_seconds == 60


def test_the_script_learns_and_predicts(forest: Path, tmp_path: Path) -> None:
    pytest.importorskip("sklearn", reason="scikit-learn is not in the project's environment")
    random, samples = np.random.default_rng(0), []
    for time in range(5):
        labels = np.zeros((60, 90), np.uint16)
        labels[10:40, 10:40], labels[10:40, 50:80] = 1, 2
        image = (40 + 120 * (labels > 0) + random.normal(0, 5, labels.shape)).astype(np.uint8)
        samples.append(Sample(f"t{time}", "01", time, "01", "m", image=image, labels=labels))
    write_dataset(tmp_path / "datasets/d", samples)
    split, staged = tmp_path / "splits/d/0123abcd/fold0.csv", tmp_path / "staged/d/0123abcd/fold0"
    split.parent.mkdir(parents=True)
    split.write_text("frame,role\nt0,train\nt1,train\nt2,validation\nt3,test\nt4,test\n")
    for part in ("training", "test"):
        stage(Dataset(tmp_path / "datasets/d"), split, part, staged / part / "index.csv")
    settings = {"budget_s": 60, "predict_s": 60, "threads": 1, "device": "cpu"}
    output = tmp_path / "forest/d/fold0-seed0/training.json"
    chosen = tool_run(output, forest, "", settings)
    assert train_tool(chosen, staged / "training", output, chosen.known() | roles_of(split), failures=0) == ""
    predictions = output.with_name("predictions.json")
    assert predict_tool(chosen, output, {"d": staged / "test"}, predictions, failures=0) == ""
    tests = [SplitToScore(tmp_path / "datasets/d/frames.csv", split)]
    made = score_predictions(run_of(output.parent), predictions, tests, {"d": DatasetScoring(min_area_px=0)})
    assert not made.failures and min(row["value"] for row in made.rows if row["metric"] == "seg") > 0.9
