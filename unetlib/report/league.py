"""The league of a study: its networks and the tools that it trained, with scores, seconds and memory, side by side."""

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from unetlib.evaluation.tables import METRICS, NO_TRAINING
from unetlib.report.display_tables import format_interval, format_value
from unetlib.report.figures import CYCLE, GREY, WIDTH_INCH, styled_figure
from unetlib.report.tool_resources import CPU, MEASURED
from unetlib.study.external_scores import Failure
from unetlib.study.facts import StudyFacts, ToolEntry
from unetlib.study.runs import EXTERNAL
from unetlib.trained_tools.tool_runs import OVER

SCORED = ("dice", "seg", "ap50", "map")
NETWORK, TOOL, PRETRAINED, TRIVIAL = "network", "tool", "pretrained tool", "no training"
COLUMNS = ["test_dataset", "experiment", "kind", *(f"{m}{end}" for m in SCORED for end in ("", "_low", "_high"))]
COLUMNS += ["budget_seconds", "processor_seconds", "processor_low", "processor_high", "wall_seconds"]
COLUMNS += ["prediction_seconds", "peak_memory_mib", "runs", "images", "resampled", "failed", "times_budget"]
COLUMNS += ["counted"]  # which seconds a budget counts
PROCESSOR, WALL = "processor", "wall"
MEAN_RUNS = ("budget_seconds", "wall_seconds", "prediction_seconds")
MARKERS = "osD^vP*X<>"


def league(
    facts: StudyFacts, comparison: pd.DataFrame, used: pd.DataFrame, failed: Iterable[Failure] = ()
) -> pd.DataFrame:
    """Return one row (COLUMNS) per dataset and network, tool or trivial baseline, in the order of the comparison.

    comparison: of `tables.comparison`; used: of `resources`. Intervals of scores are those of the comparison; seconds
    are means over runs, with their smallest and largest for the processor. counted: which seconds a budget counts:
    those of the processor, of the wall on a GPU. times_budget: the most of these that a network took, by the tools'
    budget, empty for tools; above OVER, a tool would have been stopped (`is_over`).
    """
    budget = max((entry.budget_seconds for entry in facts.tools.values()), default=float("nan"))
    reasons: dict[tuple[str, str], list[str]] = {}
    for each in failed:
        if each.tool in facts.tools and each.train_dataset == each.dataset:
            text = f"fold {each.fold}, seed {each.seed}: {each.reason}"
            reasons.setdefault((each.dataset, each.tool), []).append(text)
    rows = []
    for (dataset, name, trained_on), group in comparison.groupby(
        ["test_dataset", "experiment", "train_dataset"], sort=False
    ):
        row: dict[str, object] = {"test_dataset": dataset, "experiment": name}
        row["kind"] = _kind(facts.tools, str(name), str(trained_on))
        scores = group.set_index("metric")
        for metric in (metric for metric in SCORED if metric in scores.index):
            ends = zip(("", "_low", "_high"), scores.loc[metric, ["mean", "low", "high"]], strict=True)
            row |= {f"{metric}{end}": value for end, value in ends}
        row |= {"runs": group["runs"].max(), "images": group["images"].max()}
        row["resampled"] = next((text for text in group.loc[group["runs"] > 0, "resampled"]), "")
        own = _trainings(facts, used, str(name), str(dataset))
        row |= _used(own)
        row["failed"] = "; ".join(reasons.get((str(dataset), str(name)), []))
        if row["kind"] == NETWORK and not own.empty:
            row["times_budget"] = pd.to_numeric(own[f"{row['counted']}_seconds"]).max() / budget
        rows.append(row)
    return pd.DataFrame(rows, columns=COLUMNS)


def is_over(table: pd.DataFrame) -> pd.Series:
    """Return which rows of a league took longer than a tool may take, and so are no comparison of what time buys."""
    return table["times_budget"].astype(float) > OVER


def _kind(tools: Mapping[str, ToolEntry], name: str, train_dataset: str) -> str:
    if name in tools:
        return PRETRAINED if tools[name].pretrained else TOOL
    return TRIVIAL if train_dataset in (NO_TRAINING, EXTERNAL) else NETWORK


def _trainings(facts: StudyFacts, used: pd.DataFrame, name: str, dataset: str) -> pd.DataFrame:
    trainer = facts.experiments[name].trained_by if name in facts.experiments else name
    return used[(used["experiment"] == trainer) & (used["train_dataset"] == dataset)]


def _used(own: pd.DataFrame) -> dict[str, object]:
    if own.empty:
        return {}
    numbers = own[[*MEASURED]].apply(pd.to_numeric)
    found: dict[str, object] = {column: numbers[column].mean() for column in MEAN_RUNS}
    seconds = numbers["processor_seconds"]
    found |= {"processor_seconds": seconds.mean(), "processor_low": seconds.min(), "processor_high": seconds.max()}
    counted = PROCESSOR if own["device"].eq(CPU).all() else WALL
    return found | {"peak_memory_mib": numbers["peak_memory_mib"].max(), "counted": counted}


