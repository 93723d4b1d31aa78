"""Plot scores against the number of training images and against the network size."""

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from unetlib.report.figures import BLUE, VERMILION, WIDTH_INCH, styled_figure

AXES = {"training-size": "training images", "network-size": "base filters"}
COLUMNS = 3


def curve_points(
    comparison: pd.DataFrame,
    levels: Mapping[str, int | None],
    frames: Mapping[tuple[str, str], float] | None = None,
) -> pd.DataFrame:
    """Return the points of a curve, sorted by dataset and level: the primary-metric rows of the sweep's experiments.

    comparison: the table tables.comparison; levels: experiment → its level in the sweep. With frames
    (run_facts.training_frames) the level is the actual number of training images, because a dataset may have fewer than
    the experiment asks for. Of experiments with equal levels only the first in the table is a point.
    """
    rows = comparison[comparison["primary"].astype(bool) & comparison["experiment"].isin(list(levels))]
    rows = rows[rows["train_dataset"] == rows["test_dataset"]]
    pairs = list(rows[["experiment", "test_dataset"]].itertuples(index=False, name=None))
    found = [levels[name] for name, _ in pairs] if frames is None else [frames.get(pair) for pair in pairs]
    rows = rows.assign(level=pd.Series(found, index=rows.index, dtype=float)).dropna(subset=["level"])
    rows = rows.drop_duplicates(["test_dataset", "level"])
    return rows.sort_values(["test_dataset", "level"], kind="stable").reset_index(drop=True)


def curve(table: pd.DataFrame, *, datasets: Sequence[str], labels: Mapping[str, str], name: str, full: str) -> Figure:
    """Plot mean score and 95 % interval against level on a logarithmic axis, one panel per dataset.

    table: the points of `curve_points`; labels: metric → display name; name: a key of AXES; full: the study's
    reference, drawn in vermilion.
    """
    shown = [dataset for dataset in datasets if dataset in set(table["test_dataset"])]
    columns = min(max(len(shown), 1), COLUMNS)
    count = -(-max(len(shown), 1) // columns)
    with styled_figure(WIDTH_INCH, 0.4 + 2.0 * count) as figure:
        grid = figure.subplots(count, columns, squeeze=False)
        for place, axis in enumerate(grid.flat):
            if place < len(shown):
                _panel(axis, table[table["test_dataset"] == shown[place]], labels, AXES[name], full)
                axis.set_title(shown[place], loc="left", fontweight="bold")
            else:
                axis.set_visible(False)
    return figure


def _panel(axis: Axes, rows: pd.DataFrame, labels: Mapping[str, str], what: str, full: str) -> None:
    axis.plot(rows["level"], rows["mean"], color=BLUE, linewidth=1.2, zorder=2)
    held = rows.dropna(subset=["low", "high"])
    axis.vlines(held["level"], held["low"], held["high"], color=BLUE, linewidth=1.6, zorder=2)
    for colour, part in ((BLUE, rows[rows["experiment"] != full]), (VERMILION, rows[rows["experiment"] == full])):
        axis.plot(part["level"], part["mean"], "o", color=colour, markersize=5, zorder=3)
    metric = str(rows["metric"].iloc[0])
    low, high = (f"{rows['n'].min():d}", f"{rows['n'].max():d}")
    scored = low if low == high else f"{low}–{high}"
    axis.set_xscale("log", base=2)
    axis.xaxis.set_major_locator(FixedLocator(sorted(rows["level"])))
    axis.xaxis.set_minor_locator(NullLocator())
    axis.xaxis.set_major_formatter("{x:g}")
    axis.set(xlabel=f"{what} (n = {scored} scores)", ylabel=labels.get(metric, metric))
    span = rows["level"].max() / rows["level"].min()
    pad = span**0.08 if span > 1 else 1.5
    axis.set_xlim(rows["level"].min() / pad, rows["level"].max() * pad)
