"""The comparison of recipes rests on published tables alone."""

import csv

import pytest

from tools.recipe_table import COLUMNS, SHOWN, recipe_rows, recipe_table, write_rows
from unetlib.io.files import write_csv

SCORES = ("test_dataset", "experiment", "train_dataset", "metric", "mean", "low", "high", "min", "runs", "sd")
COSTS = ("experiment", "train_dataset", "train_seconds")


def publish(folder, scores, costs):
    folder.mkdir(parents=True)
    write_csv(folder / "comparison.csv", [dict(zip(SCORES, row, strict=True)) for row in scores], SCORES)
    write_csv(folder / "costs.csv", [dict(zip(COSTS, row, strict=True)) for row in costs], COSTS)


@pytest.fixture
def published(tmp_path):
    before = [("dic-hela", "tuned", "dic-hela", name, 0.8, 0.7, 0.9, 0.75, 2, 0.03) for name in SHOWN["dic-hela"]]
    publish(
        tmp_path / "tuned-cells", before, [("tuned", "dic-hela", 100), ("tuned", "dic-hela", 200), ("total", "", 300)]
    )
    after = [
        ("dic-hela", name, "dic-hela", "seg", mean, 0.8, 0.9, mean, 1, "")
        for name, mean in (("fast", 0.81), ("tuned", 0.85), ("tuned-1-turn", 0.84))
    ]
    after += [
        ("dic-hela", "fast", "phc-u373", "seg", 0.1, 0, 1, 0.1, 1, ""),  # trained elsewhere
        ("fluo-gowt1", "fast", "fluo-gowt1", "seg", 0.9, "", "", 0.9, 1, ""),
    ]
    publish(
        tmp_path / "recipes", after, [("fast", "dic-hela", 60), ("tuned", "dic-hela", 400), ("fast", "fluo-gowt1", 61)]
    )
    return tmp_path


def test_each_recipe_stands_beside_what_was_published_before(published):
    rows = list(recipe_rows(published))
    assert [(row["dataset"], row["recipe"], row["processor_seconds"], row["after"]) for row in rows] == [
        ("dic-hela", "fast", "60", "0.81"),
        ("dic-hela", "tuned", "400", "0.85"),
        ("dic-hela", "tuned-1-turn", "400", "0.84"),
        ("fluo-gowt1", "fast", "61", "0.9"),
    ]
    first = rows[0]
    assert (first["before"], first["before_lowest_fold"], first["before_seconds"]) == ("0.8", "0.75", "150")
    assert rows[-1]["before"] == "" and set(first) == set(COLUMNS)
    table = recipe_table(published)
    assert "| dic-hela | SEG | 0.800 (0.750), 150 | tuned | 400 | 0.850 [0.800, 0.900] | – | 1 |" in table
    assert "| fluo-gowt1 | SEG | – | fast | 61 | 0.900 | – | 1 |" in table
    write_rows(published / "learning/comparison.csv", published)
    with (published / "learning/comparison.csv").open(newline="") as stream:
        assert list(csv.DictReader(stream)) == rows


def test_the_study_with_more_seeds_answers_where_it_has_the_recipe(published):
    publish(
        published / "seeds",
        [("dic-hela", "fast", "dic-hela", "seg", 0.82, 0.79, 0.85, 0.8, 5, 0.0123)],
        [("fast", "dic-hela", 62)],
    )
    fast, tuned, *_ = recipe_rows(published)
    assert [fast[name] for name in ("after", "processor_seconds", "seeds", "sd_between_seeds")] == [
        "0.82",
        "62",
        "5",
        "0.0123",
    ]
    assert (tuned["after"], tuned["seeds"], tuned["sd_between_seeds"]) == ("0.85", "1", "")
    assert "| fast | 62 | 0.820 [0.790, 0.850] | 0.012 | 5 |" in "\n".join(recipe_table(published))


def test_nothing_is_written_before_the_study_is_published(tmp_path):
    assert recipe_table(tmp_path) == ["The study of recipes has not been published yet."]
    write_rows(tmp_path / "learning/comparison.csv", tmp_path)
    assert not (tmp_path / "learning").exists()