def league_shown(table: pd.DataFrame) -> pd.DataFrame:
    """Return the league as text: `mean [interval]` of each metric, whole seconds and MiB."""
    rows = []
    for row, over in zip(table.to_dict("records"), is_over(table), strict=True):
        failed = str(row["failed"]) if row["failed"] and not pd.isna(row["failed"]) else ""
        cells: dict[str, object] = {"tested on": row["test_dataset"], "arm": row["experiment"], "kind": row["kind"]}
        for metric in SCORED:
            known = not pd.isna(row[metric])
            score = format_interval(*(row[f"{metric}{end}"] for end in ("", "_low", "_high")))
            cells[METRICS[metric]] = score if known else "failed" if failed else format_value(float("nan"))
        low, high = _whole(row["processor_low"]), _whole(row["processor_high"])
        spread = f" ({low}–{high})" if low != high else ""
        cells["processor seconds"] = f"{_whole(row['processor_seconds'])}{spread}"
        cells["wall seconds"], cells["prediction (s)"] = _whole(row["wall_seconds"]), _whole(row["prediction_seconds"])
        of_wall = " (wall)" if row["counted"] == WALL and not pd.isna(row["budget_seconds"]) else ""
        cells["budget (s)"] = f"{_whole(row['budget_seconds'])}{of_wall}"
        cells["memory (MiB)"] = _whole(row["peak_memory_mib"])
        cells["runs"], cells["images"] = row["runs"], row["images"]
        slow = f"{row['times_budget']:.2f} times the tools' budget; {row['resampled']}"
        cells["note"] = f"failed: {failed}" if failed else slow if over else row["resampled"]
        rows.append(cells)
    return pd.DataFrame(rows)


def _whole(value: float) -> str:
    return "–" if pd.isna(value) else f"{value:,.0f}"


def league_chart(table: pd.DataFrame, metrics: Sequence[str] = ("seg", "map")) -> Figure:
    """Return a chart of score against seconds of training: a row per dataset, a column per metric.

    Seconds are those that a budget counts: of the processor, of the wall on a GPU. Bars are the 95 % intervals of the
    scores. Markers of our networks are filled, those of tools open; arms without seconds (trivial baselines) are lines.
    """
    datasets, arms = [*dict.fromkeys(table["test_dataset"])], [*dict.fromkeys(_timed(table)["experiment"])]
    ours = {*table.loc[table["kind"] == NETWORK, "experiment"]}
    style = {arm: _style(place, filled=arm in ours) for place, arm in enumerate(arms)}
    with styled_figure(WIDTH_INCH, 0.5 + 2.3 * max(len(datasets), 1)) as figure:
        axes = figure.subplots(max(len(datasets), 1), len(metrics), squeeze=False)
        for dataset, line in zip(datasets, axes, strict=False):
            for metric, axis in zip(metrics, line, strict=True):
                _panel(axis, table[table["test_dataset"] == dataset], metric, style)
                axis.set_title(f"{dataset}: {METRICS[metric]}", loc="left", fontweight="bold")
        shown = [
            Line2D([], [], color=colour, marker=marker, markerfacecolor=face, linestyle="", label=arm)
            for arm, (colour, marker, face) in style.items()
        ]
        if shown:
            figure.legend(handles=shown, loc="outside lower center", ncols=min(len(shown), 4))
    return figure


def _style(place: int, *, filled: bool) -> tuple[str, str, str]:
    """Return colour, marker and the marker's filling: of ours its colour, of a tool white."""
    colour = CYCLE[place % len(CYCLE)]
    return colour, MARKERS[place % len(MARKERS)], colour if filled else "white"


def _panel(axis: Axes, rows: pd.DataFrame, metric: str, style: Mapping[str, tuple[str, str, str]]) -> None:
    """Draw the arms of one dataset in one metric, and the best of those without a training as a dotted line."""
    for row in _timed(rows).dropna(subset=[metric]).to_dict("records"):
        colour, marker, face = style[row["experiment"]]
        score, low, high = (row[f"{metric}{end}"] for end in ("", "_low", "_high"))
        bars = None if pd.isna(low) else [[score - low], [high - score]]
        seconds = row[f"{row['counted']}_seconds"]
        axis.errorbar([seconds], [score], bars, fmt=marker, color=colour, markerfacecolor=face, capsize=2, markersize=4)
    floor = rows.loc[rows["kind"] == TRIVIAL, metric].max()
    if not pd.isna(floor):
        axis.axhline(floor, color=GREY, linestyle=":", linewidth=0.8)
    counted = [*dict.fromkeys(_timed(rows)["counted"])] or [PROCESSOR]
    axis.set(ylim=(0, 1), xlabel=f"{' or '.join(counted)} seconds of training")
    axis.set_xlim(left=0)


def _timed(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["processor_seconds"].notna()]
