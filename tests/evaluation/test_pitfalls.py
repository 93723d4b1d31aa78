"""What a mistake seems to be worth: pairs of image and seed over all folds, pooled as in the other tables."""

import numpy as np
import pandas as pd
import pytest

from unetlib.evaluation import pitfalls, tables
from unetlib.evaluation.settings import PitfallSettings
from unetlib.networks.run_record import RunFacts

PAIRS = {
    "leakage": PitfallSettings(control="reference", flawed="random-split"),
    "gap": PitfallSettings(control="reference", flawed="touching-merged"),
}
KNOWN = {
    "datasets": ["a", "b"],
    "experiments": ["reference", "random-split"],
    "primary_metrics": {"a": "iou", "b": "seg"},
}
FOLDS = {"reference": {0: "pq", 1: "rs"}, "random-split": {0: "pr", 1: "qs"}}  # the same images in other folds


def long(metric, value, dataset="a", seeds=(0, 1), folds=FOLDS):
    """value: a function of (experiment, image, seed)."""
    return [
        {"experiment": e, "train_dataset": dataset, "test_dataset": dataset, "fold": fold, "seed": seed, "image": image}
        | {"metric": metric, "value": value(e, image, seed)}
        for e, by_fold in folds.items()
        for fold, images in by_fold.items()
        for image in images
        for seed in seeds
    ]


def measured(rows, facts=(), **changes):
    return pitfalls.pitfalls(pd.DataFrame(rows), [RunFacts(**row) for row in facts], PAIRS, **(KNOWN | changes))


def test_images_are_paired_over_folds_by_seed():
    random = np.random.default_rng(0)
    values = {(e, i, s): random.random() for e in FOLDS for i in "pqrs" for s in (0, 1)}
    (row,) = measured(long("iou", lambda *key: values[key])).to_dict("records")
    control, flawed = ([values[e, i, s] for i in "pqrs" for s in (0, 1)] for e in ("reference", "random-split"))
    assert (row["pitfall"], row["dataset"], row["metric"], row["primary"]) == ("leakage", "a", "iou", True)
    assert row["control"] == pytest.approx(np.mean(control)) and row["flawed"] == pytest.approx(np.mean(flawed))
    assert row["difference_points"] == pytest.approx(100 * (np.mean(flawed) - np.mean(control)))
    assert (row["images"], row["runs"], row["n"]) == (4, 4, 8) and row["resampled"] == "seeds × images"
    assert row["low"] < row["difference_points"] < row["high"]


def test_only_images_that_both_were_tested_on_count():
    rows = long("iou", lambda e, i, s: {"p": 0.5, "x": 0.0, "y": 1.0}[i] + (e == "random-split") / 4, folds={
        "reference": {0: "px"}, "random-split": {1: "yp"}
    })  # fmt: skip
    (row,) = measured(rows).to_dict("records")
    assert (row["control"], row["flawed"], row["difference_points"]) == (0.5, 0.75, 25.0)
    assert (row["images"], row["n"]) == (1, 2) and row["low"] == row["high"] == 25.0


def test_an_undefined_value_leaves_out_its_pair_alone():
    rows = long("iou", lambda e, i, s: np.nan if (e, i, s) == ("random-split", "p", 1) else 0.5)
    assert measured(rows)["n"].tolist() == [7]


def test_seg_is_pooled_over_objects():
    objects = dict(zip("pqrs", (1, 2, 3, 10), strict=True))
    seg = {
        "reference": dict(zip("pqrs", (0.9, 0.5, 0.2, 0.1), strict=True)),
        "random-split": dict.fromkeys("pqrs", 0.4),
    }
    rows = long("seg", lambda e, i, s: seg[e][i], "b") + long("objects", lambda e, i, s: objects[i], "b")
    (row,) = measured(rows).to_dict("records")
    assert row["control"] == pytest.approx(((0.9 + 1.0) / 3 + (0.6 + 1.0) / 13) / 2), "objects within a run, then runs"
    assert row["flawed"] == pytest.approx(0.4) and row["primary"]


def test_networks_tested_elsewhere_do_not_count():
    rows = long("iou", lambda *_: 0.5)
    foreign = [row | {"test_dataset": "b", "value": 0.0} for row in rows]
    pd.testing.assert_frame_equal(measured(rows + foreign), measured(rows))


def test_a_pitfall_whose_experiments_are_not_in_the_study_is_left_out():
    rows = long("iou", lambda *_: 0.5)
    assert measured(rows)["pitfall"].tolist() == ["leakage"]
    empty = measured(rows, experiments=["reference"])
    assert empty.empty and list(empty.columns) == pitfalls.COLUMNS
    assert tables.to_csv(empty) == ",".join(pitfalls.COLUMNS) + "\n" and pitfalls.pitfalls_shown(empty).empty


def test_the_number_of_training_frames_stands_beside_it():
    facts = [
        {
            "experiment": e,
            "train_dataset": "a",
            "fold": 0,
            "seed": 0,
            "roles": {"a": {"train": ["f"] * n}, "b": {"train": []}},
        }
        for e, n in (("reference", 3), ("reference", 6), ("random-split", 7))
    ]
    facts.append({"experiment": "reference", "train_dataset": "all", "roles": {"a": {"train": []}}})
    (row,) = measured(long("iou", lambda *_: 0.5), facts).to_dict("records")
    assert (row["control_train_frames"], row["flawed_train_frames"]) == (4.5, 7.0)


def test_it_is_the_same_whatever_the_order_of_the_rows():
    rows = long("iou", lambda e, i, s: ord(i) / 200 + s / 7 + (e == "random-split") / 30)
    pd.testing.assert_frame_equal(measured(rows), measured(rows[::-1]))


def test_a_person_reads_points_of_the_primary_metric():
    rows = long("iou", lambda e, i, s: 0.7 - 0.1 * (e == "random-split")) + long("dice", lambda *_: 0.8)
    shown = pitfalls.pitfalls_shown(measured(rows))
    assert shown["metric"].tolist() == ["IoU"]
    assert shown[pitfalls.TITLES["difference_points"]].tolist() == ["−10.0 [−10.0, −10.0]"] and shown[
        "control: training frames"
    ].tolist() == ["–"]


def test_the_best_validation_stands_against_every_control_test_image():
    pairs = {"best": PitfallSettings(control="reference", flawed="random-split", reported="validation")}
    best = {(0, 0): 0.9, (0, 1): 0.8, (1, 0): 0.7, (1, 1): 0.6}
    facts = [
        {"experiment": e, "train_dataset": "a", "fold": fold, "seed": seed, "roles": {"a": {"train": ["f"]}}}
        | {"best_validation_dice": best[fold, seed] if e == "random-split" else 0.0}
        for e in FOLDS
        for fold in (0, 1)
        for seed in (0, 1)
    ]
    rows = long("dice", lambda e, i, s: 0.5 + "pqrs".index(i) / 100) + long("iou", lambda *_: 0.1)
    rows = [row for row in rows if row["experiment"] == "reference" or row["fold"] == 0]
    (row,) = pitfalls.pitfalls(pd.DataFrame(rows), [RunFacts(**row) for row in facts], pairs, **KNOWN).to_dict(
        "records"
    )
    assert (row["metric"], row["primary"], row["runs"], row["images"]) == ("dice", True, 4, 4)
    assert row["control"] == pytest.approx(0.515) and row["flawed"] == pytest.approx(0.75)
    assert row["difference_points"] == pytest.approx(23.5) and row["low"] < 23.5 < row["high"]
