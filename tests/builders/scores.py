"""Random scores in the long table's form, and the naive way to average those of one run."""

import itertools

import numpy as np
import pandas as pd

from unetlib.evaluation import tables

DATASETS = ["nuclei", "cells"]
EXPERIMENTS = ["reference", "no-skip", "joint"]
PRIMARY = {"nuclei": "seg", "cells": "iou"}
ORDERS = {"datasets": DATASETS, "experiments": EXPERIMENTS}


def long_table(rows: list[tuple]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=tables.LONG)


def random_scores(seed: int, *, folds: int = 2, seeds: int = 2, images: int = 3, missing: float = 0.0) -> pd.DataFrame:
    """All experiments on all test sets; objects per image differ; a fraction of the scores is undefined."""
    rng = np.random.default_rng(seed)
    rows: list[tuple] = []
    runs = [(e, d) for e in EXPERIMENTS[:2] for d in DATASETS] + [("joint", "all")]
    for (experiment, trained), tested, fold, s in itertools.product(runs, DATASETS, range(folds), range(seeds)):
        for image in range(images):
            key = (experiment, trained, tested, fold, s, f"{fold:02d}_t{image:03d}")
            truth = np.random.default_rng([fold, image, DATASETS.index(tested)])  # the same for every run
            for metric in ("iou", "dice", "seg", "map", "predicted_foreground", "iou_background"):
                rows.append((*key, metric, np.nan if rng.random() < missing else rng.random()))
            rows.append((*key, "objects", float(truth.integers(0, 5))))
            rows.append((*key, "pixels", float(truth.integers(100, 200))))
            rows.append((*key, "true_foreground", truth.random()))
    return long_table(rows)


def values_by_key(scores: pd.DataFrame) -> dict[tuple, float]:
    """The scores by run, image and metric."""
    return {row[:7]: row[7] for row in scores.itertuples(index=False, name=None)}


def naive_run_score(values: dict[tuple, float], run: tuple, metric: str, only: set[str] | None = None) -> tuple | None:
    """The score of one run and the number of images that count in it, from a plain dictionary."""
    by = {"seg": "objects", "predicted_foreground": "pixels", "true_foreground": "pixels"}.get(metric)
    total = weight = count = 0.0
    for image in sorted({key[5] for key in values}):
        value = values.get((*run, image, metric), np.nan)
        if np.isnan(value) or (only is not None and image not in only):
            continue
        w = 1.0 if by is None else values[(*run, image, by)]
        total, weight, count = total + w * value, weight + w, count + (w > 0)
    return (total / weight, count) if weight else None


def runs_of(scores: pd.DataFrame, experiment: str, trained: str, tested: str) -> list[tuple]:
    """The keys of the runs of an experiment that were trained and tested on these datasets."""
    rows = scores[tables.RUN].drop_duplicates().itertuples(index=False, name=None)
    return sorted(run for run in rows if run[:3] == (experiment, trained, tested))
