"""The long table of a study, with one row per score of an image: its columns, its rows, and the mean over images."""

import math
from collections.abc import Iterable, Mapping, Sequence

RUN_COLUMNS = ("experiment", "train_dataset", "test_dataset", "fold", "seed")
SCORE_COLUMNS = (*RUN_COLUMNS, "image", "metric", "value")
BASELINE_COLUMNS = ("baseline", "test_dataset", "fold", "image", "metric", "value")  # of the trivial predictors' table
# metric → the row of the table that weights its mean over images; all other means are unweighted
POOLED_BY = {"seg": "objects", "seg_ctc": "objects_ctc", "det": "markers"}


def long_rows(columns: Sequence[str], place: Sequence[object], scores: Mapping[str, float]) -> list[dict[str, object]]:
    """Return one row of a long table per score: `place` fills all columns but the last two, metric and value."""
    return [dict(zip(columns, (*place, *item), strict=True)) for item in scores.items()]


def mean_score(metric: str, rows: Iterable[Mapping[str, str]]) -> float:
    """Return a metric's mean over the images of one run's rows, pooled as in `tables.per_run` (SEG over objects).

    NaN values are left out; the mean is NaN if no value remains.
    """
    values: dict[str, float] = {}
    weights: dict[str, float] = {}
    for row in rows:
        if row["metric"] == metric:
            values[row["image"]] = float(row["value"])
        elif row["metric"] == POOLED_BY.get(metric):
            weights[row["image"]] = float(row["value"])
    known = {image: value for image, value in values.items() if not math.isnan(value)}
    weight = {image: weights[image] if metric in POOLED_BY else 1.0 for image in known}
    total = sum(weight.values())
    return sum(value * weight[image] for image, value in known.items()) / total if total else math.nan
