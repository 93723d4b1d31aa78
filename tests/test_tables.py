"""Tables against a naive twin that loops over dictionaries, known answers, and everything that may be missing."""

import io
import itertools
import statistics

import numpy as np
import pandas as pd
import pytest

from unetlib import tables

DATASETS = ["nuclei", "cells"]
EXPERIMENTS = ["reference", "no-skip", "joint"]
HEADLINE = {"nuclei": "seg", "cells": "iou"}
ORDERS = {"datasets": DATASETS, "experiments": EXPERIMENTS}


def long(rows: list[tuple]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=tables.LONG)


def random_scores(seed: int, *, folds: int = 2, seeds: int = 2, images: int = 3, missing: float = 0.0) -> pd.DataFrame:
    """All experiments on all test sets; objects per image differ; a fraction of the scores is undefined."""
    rng = np.random.default_rng(seed)
    rows: list[tuple] = []
    runs = [(e, d) for e in EXPERIMENTS[:2] for d in DATASETS] + [("joint", "all")]
    for (experiment, trained), tested, fold, s in itertools.product(runs, DATASETS, range(folds), range(seeds)):
        for image in range(images):
            key = (experiment, trained, tested, fold, s, f"{fold:02d}_t{image:03d}")
            counts = np.random.default_rng(
                [fold, image, DATASETS.index(tested)]
            )  # the truth does not depend on the run
            for metric in ("iou", "dice", "seg", "map", "predicted_foreground", "iou_background"):
                rows.append((*key, metric, np.nan if rng.random() < missing else rng.random()))
            rows.append((*key, "objects", float(counts.integers(0, 5))))
            rows.append((*key, "pixels", float(counts.integers(100, 200))))
            rows.append((*key, "true_foreground", counts.random()))
    return long(rows)


def cells_of(scores: pd.DataFrame) -> dict[tuple, float]:
    return {row[:7]: row[7] for row in scores.itertuples(index=False, name=None)}


def naive_run(cells: dict[tuple, float], run: tuple, metric: str, only: set[str] | None = None) -> tuple | None:
    """One run's score and how many images have a say in it, from a plain dictionary."""
    by = {"seg": "objects", "predicted_foreground": "pixels", "true_foreground": "pixels"}.get(metric)
    total = weight = count = 0.0
    for image in sorted({key[5] for key in cells}):
        value = cells.get((*run, image, metric), np.nan)
        if np.isnan(value) or (only is not None and image not in only):
            continue
        w = 1.0 if by is None else cells[(*run, image, by)]
        total, weight, count = total + w * value, weight + w, count + (w > 0)
    return (total / weight, count) if weight else None


def runs_of(scores: pd.DataFrame, experiment: str, trained: str, tested: str) -> list[tuple]:
    rows = scores[tables.RUN].drop_duplicates().itertuples(index=False, name=None)
    return sorted(run for run in rows if run[:3] == (experiment, trained, tested))


@pytest.mark.parametrize(
    ("seed", "missing", "folds", "seeds", "images"),
    [(0, 0.0, 2, 2, 3), (1, 0.4, 3, 1, 2), (2, 0.2, 1, 2, 2), (3, 0, 1, 1, 1)],
)
def test_comparison_equals_the_naive_twin(seed: int, missing: float, folds: int, seeds: int, images: int) -> None:
    scores = random_scores(seed, folds=folds, seeds=seeds, images=images, missing=missing)
    table = tables.comparison(scores, headline=HEADLINE, **ORDERS)
    cells, seen = cells_of(scores), 0
    for experiment, tested, metric in itertools.product(EXPERIMENTS, DATASETS, ["iou", "dice", "seg", "map"]):
        trained = "all" if experiment == "joint" else tested
        found = [naive_run(cells, run, metric) for run in runs_of(scores, experiment, trained, tested)]
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
            assert got["headline"] == (HEADLINE[tested] == metric)
            sd = statistics.stdev(known) if len(known) > 1 else np.nan
            assert got["sd"] == pytest.approx(sd, nan_ok=True, abs=1e-12)
            seen += 1
    assert seen == (table["metric"] != "iou_background").sum()


