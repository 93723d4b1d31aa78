"""Pooled scores against masks that are joined end to end and scored as one image."""

import itertools
import statistics

import numpy as np
import pandas as pd
import pytest
from builders.scores import DATASETS, ORDERS, PRIMARY, long_table, random_scores, runs_of

from unetlib.evaluation import tables
from unetlib.evaluation.aggregation import over_arms
from unetlib.evaluation.image_metrics import pixel_scores
from unetlib.evaluation.pooled_metrics import POOLED


def masks_scored(seed: int) -> tuple[pd.DataFrame, dict[tuple, tuple[np.ndarray, np.ndarray]]]:
    """The rows that a scored study has of random masks of several sizes, and the masks by run and image."""
    rng = np.random.default_rng(seed)
    rows: list[tuple] = []
    masks = {}
    for fold, network in itertools.product(range(2), range(2)):
        for image in range(4):
            shape = np.random.default_rng([seed, fold, image]).integers(3, 20, 2)
            truth = np.random.default_rng([seed, image]).random(shape) < 0.3
            found = rng.random(shape) < (0 if image == 3 else 0.4)
            truth &= image != 3  # nothing there and nothing found: counts in no pooled overlap
            key = ("reference", "cells", "cells", fold, network, f"{fold}-{image}")
            masks[key] = (truth, found)
            rows += [(*key, name, value) for name, value in pixel_scores(truth, found).items()]
    return long_table(rows), masks


@pytest.mark.parametrize("seed", range(5))
def test_pooled_scores_are_of_all_pixels_together(seed: int) -> None:
    """The naive twin joins the masks of a run's images end to end and scores them as one image."""
    scores, masks = masks_scored(seed)
    table = tables.comparison(scores, primary_metrics=PRIMARY, **ORDERS).set_index("metric")
    wanted: dict[str, list[float]] = {metric: [] for metric in POOLED}
    for run in runs_of(scores, "reference", "cells", "cells"):
        own = [pair for key, pair in masks.items() if key[:5] == run]
        one = pixel_scores(*(np.concatenate([mask.ravel() for mask in side]) for side in zip(*own, strict=True)))
        for metric, source in POOLED.items():
            wanted[metric].append(one[source])
    for metric, values in wanted.items():
        row = table.loc[metric]
        assert row[["mean", "min", "max"]].tolist() == pytest.approx(
            [statistics.fmean(values), min(values), max(values)]
        )
        assert row["low"] < row["mean"] < row["high"] and row["resampled"] == "seeds × images"
        assert row["images"] == (6 if metric != "pixel_accuracy_pooled" else 8)
    assert table.loc["iou_pooled", "mean"] != pytest.approx(table.loc["iou", "mean"], abs=1e-3)


def test_pooled_scores_need_no_column_that_a_table_may_lack() -> None:
    scores, _ = masks_scored(0)
    lacking = scores[scores["metric"] != "predicted_foreground"]
    found = set(tables.comparison(lacking, primary_metrics=PRIMARY, **ORDERS)["metric"])
    assert found & set(POOLED) == {"pixel_accuracy_pooled"}


def test_pooled_scores_change_no_other_row_and_are_in_no_paired_table() -> None:
    scores = random_scores(2)
    known = tables.comparison(scores, primary_metrics=PRIMARY, **ORDERS)
    assert set(known["metric"]) >= {"iou_pooled", "dice_pooled"}
    assert not set(tables.with_weights(scores, None)["metric"]) & set(POOLED)
    rows = tables.with_weights(tables.on_training_dataset(scores, DATASETS), None)
    keys = ["test_dataset", "experiment", "train_dataset", "metric"]
    plain = over_arms(rows)
    kept, plain = known[~known["metric"].isin([*POOLED])].drop(columns="primary"), plain.drop(columns="p")
    kept, plain = (made.sort_values(keys, ignore_index=True) for made in (kept, plain))
    pd.testing.assert_frame_equal(kept, plain)
