"""Differences with seeds as the only replicates: the folds of a seed count once, and the page says what comes out."""

import re

import numpy as np
import pandas as pd
import pytest
from builders.config import ROOT
from scipy import stats

from tools.by_seed import difference, scores


def test_folds_of_a_seed_are_one_replicate():
    index = pd.MultiIndex.from_product([[0, 1], [3, 4, 5]], names=["fold", "seed"])
    left = pd.Series([0.5, 0.6, 0.9, 0.7, 0.8, 0.5], index)
    found = difference(left, pd.Series(0.1, index))
    per_seed = [0.5, 0.6, 0.6]  # (0.5 + 0.7) / 2 - 0.1, ...
    assert found.mean == pytest.approx(np.mean(per_seed))
    low, high = stats.t.interval(0.95, 2, np.mean(per_seed), stats.sem(per_seed))
    assert found.mean - found.half95 == pytest.approx(low) and found.mean + found.half95 == pytest.approx(high)
    assert found.half90 < found.half95


@pytest.mark.parametrize(
    ("study", "arm", "other", "dataset", "metric", "digits"),
    [
        ("further", "modern", "sgd", "phc-u373", "dice", 3),
        ("further", "modern", "sgd", "phc-u373", "seg", 3),
        ("further", "adam", "sgd", "phc-u373", "updates_to_95", 0),
        ("further", "no-border-weight", "reference", "dic-hela", "seg", 3),
        ("further", "batch-norm-no-skip", "reference", "dic-hela", "iou", 3),
        ("further", "no-augmentation", "reference", "dic-hela", "certainty", 3),
        ("remaining", "train-8-no-augmentation", "train-8", "dic-hela", "seg", 3),
        ("remaining", "multi-dataset", "reference", "dic-hela", "iou", 3),
        ("remaining", "multi-dataset", "reference", "phc-u373", "iou", 3),
        ("remaining", "multi-dataset", "reference", "isbi-em", "iou", 3),
        ("remaining", "batch-norm-no-skip", "reference", "dic-hela", "iou", 3),
        ("remaining", "batch-norm-no-skip", "reference", "dic-hela", "holed", 3),
        ("remaining", "batch-norm-no-skip", "reference", "dic-hela", "roundness", 3),
        ("remaining", "modern", "sgd", "phc-u373", "dice", 3),
        ("remaining", "modern", "sgd", "phc-u373", "seg", 3),
        ("remaining", "modern", "sgd", "phc-u373", "updates_to_95", 0),
        ("remaining", "modern", "sgd", "phc-u373", "roughness", 3),
        ("remaining", "modern", "modern-no-plateau", "phc-u373", "roughness", 3),
    ],
)
def test_the_page_says_what_is_calculated(study, arm, other, dataset, metric, digits):
    found = difference(*(scores(ROOT, study, name, dataset, metric) for name in (arm, other)))
    ends = (found.mean, found.mean - found.half95, found.mean + found.half95)
    mean, low, high = (f"{end:+.{digits}f}".replace("-", "−") for end in ends)
    page = re.sub(" updates", "", (ROOT / "docs/results/README.md").read_text(encoding="utf-8"))
    assert f"{mean} [{low}, {high}]" in page


def test_an_arm_that_is_not_there_is_named():
    with pytest.raises(KeyError, match="further has no iou of nothing on dic-hela"):
        scores(ROOT, "further", "nothing", "dic-hela", "iou")