@pytest.mark.parametrize(("seed", "missing"), [(0, 0.0), (1, 0.3)])
def test_ablation_equals_the_naive_twin(seed: int, missing: float) -> None:
    scores = random_scores(seed, missing=missing)
    table = tables.ablation(scores, reference="reference", headline=HEADLINE, **ORDERS)
    cells = cells_of(scores)
    for row in table[table["metric"].isin(["iou", "seg"])].to_dict("records"):
        expected = []
        for run in runs_of(scores, row["experiment"], row["train_dataset"], row["test_dataset"]):
            base = ("reference", row["test_dataset"], row["test_dataset"], *run[3:])
            known = [
                {
                    key[5]
                    for key, value in cells.items()
                    if key[:5] == one and key[6] == row["metric"] and value == value
                }
                for one in (run, base)
            ]
            both = known[0] & known[1]
            pair = [naive_run(cells, one, row["metric"], both) for one in (run, base)]
            if pair[0] is not None and pair[1] is not None:
                expected.append(pair[0][0] - pair[1][0])
        assert row["runs"] == len(expected)
        assert row["difference"] == pytest.approx(statistics.fmean(expected))
        assert row["variant"] - row["reference"] == pytest.approx(row["difference"])
        assert row["agree"] == sum(value * row["difference"] > 0 for value in expected)
        if len(expected) == 4:  # t(0.975, 3) = 3.182446
            assert row["high"] - row["difference"] == pytest.approx(3.182446 * row["sd"] / 2, rel=1e-6)


def test_transfer_equals_the_naive_twin() -> None:
    scores = random_scores(3)
    table = tables.transfer(scores, **ORDERS)
    assert list(table["experiment"].drop_duplicates()) == EXPERIMENTS
    assert len(table) == 2 * 4 + 2
    cells = cells_of(scores)
    for row in table.to_dict("records"):
        runs = runs_of(scores, row["experiment"], row["train_dataset"], row["test_dataset"])
        for metric in ("iou", "dice", "predicted_foreground", "true_foreground"):
            values = [found[0] for run in runs if (found := naive_run(cells, run, metric)) is not None]
            assert row[metric] == pytest.approx(statistics.fmean(values)), metric
        assert (row["runs"], row["images"], row["n"]) == (4, 6, 12)


def test_known_answers() -> None:
    """SEG is pooled over objects, IoU a mean over images; two runs make the spread."""
    rows = []
    for seed, (first, second) in enumerate([(1.0, 0.5), (0.8, 0.7)]):
        for image, value, objects in (("a", first, 1), ("b", second, 3)):
            run = ("reference", "cells", "cells", 0, seed, image)
            rows += [(*run, "seg", value), (*run, "iou", value), (*run, "objects", objects)]
    table = tables.comparison(long(rows), headline=HEADLINE, **ORDERS).set_index("metric")
    assert table.loc["iou", ["mean", "sd", "min", "max"]].tolist() == pytest.approx([0.75, 0.0, 0.75, 0.75])
    assert table.loc["seg", ["mean", "min", "max"]].tolist() == pytest.approx([0.675, 0.625, 0.725])
    assert table.loc["seg", "sd"] == pytest.approx(0.1 / 2**0.5)
    assert table.loc["seg", ["runs", "images", "n"]].tolist() == [2, 2, 4]


def test_pairing_ignores_images_and_runs_without_a_partner() -> None:
    def run(experiment: str, seed: int, **values: float) -> list[tuple]:
        return [(experiment, "cells", "cells", 0, seed, image, "iou", v) for image, v in values.items()]

    rows = run("reference", 0, a=0.5, b=0.9) + run("no-skip", 0, a=0.4, c=0.0) + run("no-skip", 7, a=0.0)
    (row,) = tables.ablation(long(rows), reference="reference", headline=HEADLINE, **ORDERS).to_dict("records")
    assert row["difference"] == pytest.approx(-0.1)
    assert (row["runs"], row["images"], row["n"]) == (1, 1, 1)
    assert np.isnan([row["sd"], row["low"], row["high"]]).all()


def test_baselines_stand_last_in_every_dataset() -> None:
    rows = [
        (name, tested, fold, "i", "iou", 0.1 * fold)
        for name in ("otsu", "all-foreground")
        for tested in DATASETS
        for fold in (1, 2)
    ]
    baselines = pd.DataFrame(rows, columns=["baseline", "test_dataset", "fold", "image", "metric", "value"])
    table = tables.comparison(random_scores(0), baselines, headline=HEADLINE, **ORDERS)
    table = table[table["metric"] == "iou"]
    assert list(table["test_dataset"].drop_duplicates()) == DATASETS
    for _, group in table.groupby("test_dataset"):
        assert list(group["experiment"]) == [*EXPERIMENTS, "all-foreground", "otsu"]
    otsu = table[table["experiment"] == "otsu"].iloc[0]
    assert (otsu["train_dataset"], otsu["runs"]) == (tables.NO_TRAINING, 2)
    assert otsu["mean"] == pytest.approx(0.15)


