"""Display tables and numbers as a person reads them."""

import numpy as np
import pandas as pd
import pytest
from builders.tables import tables_of_change

from unetlib.report import display_tables
from unetlib.tracking import sequences


def test_display_tables_have_a_row_per_thing_and_counts_on_every_row() -> None:
    made = tables_of_change([-0.1, -0.12])
    comparison = display_tables.comparison_shown(made["comparison"])
    counts = ["runs", "images", "clusters", "n", "resampled"]
    assert list(comparison.columns) == ["tested on", "experiment", "trained on", "IoU", "Dice", *counts]
    (changed,) = made["comparison"].query("experiment == 'changed' and metric == 'iou'").to_dict("records")
    score = display_tables.format_interval(0.69, changed["low"], changed["high"])
    assert score.startswith("0.690 [0.5") and changed["low"] < 0.6
    assert comparison.iloc[1].tolist() == ["cells", "changed", "cells", score, score, 2, 12, 1, 24, "seeds × images"]
    assert comparison.iloc[2].tolist() == ["cells", "otsu", "none", "0.300 [0.300, 0.300]", "–", 1, 12, 1, 12, "images"]
    ablation, against = display_tables.ablation_shown(made["ablation"]).to_dict("records")
    assert against["experiment"] == "otsu" and against["trained on"] == "none"
    assert ablation["difference"].startswith("−0.110 [−0.")
    assert (ablation["runs that agree"], ablation["rank-biserial r"]) == ("2 of 2", "−1.000")
    assert (ablation["SD over runs"], ablation["flipped"], ablation["n"]) == ("0.014", "images", 24)
    assert ablation["p"] == ablation["p (Holm)"] == display_tables.format_p(made["ablation"]["p"].iloc[0])
    transfer = display_tables.transfer_shown(made["transfer"])
    assert transfer.iloc[1][["predicted foreground", "true foreground", "n"]].tolist() == ["90.0 %", "20.0 %", 24]
    assert transfer.iloc[1]["IoU"] == "0.100 [0.100, 0.100]"
    shown = display_tables.costs_shown(made["costs"])
    assert shown.iloc[-1][["experiment", "fold", "training (s)", "device"]].tolist() == ["total", "–", "36", "–"]


@pytest.mark.parametrize(
    ("value", "signed", "text"),
    [
        (0.91249, False, "0.912"),
        (-0.12, True, "−0.120"),
        (-1e-9, True, "+0.000"),
        (-2e-4, True, "−0.000"),
        (-2e-4, False, "0.000"),
        (np.nan, False, "–"),
    ],
)
def test_numbers(value: float, signed: bool, text: str) -> None:
    assert display_tables.format_value(value, signed=signed) == text


def test_a_score_has_its_interval_where_there_is_one() -> None:
    assert display_tables.format_interval(-0.1, -0.25, 0.0499, signed=True) == "−0.100 [−0.250, +0.050]"
    assert display_tables.format_interval(0.5, np.nan, np.nan) == "0.500"
    assert display_tables.format_interval(np.nan, 0.1, 0.2) == "–"


def test_a_p_is_never_zero() -> None:
    assert [display_tables.format_p(p) for p in (0.0321, 0.0004, np.nan)] == ["0.032", "< 0.001", "–"]


def test_markdown_lines_up_numbers_and_escapes_pipes() -> None:
    table = pd.DataFrame({"a|b": ["x|y", "two\nlines"], "score": ["0.9", "–"], "range": ["+0.1 to −0.2", "−"]})
    assert display_tables.to_markdown(table) == (
        "| a\\|b | score | range |\n| :--- | ---: | ---: |\n| x\\|y | 0.9 | +0.1 to −0.2 |\n| two lines | – | − |\n"
    )


def test_films_are_told_in_a_table_and_a_sentence_each() -> None:
    row = ["reference", "cells", 0, 0, "02", 12, 90, 9, 8, 2, 1, 0.91, 0.95, 0.5, 20.06]
    unknown = ["reference", "nuclei", 0, 0, "02", 12, 0, 0, *[None, 0, None, None, None, None, None]]
    table = pd.DataFrame([row, [*row[:3], 1, *row[4:]], unknown], columns=sequences.COLUMNS)
    shown = display_tables.tracking_shown(table)
    assert shown[["tested on", "sequence", "true tracks", "TRA", "moves up to (px)"]].to_numpy().tolist() == [
        ["cells", "02", "8", "0.910", "20.1"],
        ["cells", "02", "8", "0.910", "20.1"],
        ["nuclei", "02", "–", "–", "–"],
    ]
    assert display_tables.tracking_note(table) == (
        "On cells, reference found 90 cells in 12 frames, linked into 9 tracks with 2 divisions; the ground truth has "
        "8 tracks with 1 (TRA 0.910, DET 0.950). On nuclei, reference found 0 cells in 12 frames, linked into 0 tracks "
        "with 0 divisions."
    )
    assert display_tables.tracking_note(table.iloc[:0]) == ""
