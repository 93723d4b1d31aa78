"""Sentences and display tables say what the numbers say, no more."""

import numpy as np
import pandas as pd
import pytest

from unetlib import tables, wording

ORDERS = {"datasets": ["cells", "nuclei"], "experiments": ["reference", "changed"]}
HEADLINE = {"cells": "iou", "nuclei": "iou"}


def study(effects: list[float], *, floor: float = 0.3, abroad: float = 0.1) -> dict[str, pd.DataFrame]:
    """A reference of IoU 0.8 on cells and a change worth `effects`, one run each, with a trivial baseline."""
    rows, facts = [], []
    for seed, effect in enumerate(effects):
        for experiment, value in (("reference", 0.8), ("changed", 0.8 + effect)):
            for tested, score, predicted in (("cells", value, 0.2), ("nuclei", abroad, 0.9)):
                run = (experiment, "cells", tested, 0, seed, "a")
                rows += [(*run, "iou", score), (*run, "dice", score), (*run, "pixels", 100.0)]
                rows += [(*run, "predicted_foreground", predicted), (*run, "true_foreground", 0.2)]
            facts.append(
                {"experiment": experiment, "train_dataset": "cells", "fold": 0, "seed": seed, "train_seconds": 9}
            )
    rows += [("reference", "nuclei", "nuclei", 0, 0, "a", metric, 0.5) for metric in ("iou", "dice")]
    scores = pd.DataFrame(rows, columns=tables.LONG)
    trivial = pd.DataFrame(
        [("otsu", "cells", 0, "a", "iou", floor)],
        columns=["baseline", "test_dataset", "fold", "image", "metric", "value"],
    )
    return {
        "comparison": tables.comparison(scores, trivial, headline=HEADLINE, **ORDERS),
        "ablation": tables.ablation(scores, reference="reference", headline=HEADLINE, **ORDERS),
        "transfer": tables.transfer(scores, **ORDERS),
        "costs": tables.costs(facts, **ORDERS),
    }


def found(*effects: float, **more: float) -> str:
    sentences = wording.findings(**study([*effects], **more), reference="reference")
    return "\n".join(sentence for group in sentences.values() for sentence in group)


@pytest.mark.parametrize(
    ("effects", "said"),
    [
        ((-0.1, -0.11, -0.12), "changed: clearly lower than reference on cells (IoU −0.110 [−0.135, −0.085])."),
        ((0.1, 0.11, 0.12), "changed: clearly higher than reference on cells"),
        ((-0.1, -0.001, -0.05), "lower than reference in all runs, but not clearly, on cells"),
        ((-0.1, -0.11), "lower than reference in both runs, but not clearly, on cells"),
        ((-0.1, 0.1, 0.02), "no difference beyond run-to-run variation on cells"),
        ((-0.1,), "a single run, which chance may explain, on cells (IoU −0.100)"),
        ((0.0, 0.0, 0.0), "no difference beyond run-to-run variation on cells"),
    ],
)
def test_a_verdict_needs_three_runs_and_an_interval_without_zero(effects: tuple[float, ...], said: str) -> None:
    text = found(*effects)
    assert said in text
    assert ("clearly lower" in text or "clearly higher" in text) == ("clearly " in said and "not clearly" not in said)


def test_best_reference_and_baseline_are_named() -> None:
    text = found(0.05, 0.05)
    assert "cells: changed scored highest, IoU 0.850 ± 0.000 (2 runs, 1 test image)" in text
    assert "reference 0.800 ± 0.000; the best trivial baseline, otsu, 0.300." in text


def test_a_network_no_better_than_a_trivial_baseline_is_called_out() -> None:
    assert "No better than that baseline" not in found(-0.1)
    assert "No better than that baseline: reference and changed." in found(-0.1, floor=0.85)


def test_transfer_states_the_foreground_that_gives_a_failure_away() -> None:
    text = found(-0.1)
    assert "IoU from 0.100 (cells → nuclei) to 0.100 (cells → nuclei)" in text
    assert "cells → nuclei: 90.0 % predicted, 20.0 % true" in text


def test_few_runs_are_admitted() -> None:
    assert "With fewer than three runs" in found(-0.1, -0.1)
    assert "4 networks trained in 36 s" in found(-0.1, -0.1)


def test_nothing_scored_says_so() -> None:
    empty = pd.DataFrame([], columns=tables.LONG)
    sentences = wording.findings(
        tables.comparison(empty, headline=HEADLINE, **ORDERS),
        tables.ablation(empty, reference="reference", headline=HEADLINE, **ORDERS),
        tables.transfer(empty, **ORDERS),
        tables.costs([], **ORDERS),
        reference="reference",
    )
    assert sentences["What was found"] == ["No network has been scored yet."]


def test_display_tables_have_a_row_per_thing_and_n_on_every_row() -> None:
    made = study([-0.1, -0.2])
    comparison = wording.comparison_shown(made["comparison"])
    assert list(comparison.columns) == [
        *("tested on", "experiment", "trained on", "IoU", "Dice", "runs", "images", "n"),
    ]
    assert comparison.iloc[1].tolist() == ["cells", "changed", "cells", "0.650 ± 0.071", "0.650 ± 0.071", 2, 1, 2]
    assert comparison.iloc[2].tolist() == ["cells", "otsu", "none", "0.300", "–", 1, 1, 1]
    ablation = wording.ablation_shown(made["ablation"])
    assert ablation["difference"].tolist() == ["−0.150 ± 0.071"]
    assert ablation["runs that agree"].tolist() == ["2 of 2"]
    transfer = wording.transfer_shown(made["transfer"])
    assert transfer.iloc[1][["predicted foreground", "true foreground", "n"]].tolist() == ["90.0 %", "20.0 %", 2]
    costs = wording.costs_shown(made["costs"])
    assert costs.iloc[-1][["experiment", "fold", "training (s)", "device"]].tolist() == ["total", "–", "36", "–"]


@pytest.mark.parametrize(
    ("value", "sd", "signed", "text"),
    [
        (0.91249, 0.004, False, "0.912 ± 0.004"),
        (-0.12, None, True, "−0.120"),
        (-1e-9, None, True, "+0.000"),
        (0.5, np.nan, False, "0.500"),
        (np.nan, 0.1, False, "–"),
    ],
)
def test_numbers(value: float, sd: float | None, signed: bool, text: str) -> None:
    assert wording.number(value, sd, signed=signed) == text


def test_markdown_lines_up_numbers_and_escapes_pipes() -> None:
    table = pd.DataFrame({"a|b": ["x|y", "two\nlines"], "score": ["0.9", "–"], "range": ["+0.1 to −0.2", "−"]})
    assert wording.to_markdown(table) == (
        "| a\\|b | score | range |\n| :--- | ---: | ---: |\n| x\\|y | 0.9 | +0.1 to −0.2 |\n| two lines | – | − |\n"
    )
