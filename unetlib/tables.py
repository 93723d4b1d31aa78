"""Tables of a study from its long table of scores: who scored what, what a change is worth, what travels, the cost.

A run is one trained network: experiment, training dataset, fold, seed. Every number goes the same way:
images → one value per run (mean over images; SEG pooled over reference objects; foreground fractions pooled over
pixels) → mean, SD, minimum and maximum over runs. Images without a value (NaN: undefined) are left out and n says so.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd
from scipy.special import stdtrit

METRICS = {  # name in the long table → name a reader sees, in the order of every table
    "iou": "IoU",
    "iou_membrane": "membrane IoU",
    "dice": "Dice",
    "precision": "precision",
    "recall": "recall",
    "pixel_accuracy": "pixel accuracy",
    "seg": "SEG",
    "seg_official": "SEG (challenge)",
    "det": "DET (challenge)",
    "ap50": "AP50",
    "map": "mAP",
    "v_rand": "V_rand",
    "v_info": "V_info",
    "v_rand_thinned": "V_rand (thinned)",
    "v_info_thinned": "V_info (thinned)",
    "iou_background": "background IoU",
}
FOREGROUND = ("predicted_foreground", "true_foreground")
POOLED = {"seg": "objects", "seg_official": "objects_official", "det": "markers"}  # a mean weighs by this; else by 1
WEIGHTS = {**POOLED, **dict.fromkeys(FOREGROUND, "pixels")}
RUN = ["experiment", "train_dataset", "test_dataset", "fold", "seed"]
LONG = [*RUN, "image", "metric", "value"]
PAIRED, COUNTS = ("value", "reference", "variant"), ["runs", "images", "n"]
COST_FACTS = [*RUN[:2], "fold", "seed", "parameters", "updates", "best_update", "train_seconds", "peak_memory_bytes"]
COST_FACTS += ["device", "threads"]
NO_TRAINING = "none"  # what a trivial baseline was trained on


class TableError(ValueError):
    """A long table that cannot be aggregated: what was found, where, what to do."""


def read_long(source: str | Path | IO[str]) -> pd.DataFrame:
    """A table of scores, baselines or results from CSV: names stay text (`001`, `NA`), a number may be empty."""
    names = ["experiment", "baseline", "train_dataset", "test_dataset", "image", "metric"]
    header = pd.read_csv(source, nrows=0).columns
    if not isinstance(source, str | Path):
        source.seek(0)
    blank = {column: ["", "nan", "NaN"] for column in header if column not in names}
    return pd.read_csv(source, dtype=dict.fromkeys(names, str), keep_default_na=False, na_values=blank)


def comparison(
    scores: pd.DataFrame,
    baselines: pd.DataFrame | None = None,
    *,
    datasets: Sequence[str],
    experiments: Sequence[str],
    headline: Mapping[str, str],
    background: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Each experiment on its own dataset's test images: one row per test_dataset, experiment, train_dataset, metric.

    Columns after those: mean, sd (over runs, n−1; NaN for one run), min, max, runs, images (distinct), n (images ×
    runs), headline (True where the metric is headline[test_dataset]). Trivial baselines come last, trained on "none".
    """
    parts = [_own(scores, datasets)]
    trivial: list[str] = []
    if baselines is not None and len(baselines):
        parts.append(baselines.rename(columns={"baseline": "experiment"}).assign(train_dataset=NO_TRAINING, seed=0))
        trivial = sorted(set(parts[1]["experiment"]))
    rows = _weighted(pd.concat([part[LONG] for part in parts]), background)
    table = _over_runs(rows, ["test_dataset", "experiment", "train_dataset", "metric"])
    table["headline"] = _is_headline(table, headline)
    return _ordered(table, test_dataset=datasets, experiment=[*experiments, *trivial], metric=[*METRICS])


