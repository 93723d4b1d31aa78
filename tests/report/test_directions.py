"""directions: stated differences beside the measured ones, the way they are stated to the right of zero."""

import numpy as np
import pandas as pd
import pytest

from unetlib.report.directions import directions, directions_chart, directions_shown


def row(name, expected, difference, low, high, verdict, **stated):
    sides = {"experiment": name, "train_dataset": "cells", "test_dataset": "cells"}
    sides |= {"versus_experiment": "reference", "versus_train_dataset": "cells", "versus_test_dataset": "cells"}
    found = {"difference": difference, "difference_low": low, "difference_high": high, "runs": 3, "study": "s"}
    return {"id": f"doc-{name}", "kind": "direction", "our_metric": "iou", "expected": expected, **sides, **found} | {
        "verdict": verdict,
        **stated,
    }


@pytest.fixture
def ledger():
    return pd.DataFrame(
        [
            row("open", "+", 0.01, -0.1, 0.12, "undecided"),
            row("lost", "-", 0.2, 0.1, 0.3, "contradicted"),
            row("kept", "-", -0.3, -0.4, -0.2, "reproduced"),
            row("odd", "+", 0.4, 0.3, 0.5, "not comparable"),
            row("unmeasured", "+", np.nan, np.nan, np.nan, "not run"),
            row("value", "", 0.1, 0.0, 0.2, "reproduced", kind="value"),
            row("slow", "-", 60.0, np.nan, np.nan, "undecided", our_metric="updates_to_95"),
        ]
    )


def test_decided_directions_come_first_and_all_measured_ones_are_there(ledger):
    assert directions(ledger)["experiment"].tolist() == ["kept", "lost", "open", "slow", "odd"]


def test_the_table_says_what_is_stated_and_what_was_found(ledger):
    first = directions_shown(ledger).iloc[0]
    assert first["difference"] == "kept − reference, cells" and first["stated"] == "lower"
    assert first["found"] == "−0.300 [−0.400, −0.200]" and first["verdict"] == "reproduced"


def test_two_datasets_are_both_named(ledger):
    changed = ledger.assign(versus_test_dataset="nuclei")
    assert directions_shown(changed)["difference"][0] == "kept on cells − reference on nuclei"


def test_the_chart_has_what_goes_as_stated_to_the_right_of_zero(ledger):
    axis = directions_chart(ledger).axes[0]
    dots = [line for line in axis.lines if line.get_marker() == "o"]
    assert [float(np.ravel(dot.get_xdata())[0]) for dot in dots] == [0.3, -0.2, 0.01]  # the slow one is no score
    filled = [dot.get_markerfacecolor() != "white" for dot in dots]
    assert filled == [True, True, False]


def test_a_chart_without_directions_is_empty(ledger):
    assert not directions_chart(ledger.iloc[:0]).axes[0].axison
