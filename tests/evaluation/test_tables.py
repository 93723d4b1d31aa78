"""Tables against a naive twin that loops over dictionaries, known answers, and everything that may be missing."""

import io
import itertools
import statistics
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders.scores import (
    DATASETS,
    EXPERIMENTS,
    ORDERS,
    PRIMARY,
    long_table,
    naive_run_score,
    random_scores,
    runs_of,
    values_by_key,
)

from unetlib.evaluation import tables
from unetlib.evaluation.mean_scores import Scores, interval
from unetlib.evaluation.pooled_metrics import POOLED


@pytest.mark.parametrize(
    ("seed", "missing", "folds", "seeds", "images"),
    [(0, 0.0, 2, 2, 3), (1, 0.4, 3, 1, 2), (2, 0.2, 1, 2, 2), (3, 0, 1, 1, 1)],
)
def test_comparison_equals_the_naive_twin(seed: int, missing: float, folds: int, seeds: int, images: int) -> None:
    scores = random_scores(seed, folds=folds, seeds=seeds, images=images, missing=missing)
    table = tables.comparison(scores, primary_metrics=PRIMARY, **ORDERS)
    cells, seen = values_by_key(scores), 0
    for experiment, tested, metric in itertools.product(EXPERIMENTS, DATASETS, ["iou", "dice", "seg", "map"]):
        trained = "all" if experiment == "joint" else tested
        found = [naive_run_score(cells, run, metric) for run in runs_of(scores, experiment, trained, tested)]
        known = [pair[0] for pair in found if pair is not None]
        keys = {"experiment": experiment, "train_dataset": trained, "test_dataset": tested, "metric": metric}
        row = table[(table[list(keys)] == pd.Series(keys)).all(axis=1)]
        assert len(row) == bool(known)
        if known:
            got = row.iloc[0]
            assert got[["mean", "min", "max"]].tolist() == pytest.approx(
                [statistics.fmean(known), min(known), max(known)]
            )
            assert got["runs"] == len(known)
            assert got["n"] == sum(pair[1] for pair in found if pair is not None)
            assert got["primary"] == (PRIMARY[tested] == metric)
            sd = statistics.stdev(known) if len(known) > 1 else np.nan
            assert got["sd"] == pytest.approx(sd, nan_ok=True, abs=1e-12)
            seen += 1
    assert seen == (~table["metric"].isin(["iou_background", *POOLED])).sum()


def test_transfer_equals_the_naive_twin() -> None:
    scores = random_scores(3)
    table = tables.transfer(scores, **ORDERS)
    assert list(table["experiment"].drop_duplicates()) == EXPERIMENTS
    assert len(table) == 2 * 4 + 2
    cells = values_by_key(scores)
    for row in table.to_dict("records"):
        runs = runs_of(scores, row["experiment"], row["train_dataset"], row["test_dataset"])
        for metric in ("iou", "dice", "predicted_foreground", "true_foreground"):
            values = [found[0] for run in runs if (found := naive_run_score(cells, run, metric)) is not None]
            assert row[metric] == pytest.approx(statistics.fmean(values)), metric
        assert (row["runs"], row["images"], row["n"]) == (4, 6, 12)


def test_known_answers() -> None:
    """SEG is pooled over objects, IoU a mean over images; two runs make the spread."""
    rows = []
    for seed, (first, second) in enumerate([(1.0, 0.5), (0.8, 0.7)]):
        for image, value, objects in (("a", first, 1), ("b", second, 3)):
            run = ("reference", "cells", "cells", 0, seed, image)
            rows += [(*run, "seg", value), (*run, "iou", value), (*run, "objects", objects)]
    table = tables.comparison(long_table(rows), primary_metrics=PRIMARY, **ORDERS).set_index("metric")
    assert table.loc["iou", ["mean", "sd", "min", "max"]].tolist() == pytest.approx([0.75, 0.0, 0.75, 0.75])
    assert table.loc["seg", ["mean", "min", "max"]].tolist() == pytest.approx([0.675, 0.625, 0.725])
    assert table.loc["seg", "sd"] == pytest.approx(0.1 / 2**0.5)
    assert table.loc["seg", ["runs", "images", "n"]].tolist() == [2, 2, 4]


def test_baselines_stand_last_in_every_dataset() -> None:
    rows = [
        (name, tested, fold, "i", "iou", 0.1 * fold)
        for name in ("otsu", "all-foreground")
        for tested in DATASETS
        for fold in (1, 2)
    ]
    baselines = pd.DataFrame(rows, columns=["baseline", "test_dataset", "fold", "image", "metric", "value"])
    table = tables.comparison(random_scores(0), baselines, primary_metrics=PRIMARY, **ORDERS)
    table = table[table["metric"] == "iou"]
    assert list(table["test_dataset"].drop_duplicates()) == DATASETS
    for _, group in table.groupby("test_dataset"):
        assert list(group["experiment"]) == [*EXPERIMENTS, "all-foreground", "otsu"]
    otsu = table[table["experiment"] == "otsu"].iloc[0]
    assert (otsu["train_dataset"], otsu["runs"]) == (tables.NO_TRAINING, 2)
    assert otsu["mean"] == pytest.approx(0.15)


def test_the_background_takes_its_name() -> None:
    table = tables.comparison(random_scores(0), primary_metrics=PRIMARY, background={"cells": "membrane"}, **ORDERS)
    assert set(table.loc[table["test_dataset"] == "cells", "metric"]) >= {"iou_membrane"}
    assert "iou_background" not in set(table.loc[table["test_dataset"] == "cells", "metric"])
    assert "iou_background" in set(table.loc[table["test_dataset"] == "nuclei", "metric"])