def differences(
    scores: pd.DataFrame,
    *,
    datasets: Sequence[str],
    experiments: Sequence[str],
    reference: str,
    background: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Experiment minus reference on the same test dataset, fold, seed and image: one row per run and metric.

    Columns: RUN, metric, value (the difference), reference, variant (the two scores on the paired images), images.
    A network trained on several datasets is compared to the reference trained on the test dataset alone.
    """
    table = _per_run(_pairs(_weighted(_own(scores, datasets), background), reference), PAIRED)
    return _ordered(table, test_dataset=datasets, experiment=experiments, metric=[*METRICS])


def ablation(
    scores: pd.DataFrame,
    *,
    datasets: Sequence[str],
    experiments: Sequence[str],
    reference: str,
    headline: Mapping[str, str],
    background: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Paired differences to the reference: one row per test_dataset, experiment, train_dataset, metric.

    Columns after those: reference, variant (mean scores on the paired images), difference, sd (over runs), low, high
    (95 % t-interval over runs; NaN for one run), min, max, agree (runs whose sign is the mean's), runs, images, n,
    headline. Without the reference there is nothing to pair and no row.
    """
    keys = ["test_dataset", "experiment", "train_dataset", "metric"]
    pairs = _pairs(_weighted(_own(scores, datasets), background), reference)
    runs = _per_run(pairs, PAIRED)
    table = _over_runs(pairs, keys).rename(columns={"mean": "difference"})
    table = table.merge(runs.groupby(keys, as_index=False)[["reference", "variant"]].mean(), on=keys)
    half = stdtrit(np.maximum(table["runs"] - 1, 1), 0.975) * table["sd"] / np.sqrt(table["runs"])
    table["low"], table["high"] = table["difference"] - half, table["difference"] + half
    signed = runs.merge(table[[*keys, "difference"]], on=keys)
    signed["agree"] = signed["value"] * signed["difference"] > 0
    table = table.merge(signed.groupby(keys, as_index=False)["agree"].sum(), on=keys)
    table["headline"] = _is_headline(table, headline)
    table = table[
        [*keys, "reference", "variant", "difference", "sd", "low", "high", "min", "max", "agree", *COUNTS, "headline"]
    ]
    return _ordered(table, test_dataset=datasets, experiment=experiments, metric=[*METRICS])


def transfer(
    scores: pd.DataFrame,
    *,
    datasets: Sequence[str],
    experiments: Sequence[str],
    metrics: Sequence[str] = ("iou", "dice"),
) -> pd.DataFrame:
    """Every network on every test set: one row per experiment, train_dataset, test_dataset.

    Columns after those: per metric its mean, _sd, _min, _max over runs; predicted_foreground and true_foreground
    (fractions of all scored pixels), runs, images, n.
    """
    keys = ["experiment", "train_dataset", "test_dataset"]
    tidy = _over_runs(_weighted(scores[LONG], None, [*metrics, *FOREGROUND]), [*keys, "metric"]).set_index(keys)
    table = tidy[tidy["metric"] == metrics[0]][[]]
    for metric in (*metrics, *FOREGROUND):
        found = tidy[tidy["metric"] == metric]
        table[metric] = found["mean"]
        if metric in metrics:
            table = table.join(found[["sd", "min", "max"]].add_prefix(f"{metric}_"))
    table = table.join(tidy.loc[tidy["metric"] == metrics[0], COUNTS]).reset_index()
    return _ordered(table, experiment=experiments, train_dataset=datasets, test_dataset=datasets)


def costs(facts: Iterable[Mapping[str, Any]], *, datasets: Sequence[str], experiments: Sequence[str]) -> pd.DataFrame:
    """What each run took and, last, the total: seconds and updates summed, peak memory and parameters at their largest.

    A fact that a run does not state stays empty.
    """
    rows = [{key: fact.get(key) for key in COST_FACTS} for fact in facts]
    table = pd.DataFrame(rows, columns=COST_FACTS)
    table["peak_memory_bytes"] = pd.to_numeric(table["peak_memory_bytes"]) / 2**20
    table = table.rename(columns={"peak_memory_bytes": "peak_memory_mib"})
    table = _ordered(table, experiment=experiments, train_dataset=datasets, then=["fold", "seed"])
    for column in ("fold", "seed", "parameters", "updates", "best_update", "threads"):
        table[column] = table[column].astype("Int64")
    if len(table):
        total = {name: table[name].sum() for name in ("train_seconds", "updates")}
        total |= {name: table[name].max() for name in ("peak_memory_mib", "parameters")}
        table.loc[len(table)] = pd.Series({"experiment": "total", **total})
    return table


def _own(scores: pd.DataFrame, datasets: Sequence[str]) -> pd.DataFrame:
    """The rows of networks tested where they were trained; a training set that is no dataset is a joint one."""
    if missing := sorted(set(LONG) - set(scores.columns)):
        raise TableError(f"scores: no column {', '.join(missing)}; the long table needs {', '.join(LONG)}")
    joint = ~scores["train_dataset"].isin(set(datasets) | set(scores["test_dataset"]))
    return scores.loc[(scores["train_dataset"] == scores["test_dataset"]) | joint, LONG]


def _weighted(
    scores: pd.DataFrame, background: Mapping[str, str] | None, metrics: Sequence[str] = (*METRICS,)
) -> pd.DataFrame:
    """The rows that carry a value, each with its weight in the mean over images, in one order whatever the input's."""
    cell = [*RUN, "image", "metric"]
    twice = scores.duplicated(cell)
    if twice.any():
        raise TableError(f"scores: {dict(scores.loc[twice, cell].iloc[0])} stands twice; score every run once")
    rows = scores[scores["metric"].isin(metrics) & scores["value"].notna()].sort_values(cell).reset_index(drop=True)
    rows["weight"] = 1.0
    for metric, by in WEIGHTS.items():
        chosen = rows["metric"] == metric
        weights = scores[scores["metric"] == by].set_index([*RUN, "image"])["value"]
        found = weights.reindex(pd.MultiIndex.from_frame(rows.loc[chosen, [*RUN, "image"]])).to_numpy(dtype=float)
        if np.isnan(found).any():
            raise TableError(f"scores: {metric} without {by} for an image; {metric} is pooled, so state {by} too")
        rows.loc[chosen, "weight"] = found
    named = rows["test_dataset"].map(dict(background or {}))
    renamed = (rows["metric"] == "iou_background") & named.notna() & (named != "background")
    rows.loc[renamed, "metric"] = "iou_" + named[renamed].astype(str)
    return rows[rows["weight"] > 0]


def _pairs(own: pd.DataFrame, reference: str) -> pd.DataFrame:
    """Rows of the other experiments beside the reference's; value is the difference of variant and reference."""
    pair = ["test_dataset", "fold", "seed", "image", "metric"]
    base = own[(own["experiment"] == reference) & (own["train_dataset"] == own["test_dataset"])]
    base = base[[*pair, "value"]].rename(columns={"value": "reference"})
    pairs = own[own["experiment"] != reference].merge(base, on=pair).rename(columns={"value": "variant"})
    return pairs.assign(value=pairs["variant"] - pairs["reference"])


def _per_run(rows: pd.DataFrame, columns: Sequence[str] = ("value",)) -> pd.DataFrame:
    """One row per run and metric: the weighted mean over images of each column, and images, how many there were."""
    keys = [*RUN, "metric"]
    groups = rows.assign(**{name: rows[name] * rows["weight"] for name in columns}).groupby(keys)
    table = groups[list(columns)].sum().div(groups["weight"].sum(), axis=0)
    return table.assign(images=groups.size()).reset_index()


def _over_runs(rows: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """One row per key: mean, sd, min, max over runs; runs, images (distinct), n (images × runs)."""
    groups = _per_run(rows).groupby(keys)
    table = groups["value"].agg(["mean", "std", "min", "max"]).rename(columns={"std": "sd"})
    table["runs"], table["images"] = groups.size(), rows.groupby(keys)["image"].nunique()
    return table.assign(n=groups["images"].sum()).reset_index()


def _is_headline(table: pd.DataFrame, headline: Mapping[str, str]) -> pd.Series:
    return table["metric"] == table["test_dataset"].map(dict(headline))


def _ordered(table: pd.DataFrame, then: Sequence[str] = (), **orders: Sequence[str]) -> pd.DataFrame:
    """Rows sorted by the given orders (a name not listed follows, alphabetically), then by other columns."""
    ranks = pd.DataFrame(index=table.index)
    for name, order in orders.items():
        rank = {value: f"{place:04d}" for place, value in enumerate(order)}
        ranks[name] = [rank.get(value, f"~{value}") for value in table[name]]
    for name in then:
        ranks[name] = table[name]
    return table.loc[ranks.sort_values([*ranks.columns], kind="stable").index].reset_index(drop=True)


def to_csv(table: pd.DataFrame) -> str:
    """The table as CSV: LF, floats with six decimals (never −0), nothing where there is no value."""
    floats = table.select_dtypes("float").round(6) + 0.0
    return table.assign(**floats).to_csv(index=False, float_format="%.6f", lineterminator="\n")
