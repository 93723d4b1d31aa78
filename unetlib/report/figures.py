"""Charts for print as matplotlib Figures; save() writes a figure as PNG and SVG, reproducibly to the byte.

The colours are those of Okabe and Ito (2008), which are distinguishable with all common colour vision deficiencies.
The module does not use pyplot, so it has no global state.
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter

from unetlib.io.files import atomic_path

BLUE, VERMILION, GREY = "#0072B2", "#D55E00", "#777777"
CYCLE = ("#000000", "#D55E00", "#0072B2", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
DASHES: tuple[Any, ...] = ("-", "--", ":", "-.", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)), (0, (8, 3)))
WIDTH_INCH = 7.2  # two columns of a journal page
DPI = 200
STYLE: Any = {
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "axes.grid": False,
    "figure.constrained_layout.h_pad": 0.05,
    "figure.constrained_layout.w_pad": 0.03,
    "legend.frameon": False,
    "svg.fonttype": "path",
    "svg.hashsalt": "unetlib",
}


def figure_bytes(figure: Figure, form: str) -> bytes:
    """Return the figure as "png" or "svg"; equal figures give equal bytes, without date or version, with fixed ids."""
    buffer = io.BytesIO()
    metadata = {"Software": None} if form == "png" else {"Date": None, "Creator": None}
    with matplotlib.rc_context(STYLE):
        _settle(figure)
        figure.savefig(buffer, format=form, dpi=DPI, metadata=metadata, facecolor="white")
    return buffer.getvalue()


def _settle(figure: Figure) -> None:
    """Compute the layout and round the axes' positions, because the solver's last bits differ between processes.

    Afterwards the figure has no layout engine: with any, also one that does nothing, savefig draws everything twice.
    """
    engine = figure.get_layout_engine()
    if engine is None:
        return
    if figure.axes:  # a figure without axes has no grid to lay out, and the engine warns of it
        engine.execute(figure)
    figure.set_layout_engine(None)
    for axes in figure.axes:
        left, bottom, width, height = (round(side, 6) for side in axes.get_position().bounds)
        axes.set_position((left, bottom, width, height))


def save(figure: Figure, png_path: str | Path, svg_path: str | Path) -> None:
    """Write the figure to both paths, each file atomically."""
    for path, form in ((png_path, "png"), (svg_path, "svg")):
        with atomic_path(path) as temporary:
            temporary.write_bytes(figure_bytes(figure, form))


def learning_curves(history: pd.DataFrame, *, experiments: Sequence[str]) -> Figure:
    """Plot training loss and validation Dice against updates, one row of panels per training dataset.

    Columns of history: experiment, train_dataset, fold, seed, update, loss, validation_dice. Thin lines are runs, thick
    lines the mean over the runs of an experiment.
    """
    datasets = list(dict.fromkeys(history["train_dataset"]))
    shown = [name for name in experiments if name in set(history["experiment"])]
    with styled_figure(WIDTH_INCH, 0.5 + 1.8 * max(len(datasets), 1)) as figure:
        grid = figure.subplots(max(len(datasets), 1), 2, squeeze=False, sharex="row")
        for axes, dataset in zip(grid, datasets, strict=False):
            for axis, column, label in zip(
                axes, ("loss", "validation_dice"), ("training loss", "validation Dice"), strict=True
            ):
                for place, name in enumerate(shown):
                    rows = history[(history["train_dataset"] == dataset) & (history["experiment"] == name)]
                    _curves(axis, rows.dropna(subset=[column]), column, place)
                axis.set(ylabel=label, xlabel="updates")
            axes[0].set_title(dataset, loc="left", fontweight="bold")
            axes[0].set_yscale("log")
            axes[0].yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axes[0].yaxis.set_major_formatter("{x:g}")
            axes[0].yaxis.set_minor_formatter(NullFormatter())
            axes[1].set_ylim(top=1)
        handles = [
            Line2D([], [], label=name, color=colour, linestyle=dash)
            for name, (colour, dash) in ((name, line(place)) for place, name in enumerate(shown))
        ]
        figure.legend(handles=handles, loc="outside lower center", ncols=min(len(shown), 5) or 1)
    return figure


def line(place: int) -> tuple[str, Any]:
    """Return the colour and dashes of the n-th line; neighbouring lines differ in both, and 49 lines are distinct."""
    return CYCLE[place % len(CYCLE)], DASHES[(place + place // len(CYCLE)) % len(DASHES)]


def _curves(axis: Axes, rows: pd.DataFrame, column: str, place: int) -> None:
    colour, dash = line(place)
    runs = rows.groupby(["fold", "seed"])
    for _, run in runs:
        axis.plot(run["update"], run[column], color=colour, linewidth=0.5, alpha=0.35)
    if len(rows):
        mean = rows.groupby("update")[column].agg(["mean", "size"])
        whole = mean[mean["size"] == len(runs)]  # the mean only where every run was evaluated
        mark = "." if len(whole) == 1 else None  # a single evaluation is drawn as a dot
        axis.plot(whole.index, whole["mean"], color=colour, linestyle=dash, linewidth=1.4, marker=mark)


def transfer_heatmap(transfer: pd.DataFrame, *, experiment: str, metric: str = "iou", label: str = "IoU") -> Figure:
    """Plot a heatmap of training datasets (rows) × test datasets (columns).

    Each cell has the score, its 95 % interval and the predicted / true foreground in per cent.
    """
    rows = transfer[transfer["experiment"] == experiment]
    trained, tested = list(dict.fromkeys(rows["train_dataset"])), list(dict.fromkeys(rows["test_dataset"]))
    values = np.full((max(len(trained), 1), max(len(tested), 1)), np.nan)
    with styled_figure(min(WIDTH_INCH, 2.2 + 1.2 * len(tested)), 1.2 + 0.55 * len(trained)) as figure:
        axis = figure.subplots()
        places = [(tested.index(r.test_dataset), trained.index(r.train_dataset)) for r in rows.itertuples()]
        for (column, row), value in zip(places, rows[metric], strict=True):
            values[row, column] = value
        drawn = axis.imshow(values, cmap="cividis", vmin=0, vmax=1, aspect="auto")
        columns = [metric, f"{metric}_low", f"{metric}_high", "predicted_foreground", "true_foreground"]
        for place, (mean, low, high, predicted, true) in zip(places, rows[columns].to_numpy(dtype=float), strict=True):
            text = f"{mean:.2f}" + (f" [{low:.2f}, {high:.2f}]" if np.isfinite(low) else "")
            text += f"\n{100 * predicted:.0f} / {100 * true:.0f} %"
            axis.text(*place, text, ha="center", va="center", fontsize=7, color="white" if mean < 0.5 else "black")
        axis.set_xticks(range(len(tested)), tested, rotation=25, ha="right", rotation_mode="anchor")
        axis.set_yticks(range(len(trained)), trained)
        axis.set(xlabel="tested on", ylabel="trained on")
        axis.spines[:].set_visible(False)
        axis.tick_params(length=0)
        figure.colorbar(drawn, label=f"{label} (0–1)", aspect=15).outline.set_linewidth(0)
    return figure


def ablation_forest(ablation: pd.DataFrame, *, labels: Mapping[str, str], runs: pd.DataFrame | None = None) -> Figure:
    """Plot a forest of the differences to the reference in primary metrics: mean, 95 % interval, single runs.

    Filled markers are clear differences, hollow ones are not. ablation: the table ablation.ablation; runs: the table
    ablation.differences; labels: metric → display name. Without any comparison the figure says so.
    """
    rows = ablation[ablation["primary"].astype(bool)].reset_index(drop=True)
    if rows.empty:
        with styled_figure(WIDTH_INCH, 0.5) as figure:
            figure.text(0.01, 0.5, "No other experiment was scored: nothing to compare.", va="center")
        return figure
    datasets = list(dict.fromkeys(rows["test_dataset"]))
    counts = [(rows["test_dataset"] == dataset).sum() for dataset in datasets]
    # The single runs set the axis, not the intervals: a very wide interval ends in an arrow (`_effect`).
    reach = 1.25 * rows[["min", "max"]].abs().to_numpy(dtype=float).max(initial=0.01)
    with styled_figure(WIDTH_INCH, 0.6 + sum(0.25 + 0.2 * count for count in counts)) as figure:
        axes = figure.subplots(len(datasets), 1, squeeze=False, sharex=True, height_ratios=[c + 0.6 for c in counts])[
            :, 0
        ]
        for axis, dataset in zip(axes, datasets, strict=True):
            part = rows[rows["test_dataset"] == dataset].reset_index(drop=True)
            for place, row in enumerate(part.itertuples()):
                _effect(axis, place, row, runs, reach)
            metric = labels.get(part["metric"].iloc[0], part["metric"].iloc[0])
            axis.set_title(f"{dataset} ({metric})", loc="left", fontweight="bold")
            axis.set_yticks(range(len(part)), part["experiment"])
            axis.set(ylim=(len(part) - 0.4, -0.6), xlim=(-reach, reach))
            axis.axvline(0, color=GREY, linewidth=0.6, zorder=0)
            axis.tick_params(axis="y", length=0)
            axis.spines["left"].set_visible(False)
        axes[-1].set_xlabel("← worse than the reference      difference in score      better than the reference →")
    return figure


def _effect(axis: Axes, place: int, row: Any, runs: pd.DataFrame | None, reach: float) -> None:
    if np.isfinite(row.low):
        axis.plot([row.low, row.high], [place, place], color=BLUE, linewidth=1.6, solid_capstyle="butt")
        for end, mark in ((row.low, "<"), (row.high, ">")):
            if abs(end) > reach:  # the interval continues beyond the axis
                axis.plot(np.copysign(reach, end), place, mark, color=BLUE, markersize=4, clip_on=False)
    axis.plot(row.difference, place, "o", color=BLUE, markersize=5, markerfacecolor=BLUE if row.clear else "white")
    if runs is not None:
        keys = ["test_dataset", "experiment", "train_dataset", "metric"]
        same = (runs[keys] == pd.Series({key: getattr(row, key) for key in keys})).all(axis=1)
        values = runs.loc[same, "value"]
        axis.plot(values, np.full(len(values), place - 0.22), ".", color=VERMILION, markersize=3, alpha=0.8)
    text = f"{row.difference:+.3f}, {row.runs} run{'s' if row.runs != 1 else ''}".replace("-", "−")
    if np.isfinite(row.p_holm):
        text += ", p < 0.001" if row.p_holm < 0.001 else f", p {row.p_holm:.3f}"
    axis.text(1.01, place, text, transform=axis.get_yaxis_transform(), va="center", fontsize=7)


@contextmanager
def styled_figure(width_inch: float, height_inch: float) -> Iterator[Figure]:
    """Yield a Figure in the project's style; matplotlib's settings are restored at the end of the context."""
    with matplotlib.rc_context(STYLE):
        yield Figure(figsize=(width_inch, height_inch), layout="constrained")
