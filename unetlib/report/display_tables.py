"""Display tables: numbers as text, readable column titles, Markdown."""

from collections.abc import Callable, Mapping

import pandas as pd

from unetlib.evaluation.pooled_metrics import POOLED
from unetlib.evaluation.power import power_shown
from unetlib.evaluation.tables import COUNTS, METRICS

FAILED = "failed"  # in the place of a metric: what has no scores
_COUNTED = ("frames", "cells", "tracks", "true_tracks", "divisions", "true_divisions")
_IN_CSV_ALONE = {"iou_background", *POOLED}
TITLES = {"test_dataset": "tested on", "train_dataset": "trained on", **METRICS}


def format_value(value: float, *, signed: bool = False) -> str:
    """Return a score as text with three decimals: `0.912`, `−0.120`; an en dash where there is no value."""
    if pd.isna(value):
        return "–"
    return f"{round(value, 3) + 0.0:{'+' if signed else ''}.3f}".replace("-", "−")


def format_interval(mean: float, low: float, high: float, *, signed: bool = False) -> str:
    """Return a mean and its 95 % interval as text: `0.912 [0.874, 0.936]`, the mean alone without an interval."""
    if pd.isna(mean) or pd.isna(low):
        return format_value(mean, signed=signed)
    return (
        f"{format_value(mean, signed=signed)} [{format_value(low, signed=signed)}, {format_value(high, signed=signed)}]"
    )


def intervals(rows: pd.DataFrame, mean: str, low: str, high: str, *, signed: bool = False) -> list[str]:
    """Return the means and 95 % intervals in these columns as text, by row."""
    return [format_interval(*values, signed=signed) for values in rows[[mean, low, high]].to_numpy(dtype=float)]


def format_p(p: float) -> str:
    """Return a p as text: `0.032`, `< 0.001`; an en dash where nothing was tested."""
    return "–" if pd.isna(p) else "< 0.001" if p < 0.001 else f"{p:.3f}"


def comparison_shown(comparison: pd.DataFrame) -> pd.DataFrame:
    """Return tables.comparison as text: a row per dataset and experiment with a `mean [interval]` per metric."""
    keys = ["test_dataset", "experiment", "train_dataset"]
    metrics = [metric for metric in METRICS if metric in set(comparison["metric"]) - _IN_CSV_ALONE]
    rows = []
    for values, group in comparison.groupby(keys, sort=False):
        texts = zip(group["metric"], intervals(group, "mean", "low", "high"), strict=True)
        scores = dict.fromkeys(metrics, "–") | {metric: text for metric, text in texts if metric in metrics}
        failed = group.loc[group["metric"] == FAILED, "resampled"].tolist()  # of an external tool, and why
        if len(failed) == len(group):
            scores = dict.fromkeys(metrics, FAILED)
        counts = {count: group[count].max() for count in COUNTS}
        rows.append([*values, *scores.values(), *counts.values(), "; ".join(failed) or group["resampled"].iloc[0]])
    return pd.DataFrame(rows, columns=[*keys, *metrics, *COUNTS, "resampled"]).rename(columns=TITLES)


def ablation_shown(ablation: pd.DataFrame) -> pd.DataFrame:
    """Return ablation.ablation as text, primary metrics only: difference [interval], p, effect, SD, runs that agree."""
    rows = ablation[ablation["primary"].astype(bool)]
    shown = pd.DataFrame(
        {
            "tested on": rows["test_dataset"],
            "experiment": rows["experiment"],
            "trained on": rows["train_dataset"],
            "metric": rows["metric"].map(metric_name),
            "reference": rows["reference"].map(format_value),
            "experiment scores": rows["variant"].map(format_value),
            "difference": intervals(rows, "difference", "low", "high", signed=True),
            "p": rows["p"].map(format_p),
            "p (Holm)": rows["p_holm"].map(format_p),
            "rank-biserial r": [format_value(effect, signed=True) for effect in rows["effect"]],
            "SD over runs": rows["sd"].map(format_value),
            "runs that agree": [f"{agree} of {runs}" for agree, runs in zip(rows["agree"], rows["runs"], strict=True)],
        }
    )
    return shown.join(rows[[*COUNTS, "resampled", "flipped"]]).reset_index(drop=True)


