"""Waterfall charts and display tables: from a document's score to ours, removing one flaw at a time."""

import textwrap
from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from unetlib.report.display_tables import format_value, intervals, metric_name
from unetlib.report.figures import BLUE, GREY, VERMILION, WIDTH_INCH, styled_figure

START = "as the document did"
LABEL_CHARACTERS = 44  # maximum length of a label's line beside a panel
ROW_INCH, TITLE_INCH = 0.3, 0.55
MARGIN = 0.05  # of the score axis beyond the scores shown


def waterfall_shown(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table of evaluation.waterfall as text, for primary metrics: one row per step, with 95 % intervals."""
    rows = table[table["primary"].astype(bool)].reset_index(drop=True)
    return pd.DataFrame(
        {
            "protocol": rows["protocol"],
            "tested on": rows["dataset"],
            "metric": rows["metric"].map(metric_name),
            "step": rows["step"],
            "flaw taken away": rows["flaw"].map(lambda flaw: flaw or START),
            "score": intervals(rows, "score", "low", "high"),
            "change": intervals(rows, "change", "change_low", "change_high", signed=True),
            "change rests on": rows["compared_on"].map(lambda text: text or "–"),
            "experiment": rows["experiment"],
            "reported": rows["reported"],
            "images": rows["images"].map(lambda count: count or "–"),
            "runs": rows["runs"],
            "resampled": rows["resampled"].map(lambda text: text or "–"),
        }
    )


def waterfall_chart(table: pd.DataFrame, published: Mapping[str, float]) -> Figure:
    """Plot the score of each step with its 95 % interval, one panel per protocol from the document's score to ours.

    table: the table of evaluation.waterfall; published: protocol → published value, drawn as a dashed line.
    """
    rows = table[table["primary"].astype(bool)]
    panels = [(str(name), part.reset_index(drop=True)) for name, part in rows.groupby("protocol", sort=False)]
    heights = [TITLE_INCH + ROW_INCH * len(part) for _, part in panels] or [1.0]
    with styled_figure(WIDTH_INCH, sum(heights)) as figure:
        grid = figure.subplots(len(heights), 1, squeeze=False, height_ratios=heights)[:, 0]
        for axis, (name, part) in zip(grid, panels, strict=False):
            _panel(axis, name, part, published.get(name))
        if not panels:
            grid[0].set_axis_off()
    return figure


def _panel(axis: Axes, name: str, rows: pd.DataFrame, published: float | None) -> None:
    places = np.arange(len(rows))
    axis.plot(rows["score"], places, color=GREY, linewidth=0.8, drawstyle="steps-post", zorder=1)
    held = rows["low"].notna()
    axis.hlines(places[held], rows["low"][held], rows["high"][held], color=GREY, linewidth=1.6, zorder=2)
    colours = [VERMILION, *[GREY] * (len(rows) - 2), BLUE][: len(rows)]
    axis.scatter(rows["score"], places, c=colours, s=26, zorder=3)
    if published is not None:
        axis.axvline(published, color=VERMILION, linewidth=0.8, linestyle="--", zorder=0)
    labels = [f"mended: {flaw}" if flaw else START for flaw in rows["flaw"]]
    axis.set_yticks(places, ["\n".join(textwrap.wrap(label, LABEL_CHARACTERS)) for label in labels])
    for place, (score, change) in enumerate(rows[["score", "change"]].to_numpy(dtype=float)):
        text = format_value(score) + ("" if pd.isna(change) else f" ({format_value(change, signed=True)})")
        axis.text(1.01, place, text, transform=axis.get_yaxis_transform(), va="center", fontsize=7)
    shown = [*rows["score"], *rows["low"].dropna(), *rows["high"].dropna(), *filter(None, [published])]
    low, high = max(min(shown) - MARGIN, -MARGIN), min(max(shown) + MARGIN, 1 + MARGIN)
    axis.set(xlim=(low, high), ylim=(len(rows) - 0.5, -0.5), xlabel=metric_name(rows["metric"][0]))
    axis.tick_params(axis="y", length=0)
    axis.set_title(f"{name}: {rows['document'][0]}, {rows['dataset'][0]}", loc="left", fontweight="bold")
