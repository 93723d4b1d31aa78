"""What a change is worth: differences and tests against naive twins, Holm's family, and what may be missing."""

import statistics

import numpy as np
import pandas as pd
import pytest
from builders.scores import ORDERS, PRIMARY, long_table, naive_run_score, random_scores, runs_of, values_by_key

from unetlib.evaluation import ablation as ablations
from unetlib.evaluation import significance, tables
from unetlib.evaluation.decision import ALPHA
from unetlib.evaluation.mean_scores import Scores, interval


def ablation(scores: pd.DataFrame, **more: object) -> pd.DataFrame:
    orders = {name: more.pop(name, ORDERS[name]) for name in ORDERS}
    arms = ablations.Arms(**orders, reference="reference")  # type: ignore[arg-type]
    return ablations.ablation(scores, arms, **({"primary_metrics": PRIMARY} | more))  # type: ignore[arg-type]


def effect(experiment: str, values: np.ndarray, metric: str = "iou") -> pd.DataFrame:
    """Scores of cells: a reference of 0.5 and an experiment better by values (seeds, images)."""
    rows = [
        (name, "cells", "cells", 0, seed, f"t{image:02d}", metric, 0.5 + (name == experiment) * value)
        for name in ("reference", experiment)
        for (seed, image), value in np.ndenumerate(values)
    ]
    return long_table(rows)


@pytest.mark.parametrize(("seed", "missing"), [(0, 0.0), (1, 0.3)])
def test_ablation_equals_the_naive_twin(seed: int, missing: float) -> None:
    scores = random_scores(seed, missing=missing)
    table = ablation(scores)
    cells = values_by_key(scores)
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
            pair = [naive_run_score(cells, one, row["metric"], both) for one in (run, base)]
            if pair[0] is not None and pair[1] is not None:
                expected.append(pair[0][0] - pair[1][0])
        assert row["runs"] == len(expected)
        assert row["difference"] == pytest.approx(statistics.fmean(expected))
        assert row["variant"] - row["reference"] == pytest.approx(row["difference"])
        assert row["agree"] == sum(value * row["difference"] > 0 for value in expected)
        assert row["low"] <= row["difference"] <= row["high"]


def test_pairing_ignores_images_and_runs_without_a_partner() -> None:
    def run(experiment: str, seed: int, **values: float) -> list[tuple]:
        return [(experiment, "cells", "cells", 0, seed, image, "iou", v) for image, v in values.items()]

    rows = run("reference", 0, a=0.5, b=0.9) + run("no-skip", 0, a=0.4, c=0.0) + run("no-skip", 7, a=0.0)
    (row,) = ablation(long_table(rows)).to_dict("records")
    assert row["difference"] == pytest.approx(-0.1)
    assert (row["runs"], row["images"], row["n"]) == (1, 1, 1)
    assert np.isnan([row["sd"], row["low"], row["high"]]).all()


@pytest.mark.parametrize("scores", [long_table([]), random_scores(0).query("experiment != 'reference'")])
def test_without_a_reference_there_is_no_ablation(scores: pd.DataFrame) -> None:
    table = ablation(scores)
    full = ablation(random_scores(0))
    assert table.empty
    assert list(table.columns) == list(full.columns)


def test_order_of_rows_does_not_matter_to_a_byte() -> None:
    scores = random_scores(5, missing=0.1)
    shuffled = scores.sample(frac=1, random_state=1)
    for make in (ablation, lambda s: ablations.differences(s, reference="reference", **ORDERS)):
        assert tables.to_csv(make(scores)) == tables.to_csv(make(shuffled))


def test_interval_p_and_effect_are_those_of_the_differences() -> None:
    values = np.random.default_rng(0).normal(0.02, 0.03, (3, 7))
    (row,) = ablation(effect("no-skip", values)).to_dict("records")
    scores = Scores.of(values, np.ones((3, 7)), [0, 0, 0], [""] * 7)
    held = interval(scores, ablations.BOUNDS)  # the reference never varies
    images = values.mean(0)
    flips = significance.sign_flip(images / 7, "")
    assert (row["low"], row["high"]) == pytest.approx((held.low, held.high))
    assert (row["low90"], row["high90"]) == pytest.approx(held.at(0.9))
    assert row["p"] == row["p_holm"] == pytest.approx(held.p)
    assert row["p_equivalent"] == pytest.approx(max(held.p_within(ablations.MARGIN)))
    assert row["p_flips"] == flips != pytest.approx(held.p)
    assert row["effect"] == pytest.approx(significance.rank_biserial(images))
    assert (row["resampled"], row["flipped"]) == ("seeds × images", "images")


def test_several_clusters_are_flipped_whole() -> None:
    values = np.random.default_rng(1).normal(0.02, 0.03, (1, 12))
    names = [f"t{image:02d}" for image in range(12)]
    for count, flipped in ((5, "images"), (6, "clusters")):
        cluster = [f"c{min(image // 2, count - 1)}" for image in range(12)]
        known = pd.DataFrame({"test_dataset": "cells", "image": names, "cluster": cluster})
        (row,) = ablation(effect("no-skip", values), clusters=known).to_dict("records")
        assert (row["flipped"], row["clusters"], row["resampled"]) == (flipped, count, "clusters")
    pairs = values.reshape(6, 2).mean(1)
    assert row["effect"] == pytest.approx(significance.rank_biserial(pairs))
    assert row["p_flips"] == significance.sign_flip(pairs / 6, "") > 0


