"""Display tables: numbers as text, readable column titles, Markdown."""

from collections.abc import Callable, Mapping

import pandas as pd

from unetlib.evaluation.pooled_metrics import POOLED
from unetlib.evaluation.power import power_shown
from unetlib.evaluation.shape_metrics import METRICS as SHAPE_METRICS
from unetlib.evaluation.tables import COUNTS, METRICS

FAILED = "failed"  # stands for a metric in the rows of external tools that failed and have no scores
_COUNTED = ("frames", "cells", "tracks", "true_tracks", "divisions", "true_divisions")
_IN_CSV_ALONE = {"iou_background", *POOLED, *SHAPE_METRICS}
TITLES = {"test_dataset": "tested on", "train_dataset": "trained on", **METRICS}
ROUNDING = 1e-6  # smaller differences are zero


def format_value(value: float, *, signed: bool = False) -> str:
    """Return a score as text with three decimals, such as `0.912` or `−0.120`; NaN gives an en dash."""
    if pd.isna(value):
        return "–"
    # Adding 0.0 turns −0.0 into 0.0. With a sign, −0.000 tells the side of zero, but for what is zero up to rounding.
    rounded = round(value, 3) + 0.0 if not signed or abs(value) < ROUNDING else round(value, 3)
    return f"{rounded:{'+' if signed else ''}.3f}".replace("-", "−")


def format_interval(mean: float, low: float, high: float, *, signed: bool = False) -> str:
    """Return a mean and its 95 % interval as text, such as `0.912 [0.874, 0.936]`; without interval, the mean."""
    if pd.isna(mean) or pd.isna(low):
        return format_value(mean, signed=signed)
    return (
        f"{format_value(mean, signed=signed)} [{format_value(low, signed=signed)}, {format_value(high, signed=signed)}]"
    )


def intervals(rows: pd.DataFrame, mean: str, low: str, high: str, *, signed: bool = False) -> list[str]:
    """Return the mean and 95 % interval of each row as text. mean, low, high: names of columns."""
    return [format_interval(*values, signed=signed) for values in rows[[mean, low, high]].to_numpy(dtype=float)]


def format_p(p: float) -> str:
    """Return a p-value as text, such as `0.032` or `< 0.001`; NaN, for no test, gives an en dash."""
    return "–" if pd.isna(p) else "< 0.001" if p < 0.001 else f"{p:.3f}"


def comparison_shown(comparison: pd.DataFrame) -> pd.DataFrame:
    """Return tables.comparison as text: one row per dataset and experiment, with `mean [interval]` of each metric."""
    keys = ["test_dataset", "experiment", "train_dataset"]
    metrics = [metric for metric in METRICS if metric in set(comparison["metric"]) - _IN_CSV_ALONE]
    rows = []
    for values, group in comparison.groupby(keys, sort=False):
        texts = zip(group["metric"], intervals(group, "mean", "low", "high"), strict=True)
        scores = dict.fromkeys(metrics, "–") | {metric: text for metric, text in texts if metric in metrics}
        failed = group.loc[group["metric"] == FAILED, "resampled"].tolist()  # why an external tool failed
        if len(failed) == len(group):
            scores = dict.fromkeys(metrics, FAILED)
        counts = {count: group[count].max() for count in COUNTS}
        rows.append([*values, *scores.values(), *counts.values(), "; ".join(failed) or group["resampled"].iloc[0]])
    return pd.DataFrame(rows, columns=[*keys, *metrics, *COUNTS, "resampled"]).rename(columns=TITLES)


def ablation_shown(ablation: pd.DataFrame) -> pd.DataFrame:
    """Return ablation.ablation as text, for primary metrics: difference [interval], p, effect, SD, agreeing runs."""
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
    """Return tables.transfer as text: scores as `mean [interval]`, predicted and true foreground in per cent."""
    rows = transfer[["experiment", "train_dataset", "test_dataset"]].copy()
    # Pixel accuracy is only in the CSV: it is high wherever most of an image is background.
    for metric in [metric for metric in ("iou", "dice") if metric in transfer]:
        rows[metric] = intervals(transfer, metric, f"{metric}_low", f"{metric}_high")
    rows["predicted foreground"] = transfer["predicted_foreground"].map(percent)
    rows["true foreground"] = transfer["true_foreground"].map(percent)
    return rows.join(transfer[[*COUNTS, "resampled"]]).rename(columns=TITLES)


def costs_shown(costs: pd.DataFrame) -> pd.DataFrame:
    """Return run_facts.cost_table as text: whole seconds and MiB, with thousands separators."""
    whole = ["fold", "seed", "parameters", "updates", "best_update", "train_seconds", "peak_memory_mib", "threads"]
    titles = {"train_seconds": "training (s)", "peak_memory_mib": "peak memory (MiB)", "best_update": "best update"}
    shown = costs.copy().astype(object)
    for column in whole:
        shown[column] = ["–" if pd.isna(value) else f"{value:,.0f}" for value in costs[column]]
    shown = shown.where(shown.notna(), "–")
    return shown.rename(columns=TITLES | titles)


def tracking_shown(tracking: pd.DataFrame) -> pd.DataFrame:
    """Return the table of tracking scores (sequences.COLUMNS) as text: three decimals for scores, whole counts."""
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
    """Return one sentence per dataset on the tracks of its first network, "" without rows of sequences.COLUMNS."""
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


SHOWN: Mapping[str, Callable[[pd.DataFrame], pd.DataFrame]] = {  # table → function that formats it for readers
    "comparison": comparison_shown,
    "ablation": ablation_shown,
    "transfer": transfer_shown,
    "power": power_shown,
    "costs": costs_shown,
    "tracking": tracking_shown,
}


def with_tools_marked(table: pd.DataFrame, tools: Mapping[str, bool]) -> pd.DataFrame:
    """Return the table with the names of trained tools marked as such. tools: name → whether it was pretrained."""
    names = {name: f"{name} ({'pretrained ' * pretrained}tool)" for name, pretrained in tools.items()}
    return table.assign(experiment=table["experiment"].replace(names)) if names and "experiment" in table else table


def to_markdown(table: pd.DataFrame) -> str:
    """Return the table as a Markdown pipe table, with text aligned left and numbers aligned right."""
    cells = [[_escaped(value) for value in row] for row in table.itertuples(index=False)]
    header = [_escaped(column) for column in table.columns]
    right = [all(row[i][:1] in "0123456789+−–" for row in cells) for i in range(len(header))]
    rule = ["---:" if numeric else ":---" for numeric in right]
    return "".join(f"| {' | '.join(row)} |\n" for row in [header, rule, *cells])


def metric_name(metric: str) -> str:
    """Return the display name of a metric."""
    return METRICS.get(metric, metric)


def percent(fraction: float) -> str:
    """Return a fraction as a percentage, such as `12.5 %`."""
    return "–" if pd.isna(fraction) else f"{100 * fraction:.1f} %"


def _escaped(value: object) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")