def test_order_of_rows_does_not_matter_to_a_byte() -> None:
    scores = random_scores(5, missing=0.1)
    shuffled = scores.sample(frac=1, random_state=1)
    for make in (
        lambda s: tables.comparison(s, primary_metrics=PRIMARY, **ORDERS),
        lambda s: tables.transfer(s, **ORDERS),
    ):
        assert tables.to_csv(make(scores)) == tables.to_csv(make(shuffled))


def test_nothing_scored_gives_empty_tables() -> None:
    assert tables.comparison(long_table([]), primary_metrics=PRIMARY, **ORDERS).empty
    assert tables.transfer(long_table([]), **ORDERS).empty


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda s: s.drop(columns="fold"), "no column fold"),
        (lambda s: pd.concat([s, s.iloc[:1]]), "appears twice"),
        (lambda s: s[s["metric"] != "objects"], "seg without objects"),
    ],
)
def test_a_broken_long_table_is_named(spoil: object, message: str) -> None:
    with pytest.raises(tables.TableError, match=message):
        tables.comparison(spoil(random_scores(0)), primary_metrics=PRIMARY, **ORDERS)  # type: ignore[operator]


def test_csv_is_fixed() -> None:
    table = pd.DataFrame({"name": ["a", "b"], "value": [-1e-12, 1 / 3], "n": [1, 2], "none": [np.nan, 2.0]})
    assert tables.to_csv(table) == "name,value,n,none\na,0.000000,1,\nb,0.333333,2,2.000000\n"


def test_names_stay_text_on_reading() -> None:
    header = ",".join(tables.LONG)
    table = tables.read_long(io.StringIO(f"{header}\nnone,NA,007,0,1,001,iou,\nnone,NA,007,0,1,002,iou,nan\n"))
    assert table.iloc[0, :3].tolist() == ["none", "NA", "007"]
    assert list(table["image"]) == ["001", "002"]
    assert table["value"].isna().all()


def test_clusters_are_sequences_or_else_groups(tmp_path: Path) -> None:
    for name, row in (("cells", "t1,01,g"), ("nuclei", "t1,,g7")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "frames.csv").write_text(f"frame,sequence,group,time\n{row},4\n")
    table = tables.read_clusters([tmp_path / name / "frames.csv" for name in DATASETS])
    assert table[["test_dataset", "image", "cluster"]].to_numpy().tolist() == [
        ["nuclei", "t1", "g7"],
        ["cells", "t1", "01"],
    ]
    assert table["time"].isna().tolist() == [True, False] and table["time"].iloc[1] == 4  # of a film alone


def clusters_of(scores: pd.DataFrame, images: int) -> pd.DataFrame:
    """Two images to a cluster."""
    known = scores[["test_dataset", "image"]].drop_duplicates()
    return known.assign(cluster=[f"c{place % images // 2}-{name[:2]}" for place, name in enumerate(known["image"])])


def test_the_interval_is_that_of_the_cells_scores() -> None:
    scores = random_scores(6, folds=2, seeds=3, images=6, missing=0.1).query("experiment != 'joint'")
    known = clusters_of(scores, 6)
    table = tables.comparison(scores, primary_metrics=PRIMARY, clusters=known, **ORDERS)
    cluster = {(row.test_dataset, row.image): row.cluster for row in known.itertuples()}
    values = values_by_key(scores)
    for metric in ("iou", "seg"):
        runs = runs_of(scores, "no-skip", "cells", "cells")
        images = sorted({key[5] for key in values})
        grid = np.array([[values.get((*run, image, metric), np.nan) for image in images] for run in runs])
        by = np.array([[values.get((*run, image, "objects"), 0.0) for image in images] for run in runs])
        made = Scores.of(
            grid,
            by if metric == "seg" else np.ones_like(grid),
            [run[3] for run in runs],
            [cluster["cells", image] for image in images],
        )
        expected = interval(made, (0.0, 1.0))  # two arms are too few to tell of each other
        keys = {"experiment": "no-skip", "test_dataset": "cells", "metric": metric}
        (row,) = table[(table[list(keys)] == pd.Series(keys)).all(axis=1)].to_dict("records")
        assert (row["low"], row["high"]) == pytest.approx((expected.low, expected.high))
        assert row["resampled"] == expected.resampled == "seeds × clusters"
        assert row["clusters"] == 6
        assert row["low"] < row["mean"] < row["high"]


def test_an_image_without_a_cluster_is_named() -> None:
    scores = random_scores(0)
    known = clusters_of(scores, 4).query("not (test_dataset == 'cells' and image == '01_t002')")
    with pytest.raises(tables.TableError, match=r"cells: scored image 01_t002 is not in its frames\.csv"):
        tables.comparison(scores, primary_metrics=PRIMARY, clusters=known, **ORDERS)


def test_another_dataset_changes_no_interval() -> None:
    scores = random_scores(8)
    alone = tables.comparison(scores[scores["test_dataset"] == "cells"], primary_metrics=PRIMARY, **ORDERS)
    both = tables.comparison(scores, primary_metrics=PRIMARY, **ORDERS)
    kept = both[both["test_dataset"] == "cells"].reset_index(drop=True)
    pd.testing.assert_frame_equal(kept, alone)
