"""Aggregate rows of scores to one line per cell of a table: mean over runs, spread, 95 % interval and counts.

In this module, rows are those of `tables.with_weights`: the columns of a run, image, metric, value, weight, cluster
and time.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import cast

import numpy as np
import pandas as pd

from unetlib.evaluation.intervals import Interval
from unetlib.evaluation.long_table import RUN_COLUMNS
from unetlib.evaluation.mean_scores import Scores
from unetlib.evaluation.score_grids import grids
from unetlib.evaluation.spread import Spread, collapsed_arms, unmoderated

RUN = [*RUN_COLUMNS]
COUNTS = ["runs", "images", "clusters", "n"]
SPREAD = ["sd", "low", "high", "min", "max"]
SCORE_BOUNDS = (0.0, 1.0)  # the range of every metric
ARM_KEYS = ["test_dataset", "experiment", "train_dataset", "metric"]
TELLS_COLLAPSE = "dice"  # the metric that shows whether a network predicts a constant
Key = tuple[str, ...]
Spreads = Mapping[tuple[str, str], Spread]  # by test dataset and metric


def per_run(rows: pd.DataFrame, columns: Sequence[str] = ("value",)) -> pd.DataFrame:
    """Return one row per run and metric: the weighted mean over images of each column, and the number of images."""
    keys = [*RUN, "metric"]
    groups = rows.assign(**{name: rows[name] * rows["weight"] for name in columns}).groupby(keys)
    table = groups[list(columns)].sum().div(groups["weight"].sum(), axis=0)
    return table.assign(images=groups.size()).reset_index()


def over_runs(rows: pd.DataFrame, keys: list[str], bounds: tuple[float, float] = SCORE_BOUNDS) -> pd.DataFrame:
    """Return one row per key: mean, SPREAD, p (of a true mean of 0), COUNTS (distinct images and clusters), resampled.

    Each interval is computed from the scores of its own key alone.
    """
    found = {key: unmoderated(scores, bounds) for key, scores in grouped_scores(rows, keys)}
    return summarised(rows, keys, found)


def over_arms(rows: pd.DataFrame, networks: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Return the table of `over_runs` by ARM_KEYS, with intervals whose variances are estimated from all arms."""
    found: dict[Key, Interval] = {}
    for (dataset, metric), spread in spreads(rows, networks):
        for arm in spread.grid.values:
            found[dataset, *arm, metric] = spread.mean(arm, SCORE_BOUNDS)
    return summarised(rows, ARM_KEYS, found)


def spreads(
    rows: pd.DataFrame, networks: Mapping[str, str] | None = None, datasets: Collection[str] = ()
) -> Iterator[tuple[tuple[str, str], Spread]]:
    """Yield the spread of every test dataset and metric, separately for networks trained on another dataset.

    networks: experiment → the experiment that trains its networks, if it does not train them itself. datasets: the
    datasets of the study; the test datasets of the rows are added.
    """
    known = {*datasets, *rows["test_dataset"]}
    elsewhere = rows["train_dataset"].isin(known) & (rows["train_dataset"] != rows["test_dataset"])
    for part in (rows[~elsewhere], rows[elsewhere]):
        made = dict(grids(part))
        bad = {place: collapsed_arms(grid) for (place, metric), grid in made.items() if metric == TELLS_COLLAPSE}
        for (dataset, metric), grid in made.items():
            collapsed = bad.get(dataset, set()) & set(grid.values)
            yield (dataset, metric), Spread.of(grid, collapsed=collapsed, networks=networks)


def summarised(rows: pd.DataFrame, keys: list[str], found: Mapping[Key, Interval]) -> pd.DataFrame:
    """Return the table of `over_runs` with the given intervals."""
    groups = per_run(rows).groupby(keys)
    table = groups["value"].agg(["mean", "std", "min", "max"]).rename(columns={"std": "sd"})
    ends = [(each.low, each.high, each.p, each.resampled) for each in found.values()]
    index = pd.MultiIndex.from_tuples(list(found), names=keys)
    held = pd.DataFrame(ends, columns=["low", "high", "p", "resampled"], index=index)
    images = rows.groupby(keys)[["image", "cluster"]].nunique().set_axis(COUNTS[1:3], axis=1)
    table = table.join(held).join(images).assign(runs=groups.size(), n=groups["images"].sum())
    return table[["mean", *SPREAD, "p", *COUNTS, "resampled"]].reset_index()


def grouped_scores(rows: pd.DataFrame, keys: list[str]) -> Iterator[tuple[Key, Scores]]:
    """Yield the key of every cell of a table and its scores as arrays of runs × images."""
    values, weights, times = (rows[name].to_numpy(dtype=float) for name in ("value", "weight", "time"))
    run, image = (rows.groupby(names, sort=True).ngroup().to_numpy() for names in (["fold", "seed"], ["image"]))
    fold, cluster = rows["fold"].to_numpy(), rows["cluster"].to_numpy()
    found = cast(Mapping[Key, np.ndarray], rows.groupby(keys).indices)
    for key, places in found.items():
        _, first_run, row = np.unique(run[places], return_index=True, return_inverse=True)
        _, first_image, column = np.unique(image[places], return_index=True, return_inverse=True)
        value, weight = np.full((2, len(first_run), len(first_image)), np.nan)
        value[row, column], weight[row, column] = values[places], weights[places]
        of_runs, of_images = places[first_run], places[first_image]
        yield key, Scores.of(value, np.nan_to_num(weight), fold[of_runs], cluster[of_images], times[of_images])