def transfer_shown(transfer: pd.DataFrame) -> pd.DataFrame:
    """Return tables.transfer as text: scores as `mean [interval]`, foreground fractions in per cent side by side."""
    rows = transfer[["experiment", "train_dataset", "test_dataset"]].copy()
    for metric in [
        metric for metric in ("iou", "dice") if metric in transfer
    ]:  # pixel accuracy misleads and is in the CSV only
        rows[metric] = intervals(transfer, metric, f"{metric}_low", f"{metric}_high")
    rows["predicted foreground"] = transfer["predicted_foreground"].map(percent)
    rows["true foreground"] = transfer["true_foreground"].map(percent)
    return rows.join(transfer[[*COUNTS, "resampled"]]).rename(columns=TITLES)


def costs_shown(costs: pd.DataFrame) -> pd.DataFrame:
    """Return run_facts.cost_table as text: whole seconds and MiB, grouped digits."""
    whole = ["fold", "seed", "parameters", "updates", "best_update", "train_seconds", "peak_memory_mib", "threads"]
    titles = {"train_seconds": "training (s)", "peak_memory_mib": "peak memory (MiB)", "best_update": "best update"}
    shown = costs.copy().astype(object)
    for column in whole:
        shown[column] = ["–" if pd.isna(value) else f"{value:,.0f}" for value in costs[column]]
    shown = shown.where(shown.notna(), "–")
    return shown.rename(columns=TITLES | titles)


def tracking_shown(tracking: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of sequences.COLUMNS as text: scores with three decimals, counts beside the true counts."""
    titles = {name: name.replace("_", " ") for name in _COUNTED} | {"max_distance_px": "moves up to (px)"}
    shown = tracking.astype(object)
    for column in ("fold", "seed", *_COUNTED):
        shown[column] = ["–" if pd.isna(value) else f"{value:.0f}" for value in tracking[column]]
    for column in ("tra", "det", "lnk"):
        shown[column] = tracking[column].map(format_value)
        titles[column] = column.upper()
    shown["max_distance_px"] = ["–" if pd.isna(value) else f"{value:.1f}" for value in tracking["max_distance_px"]]
    return shown.rename(columns=TITLES | titles)


def tracking_note(tracking: pd.DataFrame) -> str:
    """Return one sentence per dataset on the sequence of its first network (rows of sequences.COLUMNS); "" for none."""
    sentences = []
    for row in tracking.drop_duplicates("test_dataset").to_dict("records"):
        counts = {name: "–" if pd.isna(row[name]) else f"{row[name]:.0f}" for name in _COUNTED}
        text = (
            f"On {row['test_dataset']}, {row['experiment']} found {counts['cells']} cells in {counts['frames']} frames"
            f", linked into {counts['tracks']} tracks with {counts['divisions']} divisions"
        )
        if not pd.isna(row["tra"]):
            true = f"{counts['true_tracks']} tracks with {counts['true_divisions']}"
            text += f"; the ground truth has {true} (TRA {format_value(row['tra'])}, DET {format_value(row['det'])})"
        sentences.append(f"{text}.")
    return " ".join(sentences)


SHOWN: Mapping[str, Callable[[pd.DataFrame], pd.DataFrame]] = {  # table → what makes it readable
    "comparison": comparison_shown,
    "ablation": ablation_shown,
    "transfer": transfer_shown,
    "power": power_shown,
    "costs": costs_shown,
    "tracking": tracking_shown,
}


def to_markdown(table: pd.DataFrame) -> str:
    """Return the table as a Markdown pipe table: text aligned left, numbers aligned right."""
    cells = [[_escaped(value) for value in row] for row in table.itertuples(index=False)]
    header = [_escaped(column) for column in table.columns]
    right = [all(row[i][:1] in "0123456789+−–" for row in cells) for i in range(len(header))]
    rule = ["---:" if numeric else ":---" for numeric in right]
    return "".join(f"| {' | '.join(row)} |\n" for row in [header, rule, *cells])


def metric_name(metric: str) -> str:
    """Return the displayed name of a metric."""
    return METRICS.get(metric, metric)


def percent(fraction: float) -> str:
    """Return a fraction as text in per cent: `12.5 %`."""
    return "–" if pd.isna(fraction) else f"{100 * fraction:.1f} %"


def _escaped(value: object) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")
