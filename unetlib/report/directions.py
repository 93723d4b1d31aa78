"""Directions: published statements that one thing is better than another, beside the difference that we measured."""

import textwrap

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from unetlib.evaluation.curves import METRICS as CURVE_METRICS
from unetlib.report.display_tables import format_value, intervals, metric_name
from unetlib.report.figures import BLUE, GREY, VERMILION, WIDTH_INCH, styled_figure
from unetlib.report.verdicts import CONTRADICTED, DECIDED, EQUIVALENT, NOT_COMPARABLE, REPRODUCED, VERDICTS

STATED = {"+": "higher", "-": "lower", "0": "the same"}
FILLED = {REPRODUCED: BLUE, CONTRADICTED: VERMILION, EQUIVALENT: GREY}  # the rest is hollow
SIDES = ["experiment", "train_dataset", "test_dataset", "versus_experiment", "versus_train_dataset"]
LABEL_CHARACTERS, ROW_INCH = 62, 0.23


def directions(ledger: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of directions that have a difference of ours, decided verdicts first.

    ledger: the table of `ledger.joint_ledger`.
    """
    rows = ledger[(ledger["kind"] == "direction") & ledger["difference"].notna()]
    rank = {name: place for place, name in enumerate(VERDICTS)}
    return rows.iloc[rows["verdict"].map(rank).argsort(kind="stable")].reset_index(drop=True)


def directions_shown(ledger: pd.DataFrame) -> pd.DataFrame:
    """Return `directions` as text: what is stated, what we measured, over how many networks, and the verdict."""
    rows = directions(ledger)
    return pd.DataFrame(
        {
            "claim": rows["id"],
            "difference": _contrasts(rows),
            "metric": rows["our_metric"].map(_metric),
            "stated": rows["expected"].map(STATED),
            "found": intervals(rows, "difference", "difference_low", "difference_high", signed=True),
            "networks each": rows["runs"],
            "verdict": rows["verdict"],
            "study": rows["study"],
        }
    )


def directions_chart(ledger: pd.DataFrame) -> Figure:
    """Plot the measured differences with their 95 % intervals; those to the right of zero go the way that is stated.

    A claim of no difference keeps its sign. Filled: reproduced (blue), contradicted (vermilion), equivalent (grey);
    hollow: undecided. Differences between learning curves, which are no scores, and those that are not comparable are
    in the table alone.
    """
    rows = directions(ledger)
    rows = (
        rows[~rows["our_metric"].isin(CURVE_METRICS) & (rows["verdict"] != NOT_COMPARABLE)]
        .drop_duplicates([*SIDES, "our_metric", "expected"])
        .reset_index(drop=True)
    )
    with styled_figure(WIDTH_INCH, 0.7 + ROW_INCH * max(len(rows), 1)) as figure:
        axis = figure.subplots()
        if rows.empty:
            axis.set_axis_off()
            return figure
        turned = np.where(rows["expected"] == "-", -1.0, 1.0)
        values = rows["difference"].to_numpy(dtype=float) * turned
        ends = rows[["difference_low", "difference_high"]].to_numpy(dtype=float) * turned[:, None]
        reach = 1.3 * max(np.abs(values).max(), 0.01)
        for place, (value, (left, right), verdict) in enumerate(
            zip(values, np.sort(ends, axis=1), rows["verdict"], strict=True)
        ):
            colour = FILLED.get(verdict, GREY)
            if np.isfinite(left):
                axis.plot(np.clip([left, right], -reach, reach), [place, place], color=colour, linewidth=1.6)
            face = colour if verdict in DECIDED else "white"
            axis.plot(value, place, "o", color=colour, markersize=5, markerfacecolor=face)
            text = f"{format_value(value, signed=True)}  {verdict}"
            axis.text(1.01, place, text, transform=axis.get_yaxis_transform(), va="center", fontsize=7)
        labels = [
            textwrap.shorten(f"{contrast} ({metric})", LABEL_CHARACTERS, placeholder="…")
            for contrast, metric in zip(_contrasts(rows), rows["our_metric"].map(_metric), strict=True)
        ]
        axis.set_yticks(range(len(rows)), labels)
        axis.set(ylim=(len(rows) - 0.4, -0.6), xlim=(-reach, reach))
        axis.axvline(0, color=GREY, linewidth=0.6, zorder=0)
        axis.tick_params(axis="y", length=0)
        axis.spines["left"].set_visible(False)
        axis.set_xlabel("← against the statement      difference in score      as stated →")
    return figure


def _contrasts(rows: pd.DataFrame) -> list[str]:
    """Return what is compared, such as `no-skip − reference, isbi-em`."""
    sides = rows[["experiment", "test_dataset", "versus_experiment", "versus_test_dataset"]].itertuples(index=False)
    return [
        f"{one} − {other}, {tested}" if tested == elsewhere else f"{one} on {tested} − {other} on {elsewhere}"
        for one, tested, other, elsewhere in sides
    ]


def _metric(name: str) -> str:
    return CURVE_METRICS.get(name) or metric_name(name)
