"""Tables of a study from its long table of scores: comparison of experiments, and transfer between datasets.

A run is one trained network: experiment, training dataset, fold, seed. Every number is computed in the same way:
images → one value per run (mean over images; SEG pooled over reference objects; foreground fractions and
`pooled_metrics` over pixels) → mean, SD, minimum and maximum over runs, and the mean's 95 % interval (`spread`).
Images without a value (NaN: undefined) are left out and not counted in n.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO

import numpy as np
import pandas as pd

from unetlib.evaluation.aggregation import COUNTS, RUN, SPREAD, over_arms, per_run
from unetlib.evaluation.long_table import POOLED_BY, SCORE_COLUMNS
from unetlib.evaluation.pooled_metrics import POOLED, pooled_rows
from unetlib.evaluation.shape_metrics import METRICS as SHAPE_METRICS

METRICS = {  # name in the long table → displayed name, in the order of every table
    "iou": "IoU",
    "iou_membrane": "membrane IoU",
    "dice": "Dice",
    "precision": "precision",
    "recall": "recall",
    "pixel_accuracy": "pixel accuracy",
    "seg": "SEG",
    "seg_ctc": "SEG (challenge)",
    "det": "DET (challenge)",
    "ap50": "AP50",
    "map": "mAP",
    "v_rand": "V_rand",
    "v_info": "V_info",
    "v_rand_thinned": "V_rand (thinned)",
    "v_info_thinned": "V_info (thinned)",
    "rand_error": "Rand error",
    "pixel_error": "pixel error",
    "iou_background": "background IoU",
    "iou_pooled": "pooled IoU",
    "dice_pooled": "pooled Dice",
    "pixel_accuracy_pooled": "pooled pixel accuracy",
    **SHAPE_METRICS,
}
PER_IMAGE = tuple(metric for metric in METRICS if metric not in POOLED)
FOREGROUND = ("predicted_foreground", "true_foreground")
WEIGHTS = {**POOLED_BY, **dict.fromkeys(FOREGROUND, "pixels")}  # metric → the row that weights its mean over images
LONG = [*SCORE_COLUMNS]  # as a list, which pandas takes for several columns
NO_TRAINING = "none"  # what a trivial baseline was trained on


class TableError(ValueError):
    """A long table that cannot be aggregated."""


def read_long(source: str | Path | IO[str]) -> pd.DataFrame:
    """Read a CSV of scores, baselines or results; names stay text (`001`, `NA`), numbers may be empty."""
    names = ["experiment", "baseline", "train_dataset", "test_dataset", "image", "metric"]
    names += ["resampled", "flipped", "protocol", "document", "dataset", "flaw", "reported", "compared_on"]
    header = pd.read_csv(source, nrows=0).columns
    if not isinstance(source, str | Path):
        source.seek(0)
    blank = {column: ["", "nan", "NaN"] for column in header if column not in names}
    return pd.read_csv(source, dtype=dict.fromkeys(names, str), keep_default_na=False, na_values=blank)


def read_clusters(frames: Iterable[Path]) -> pd.DataFrame:
    """Return the cluster of each image (test_dataset, image, cluster, time) from …/<dataset>/frames.csv.

    Frames of one sequence form a cluster; frames without a sequence are clustered by group. time: the time of a frame
    in its sequence, NaN without a sequence.
    """
    columns = ["frame", "sequence", "group", "time"]
    parts = [
        pd.read_csv(path, usecols=columns, dtype=str, keep_default_na=False).assign(test_dataset=path.parent.name)
        for path in frames
    ]
    table = pd.concat(parts).rename(columns={"frame": "image"})
    filmed = table["sequence"] != ""
    table["cluster"] = table["sequence"].where(filmed, table["group"])
    table["time"] = pd.to_numeric(table["time"]).where(filmed)
    return table[["test_dataset", "image", "cluster", "time"]]


def comparison(
    scores: pd.DataFrame,
    baselines: pd.DataFrame | None = None,
    *,
    datasets: Sequence[str],
    experiments: Sequence[str] | Mapping[str, str],
    primary_metrics: Mapping[str, str],
    background: Mapping[str, str] | None = None,
    clusters: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return the scores of experiments on the datasets that they were trained on.

    There is one row per test_dataset, experiment, train_dataset, metric.

    Columns after those: mean, sd (over runs, n−1; NaN for one run), low, high (95 % interval of the mean), min, max,
    runs, images (distinct), clusters (of images), n (images × runs), resampled (what the interval covers), primary
    (True if the metric is primary_metrics[test_dataset]). Trivial baselines come last, with the train_dataset "none".
    clusters: see `read_clusters`; without it the images of a dataset form one cluster. experiments may map each
    experiment to the one that trains its networks (`aggregation.spreads`).
    """
    networks = dict(experiments) if isinstance(experiments, Mapping) else None
    parts = [on_training_dataset(scores, datasets)]
    trivial: list[str] = []
    if baselines is not None and len(baselines):
        parts.append(baselines.rename(columns={"baseline": "experiment"}).assign(train_dataset=NO_TRAINING, seed=0))
        trivial = sorted(set(parts[1]["experiment"]))
    rows = with_weights(pd.concat([part[LONG] for part in parts]), background, [*METRICS], clusters)
    table = over_arms(rows, networks)
    table["primary"] = is_primary(table, primary_metrics)
    table = table.drop(columns="p")
    return sort_rows(table, test_dataset=datasets, experiment=[*experiments, *trivial], metric=[*METRICS])