def test_the_background_takes_its_name() -> None:
    table = tables.comparison(random_scores(0), headline=HEADLINE, background={"cells": "membrane"}, **ORDERS)
    assert set(table.loc[table["test_dataset"] == "cells", "metric"]) >= {"iou_membrane"}
    assert "iou_background" not in set(table.loc[table["test_dataset"] == "cells", "metric"])
    assert "iou_background" in set(table.loc[table["test_dataset"] == "nuclei", "metric"])


def test_order_of_rows_does_not_matter_to_a_byte() -> None:
    scores = random_scores(5, missing=0.1)
    shuffled = scores.sample(frac=1, random_state=1)
    for make in (
        lambda s: tables.comparison(s, headline=HEADLINE, **ORDERS),
        lambda s: tables.ablation(s, reference="reference", headline=HEADLINE, **ORDERS),
        lambda s: tables.differences(s, reference="reference", **ORDERS),
        lambda s: tables.transfer(s, **ORDERS),
    ):
        assert tables.to_csv(make(scores)) == tables.to_csv(make(shuffled))


@pytest.mark.parametrize("scores", [long([]), random_scores(0).query("experiment != 'reference'")])
def test_without_a_reference_there_is_no_ablation(scores: pd.DataFrame) -> None:
    table = tables.ablation(scores, reference="reference", headline=HEADLINE, **ORDERS)
    full = tables.ablation(random_scores(0), reference="reference", headline=HEADLINE, **ORDERS)
    assert table.empty
    assert list(table.columns) == list(full.columns)


def test_nothing_scored_gives_empty_tables() -> None:
    assert tables.comparison(long([]), headline=HEADLINE, **ORDERS).empty
    assert tables.transfer(long([]), **ORDERS).empty
    assert tables.costs([], **ORDERS).empty


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda s: s.drop(columns="fold"), "no column fold"),
        (lambda s: pd.concat([s, s.iloc[:1]]), "stands twice"),
        (lambda s: s[s["metric"] != "objects"], "seg without objects"),
    ],
)
def test_a_broken_long_table_is_named(spoil: object, message: str) -> None:
    with pytest.raises(tables.TableError, match=message):
        tables.comparison(spoil(random_scores(0)), headline=HEADLINE, **ORDERS)  # type: ignore[operator]


def test_costs_sum_seconds_and_keep_the_largest_memory() -> None:
    fact = {"experiment": "no-skip", "train_dataset": "cells", "parameters": 10, "updates": 5, "train_seconds": 1.5}
    facts = [
        fact | {"fold": 0, "seed": 1, "peak_memory_bytes": 2**20},
        fact | {"fold": 0, "seed": 0, "peak_memory_bytes": 3 * 2**20, "device": "cpu"},
        fact | {"experiment": "reference", "fold": 1, "seed": 0},
    ]
    table = tables.costs(facts, **ORDERS)
    assert list(table["experiment"]) == ["reference", "no-skip", "no-skip", "total"]
    assert list(table["seed"][:3]) == [0, 0, 1]
    total = table.iloc[-1]
    assert (total["train_seconds"], total["updates"], total["peak_memory_mib"]) == (4.5, 15, 3.0)
    assert tables.to_csv(table).splitlines()[-1] == "total,,,,10,15,,4.500000,3.000000,,"


def test_csv_is_fixed() -> None:
    table = pd.DataFrame({"name": ["a", "b"], "value": [-1e-12, 1 / 3], "n": [1, 2], "none": [np.nan, 2.0]})
    assert tables.to_csv(table) == "name,value,n,none\na,0.000000,1,\nb,0.333333,2,2.000000\n"


def test_names_stay_text_on_reading() -> None:
    header = ",".join(tables.LONG)
    table = tables.read_long(io.StringIO(f"{header}\nnone,NA,007,0,1,001,iou,\nnone,NA,007,0,1,002,iou,nan\n"))
    assert table.iloc[0, :3].tolist() == ["none", "NA", "007"]
    assert list(table["image"]) == ["001", "002"]
    assert table["value"].isna().all()
