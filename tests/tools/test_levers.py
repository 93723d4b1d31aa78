"""The table of levers: differences are paired by seed, and times are of the mean curve."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tools.levers import BASE, curve, differences, last_scores, levers_chart, levers_table, read_points, seconds_to
from unetlib.report.figures import figure_bytes

RESULTS = Path(__file__).parents[2] / "docs/results"


def trainings(folder: Path, dataset: str, last: dict[str, list[float]]) -> Path:
    """Two evaluations of each training, after 10 and 20 s; the first has half the score of the last."""
    rows = [
        {"dataset": dataset, "experiment": arm, "seed": seed, "update": 50 * part, "processor_seconds": 10.0 * part}
        | dict.fromkeys(("dice", "seg", "map"), score * part / 2)
        for arm, scores in last.items()
        for seed, score in enumerate(scores)
        for part in (1, 2)
    ]
    (folder / "learning").mkdir(exist_ok=True)
    pd.DataFrame(rows).to_csv(folder / f"learning/levers-{dataset}.csv", index=False)
    return folder


def test_without_points_the_table_says_so(tmp_path: Path) -> None:
    assert levers_table(tmp_path) == ["Not measured yet."]


def test_differences_are_paired_by_seed_and_their_spread_is_pooled(tmp_path: Path) -> None:
    last = {BASE: [0.5, 0.6, 0.7], "wide": [0.6, 0.7, 0.8], "deep": [0.4, 0.6, 0.8]}
    found = differences(read_points(trainings(tmp_path, "hela", last)))
    assert found["mean"].to_dict() == pytest.approx({"wide": 0.1, "deep": 0.0})
    # wide: all differences are 0.1; deep: −0.1, 0, 0.1. Their sum of squares, 0.02, has 2 + 2 degrees of freedom.
    half = stats.t.ppf(0.975, 4) * np.sqrt(0.02 / 4 / 3)
    assert (found["high"] - found["low"]).to_numpy() == pytest.approx(2 * half)


def test_a_row_has_score_gain_and_the_time_to_the_level_of_the_fast_recipe(tmp_path: Path) -> None:
    trainings(tmp_path, "hela", {BASE: [0.5, 0.5], "wide": [0.8, 0.8], "deep": [0.2, 0.2]})
    trainings(tmp_path, "dsb2018", {BASE: [0.5, 0.5]})
    rows = [line.split(" | ") for line in levers_table(tmp_path)[2:]]
    assert [row[0].strip("| ") for row in rows] == ["dsb2018", "hela", "hela", "hela"]
    assert [row[1] for row in rows] == ["mAP", "SEG", "SEG", "SEG"]
    assert [row[5] for row in rows] == ["20", "20", "12", "never"]  # wide has 0.4 after 10 s, 0.8 after 20 s
    assert rows[2][4].startswith("+0.300")


def test_an_evaluation_just_before_the_end_does_not_count_twice(tmp_path: Path) -> None:
    trainings(tmp_path, "hela", {BASE: [0.5, 0.6], "wide": [0.6, 0.7]})
    path = tmp_path / "learning/levers-hela.csv"
    table = pd.read_csv(path)
    more = table[(table["experiment"] == "wide") & (table["seed"] == 1)].iloc[[-1]].assign(update=99, seg=0.1)
    pd.concat([table, more]).sort_values(["experiment", "seed", "update"]).to_csv(path, index=False)
    points = read_points(tmp_path)
    assert points.groupby(["experiment", "seed"])["evaluation"].apply(list).tolist() == [[1, 2]] * 4
    assert curve(points, "wide")["mean"].tolist() == pytest.approx([0.325, 0.65])


def test_a_level_reached_at_once_takes_the_time_of_the_first_evaluation() -> None:
    assert seconds_to(0.3, pd.DataFrame({"seconds": [10.0, 20.0], "mean": [0.4, 0.6]})) == 10


def test_the_chart_is_reproducible(tmp_path: Path) -> None:
    points = read_points(trainings(tmp_path, "hela", {BASE: [0.5, 0.6], "wide": [0.6, 0.6]}))
    assert list(last_scores(points).index) == [BASE, "wide"]
    points = read_points(trainings(tmp_path, "dsb2018", {BASE: [0.5, 0.6], "deep": [0.6, 0.6]}))
    assert figure_bytes(levers_chart(points), "svg") == figure_bytes(levers_chart(points), "svg")


def test_what_the_page_says_of_the_arms_is_in_the_published_points() -> None:
    points = read_points(RESULTS)
    gained = {name: differences(own) for name, own in points.groupby("dataset")}
    page = (RESULTS / "README.md").read_text(encoding="utf-8")
    hela, dsb, em = (gained[name] for name in ("dic-hela", "dsb2018", "isbi-em"))
    worth = [f"{-hela.loc[arm, 'mean']:.2f}" for arm in ("no-border-weight", "unpadded", "no-norm")]
    assert "are worth {}, {} and {} of SEG".format(*worth) in page
    assert hela["low"].max() < 0 and "On HeLa nothing tried is better" in page
    mean, low, high = dsb.loc["group-norm", ["mean", "low", "high"]]
    assert f"(mAP {mean:+.3f} [{low:+.3f}, {high:+.3f}])" in page
    costs = -hela.loc["group-norm", "mean"], -em.loc["group-norm", "mean"]
    assert "costs HeLa {:.3f} of SEG and EM {:.3f}".format(*costs) in page
    assert (
        "Clipping, the Dice term, the schedule and the initialisation make no difference that three seeds show" in page
    )
    for arm in ("no-clipping", "cross-entropy", "one-cycle", "xavier"):
        assert all(found.loc[arm, "low"] < 0 < found.loc[arm, "high"] for found in (hela, dsb)), arm
