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


def test_what_the_page_says_of_it_is_in_the_published_rows() -> None:
    found = {(row["dataset"], row["metric"]): row for row in read_csv(ROOT / PUBLISHED, COLUMNS)}
    gain = {place: round(float(row["gain"]), 3) for place, row in found.items()}
    page = (ROOT / "docs/results/README.md").read_text(encoding="utf-8")
    assert all(value > 0 for value in gain.values()) and "are better than one of them in every metric" in page
    hela, gowt1, u373, dsb, em = "dic-hela", "fluo-gowt1", "phc-u373", "dsb2018", "isbi-em"
    assert f"mAP by {gain[hela, 'map']:.3f} (HeLa) to {gain[gowt1, 'map']:.3f} (GOWT1)" in page
    assert gain[u373, "map"] == gain[dsb, "map"] == 0.017 and "0.017 on U373 and DSB2018" in page
    assert f"SEG by {gain[hela, 'seg']:.3f} (HeLa) to {gain[dsb, 'seg']:.3f} (DSB2018)" in page
    assert f"V_rand of EM by {gain[em, 'v_rand_thinned']:.3f}" in page