def test_the_family_is_the_primary_metrics_of_trained_networks() -> None:
    rng = np.random.default_rng(2)
    known = {
        name: rng.normal(shift, 0.01, (3, 12)) for name, shift in (("no-skip", 0.1), ("joint", 0.0), ("otsu", 0.2))
    }
    parts = [effect(name, values) for name, values in known.items()]
    parts += [effect("no-skip", known["no-skip"], metric="dice")]
    scores = pd.concat([parts[0], *(part[part["experiment"] != "reference"] for part in parts[1:3]), parts[3]])
    scores.loc[scores["experiment"] == "otsu", "train_dataset"] = tables.NO_TRAINING
    table = ablation(scores).set_index(["experiment", "metric"])
    family = table["p_holm"].dropna()
    assert set(family.index) == {("no-skip", "iou"), ("joint", "iou")}
    assert family["no-skip", "iou"] == pytest.approx(2 * table.loc[("no-skip", "iou"), "p"])
    assert table["clear"].to_dict() == {key: key == ("no-skip", "iou") for key in table.index}


@pytest.mark.parametrize(("seeds", "clear"), [(1, False), (3, True)])
def test_nothing_is_clear_that_was_trained_once(seeds: int, clear: bool) -> None:
    values = np.random.default_rng(3).normal(0.1, 0.01, (seeds, 12))
    (row,) = ablation(effect("no-skip", values)).to_dict("records")
    assert row["low"] > 0 and row["p_holm"] < ALPHA
    assert row["clear"] == clear


def study_of(values: dict[str, np.ndarray], **more: object) -> pd.DataFrame:
    """The ablation, by experiment, of experiments that are better than the reference by these values."""
    parts = [effect(name, each).query(f"experiment == '{name}'") for name, each in values.items()]
    base = effect("", next(iter(values.values()))).query("experiment == 'reference'")
    names = {"experiments": ["reference", *values], "datasets": ["cells"], "primary_metrics": {"cells": "iou"}}
    questions = more.pop("questions", {})
    named = more.pop("named_before", ())
    arms = ablations.Arms(names["datasets"], names["experiments"], "reference", questions, named)  # type: ignore[arg-type]
    scores = pd.concat([base, *parts])
    return ablations.ablation(scores, arms, primary_metrics={"cells": "iou"}, **more).set_index("experiment")  # type: ignore[arg-type]


def noisy(shift: float, seed: int, sd: float = 0.01) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.normal(shift, sd, (3, 20)) + rng.normal(0, sd / 2, (3, 1))


def test_what_is_the_reference_under_another_name_widens_no_family() -> None:
    known = {"better": noisy(0.1, 1), "other": noisy(0.0, 2), "same": np.zeros((3, 20))}
    with_it, without = (study_of(known, untested=each) for each in ((), [("same", "cells")]))
    assert with_it.loc["better", "p_holm"] == pytest.approx(3 * without.loc["better", "p_holm"] / 2)
    assert without.loc["same", "difference"] == 0 and np.isnan(without.loc["same", "p_holm"])
    assert not without.loc["same", "clear"] and not without.loc["same", "equivalent"]


def test_a_family_is_a_question_and_what_was_named_before_is_one_of_its_own() -> None:
    known = {name: noisy(shift, seed) for seed, (name, shift) in enumerate([("a", 0.1), ("b", 0.01), ("c", 0.0)])}
    table = study_of(known, questions={"a": "loss", "b": "loss", "c": "skips"})
    assert table["question"].to_dict() == {"a": "loss", "b": "loss", "c": "skips"}
    assert table.loc["c", "p_holm"] == table.loc["c", "p"]
    assert table.loc["a", "p_holm"] == pytest.approx(2 * table.loc["a", "p"])
    assert table.loc["b", "p_holm"] == pytest.approx(max(table.loc["b", "p"], table.loc["a", "p_holm"]))
    named = study_of(known, questions={"a": "loss", "b": "loss", "c": "skips"}, named_before=["a"])
    assert named.loc["a", "p_holm"] == named.loc["a", "p"] and named.loc["b", "p_holm"] == named.loc["b", "p"]


def test_networks_with_the_same_scores_are_one_comparison() -> None:
    known = {"a": noisy(0.1, 1), "b": noisy(0.05, 2), "twin": noisy(0.05, 2)}
    table = study_of(known)
    assert table.loc["a", "p_holm"] == pytest.approx(2 * table.loc["a", "p"])
    assert table.loc["b", "p_holm"] == table.loc["twin", "p_holm"]


def test_a_difference_beyond_the_margin_is_ruled_out() -> None:
    table = study_of({"equal": noisy(0.001, 1, 0.002), "unsure": noisy(0.0, 2, 0.2), "better": noisy(0.1, 3, 0.002)})
    assert table["equivalent"].to_dict() == {"equal": True, "unsure": False, "better": False}
    assert table["clear"].to_dict() == {"equal": False, "unsure": False, "better": True}
    inside = (table["low90"] > -ablations.MARGIN) & (table["high90"] < ablations.MARGIN)
    assert inside.to_dict() == table["equivalent"].to_dict()


def test_a_true_effect_is_found_in_few_images() -> None:
    """Nothing could be clear in 6 images before: their sign flips have no p below 2/2^6, whatever the effect."""
    values = {f"e{place}": noisy(0.25 * (place == 0), place)[:, :6] for place in range(10)}
    table = study_of(values)
    assert table.loc["e0", "clear"] and table.loc["e0", "p_flips"] == 2 / 2**6
    assert not table["clear"].drop("e0").any()
