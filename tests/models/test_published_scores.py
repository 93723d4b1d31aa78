"""The published scores of the networks that ship, by the command a user types, are in step with cards and pages."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.cards import COLUMNS, PAGE, PUBLISHED, SECTION, WRITER, markdown, mean, min_areas, real_networks
from benchmarks.limits import divided_as
from tools.marked_sections import replace_section
from unetlib.io.files import read_csv
from unetlib.models.card import read_card
from unetlib.models.registry import named_model

ROOT = Path(__file__).parents[2]


def test_the_published_table_has_every_network_with_the_score_and_size_of_its_card() -> None:
    rows = read_csv(ROOT / PUBLISHED, COLUMNS)
    assert [row["network"] for row in rows] == real_networks(min_areas())
    for row in rows:
        model = named_model(row["network"])
        score = read_card(model.folder).score
        assert (row["dataset"], row["metric"], int(row["images"])) == (score.dataset, score.title, score.images)
        for name, value in (("card", score.mean), ("low", score.low), ("high", score.high)):
            assert float(row[name]) == round(value, 3)
        assert float(row["megabytes"]) == round(model.weights.stat().st_size / 1e6, 1)
        assert float(row["command"]) == pytest.approx(score.mean, abs=0.005), "the score on the card holds"


def test_the_quickstart_shows_that_table() -> None:
    page = (ROOT / PAGE).read_text(encoding="utf-8")
    lines = markdown(read_csv(ROOT / PUBLISHED, COLUMNS)).splitlines()
    assert replace_section(page, SECTION, WRITER, lines) == page


def test_seg_is_a_mean_over_objects_and_dice_over_images() -> None:
    scores = {"a": {"seg": 1.0, "dice": 1.0, "objects": 3.0}, "b": {"seg": 0.0, "dice": 0.5, "objects": 1.0}}
    assert mean(scores, "seg") == 0.75 and mean(scores, "dice") == 0.75
    scores["c"] = {"seg": float("nan"), "dice": float("nan"), "objects": 0.0}
    assert mean(scores, "seg") == 0.75 and mean(scores, "dice") == 0.75


def test_a_mask_is_divided_as_the_truth_and_what_meets_no_cell_stays_a_cell_of_its_own() -> None:
    truth = np.array([[1, 1, 2, 0, 0, 0, 0, 0], [1, 1, 2, 0, 0, 0, 0, 0]])
    mask = np.array([[1, 1, 1, 1, 0, 1, 1, 0], [0, 1, 1, 0, 0, 0, 0, 1]], bool)
    np.testing.assert_array_equal(divided_as(truth, mask), [[1, 1, 2, 2, 0, 3, 3, 0], [0, 1, 2, 0, 0, 0, 0, 4]])
    np.testing.assert_array_equal(divided_as(truth * 0, mask), [[1, 1, 1, 1, 0, 2, 2, 0], [0, 1, 1, 0, 0, 0, 0, 3]])
