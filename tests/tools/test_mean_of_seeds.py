"""The mean of several networks' predictions, and that what pages say of it is in the published rows."""

from pathlib import Path

import numpy as np

from benchmarks.mean_of_seeds import COLUMNS, PUBLISHED, MeanPrediction
from unetlib.io.files import read_csv

ROOT = Path(__file__).parents[2]


def test_the_mean_is_of_each_image_alone() -> None:
    parts = [{"a": np.full((2, 2), value, np.float32), "b": np.zeros((1, 3), np.float32)} for value in (0.2, 0.6)]
    both = MeanPrediction(parts)
    assert list(both) == ["a", "b"] and len(both) == 2
    assert np.allclose(both["a"], 0.4) and both["b"].shape == (1, 3)


def test_published_gains_are_the_difference_of_both_scores() -> None:
    rows = read_csv(ROOT / PUBLISHED, COLUMNS)
    assert rows
    for row in rows:
        assert abs(float(row["mean_of_seeds"]) - float(row["singles"]) - float(row["gain"])) < 2e-4, row