def transfer(
    scores: pd.DataFrame,
    *,
    datasets: Sequence[str],
    experiments: Sequence[str],
    metrics: Sequence[str] = ("iou", "dice"),
    clusters: pd.DataFrame | None = None,
    networks: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Return the scores of every network on every test set: one row per experiment, train_dataset, test_dataset.

    Columns after those: per metric its mean, _sd, _low, _high (95 % interval of the mean), _min, _max over runs;
    predicted_foreground and true_foreground (fractions of all scored pixels), runs, images, clusters, n, resampled.
    """
    keys = ["experiment", "train_dataset", "test_dataset"]
    rows = with_weights(scores[LONG], None, [*metrics, *FOREGROUND], clusters)
    tidy = over_arms(rows[rows["metric"].isin(metrics)], networks).set_index(keys)
    fractions = per_run(rows[rows["metric"].isin(FOREGROUND)]).groupby([*keys, "metric"])["value"].mean().unstack()
    table = tidy[tidy["metric"] == metrics[0]][[]]
    for metric in metrics:
        found = tidy[tidy["metric"] == metric]
        table[metric] = found["mean"]
        table = table.join(found[SPREAD].add_prefix(f"{metric}_"))
    table = table.join(fractions.reindex(columns=[*FOREGROUND]))
    table = table.join(tidy.loc[tidy["metric"] == metrics[0], [*COUNTS, "resampled"]]).reset_index()
    return sort_rows(table, experiment=experiments, train_dataset=datasets, test_dataset=datasets)


def on_training_dataset(scores: pd.DataFrame, datasets: Sequence[str]) -> pd.DataFrame:
    """Return the rows of networks tested on their training dataset, or trained on all datasets together."""
    if missing := sorted(set(LONG) - set(scores.columns)):
        raise TableError(f"scores: no column {', '.join(missing)}; the long table needs {', '.join(LONG)}")
    joint = ~scores["train_dataset"].isin(set(datasets) | set(scores["test_dataset"]))
    return scores.loc[(scores["train_dataset"] == scores["test_dataset"]) | joint, LONG]


def with_weights(
    scores: pd.DataFrame,
    background: Mapping[str, str] | None,
    metrics: Sequence[str] = PER_IMAGE,
    clusters: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return the rows that have a value, sorted, with their weight in the mean over images, cluster and time.

    The weights of POOLED metrics depend on the prediction, so two networks cannot be paired in them image by image.
    """
    cell = [*RUN, "image", "metric"]
    twice = scores.duplicated(cell)
    if twice.any():
        raise TableError(f"scores: {dict(scores.loc[twice, cell].iloc[0])} appears twice; score every run once")
    rows = scores[scores["metric"].isin(metrics) & scores["value"].notna()].sort_values(cell).reset_index(drop=True)
    rows["weight"] = 1.0
    for metric, by in WEIGHTS.items():
        chosen = rows["metric"] == metric
        weights = scores[scores["metric"] == by].set_index([*RUN, "image"])["value"]
        found = weights.reindex(pd.MultiIndex.from_frame(rows.loc[chosen, [*RUN, "image"]])).to_numpy(dtype=float)
        if np.isnan(found).any():
            raise TableError(f"scores: {metric} without {by} for an image; {metric} is pooled, so state {by} too")
        rows.loc[chosen, "weight"] = found
    if pooled := [metric for metric in metrics if metric in POOLED]:
        rows = pd.concat([rows, *pooled_rows(scores, pooled)], ignore_index=True)
    named = rows["test_dataset"].map(dict(background or {}))
    renamed = (rows["metric"] == "iou_background") & named.notna() & (named != "background")
    rows.loc[renamed, "metric"] = "iou_" + named[renamed].astype(str)
    return _with_clusters(rows, clusters)[rows["weight"] > 0]


def _with_clusters(rows: pd.DataFrame, clusters: pd.DataFrame | None) -> pd.DataFrame:
    """Return the rows with the cluster and time of their image; time is NaN for an image outside any film."""
    if clusters is None:
        return rows.assign(cluster="", time=np.nan)
    place = ["test_dataset", "image"]
    known = clusters.reindex(columns=[*place, "cluster", "time"]).set_index(place)
    found = known.reindex(pd.MultiIndex.from_frame(rows[place]))
    if found["cluster"].isna().any():
        lost = rows.loc[found["cluster"].isna().to_numpy(), place].iloc[0]
        raise TableError(f"{lost.iloc[0]}: scored image {lost.iloc[1]} is not in its frames.csv; score it again")
    times = found["time"].to_numpy(dtype=float)
    return rows.assign(cluster=found["cluster"].to_numpy(), time=times)


def is_primary(table: pd.DataFrame, primary_metrics: Mapping[str, str]) -> pd.Series:
    return table["metric"] == table["test_dataset"].map(dict(primary_metrics))


def sort_rows(table: pd.DataFrame, then: Sequence[str] = (), **orders: Sequence[str]) -> pd.DataFrame:
    """Return the rows sorted by the given orders (unlisted names follow alphabetically), then by other columns."""
    ranks = pd.DataFrame(index=table.index)
    for name, order in orders.items():
        rank = {value: f"{place:04d}" for place, value in enumerate(order)}
        ranks[name] = [rank.get(value, f"~{value}") for value in table[name]]
    for name in then:
        ranks[name] = table[name]
    return table.loc[ranks.sort_values([*ranks.columns], kind="stable").index].reset_index(drop=True)


def to_csv(table: pd.DataFrame) -> str:
    """Return the table as CSV with LF line ends, six decimals for floats (never −0), and empty missing values."""
    floats = table.select_dtypes("float").round(6) + 0.0
    return table.assign(**floats).to_csv(index=False, float_format="%.6f", lineterminator="\n")
