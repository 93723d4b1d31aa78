"""Waterfalls: scores of steps, and changes on the images that both steps were tested on, or of independent scores."""

import numpy as np
import pandas as pd
import pytest

from unetlib.evaluation import tables, waterfall
from unetlib.evaluation.settings import ProtocolStep, ProtocolSteps
from unetlib.networks.run_record import RunFacts

IMAGES = {"theirs": "pqrs", "middle": "pqrs", "ours": "uvw"}
SEEDS = (0, 1)
METRICS = ("dice", "iou", "true_foreground", "predicted_foreground", "pixels")
LETTERS = [chr(97 + place) for place in range(26)] + [chr(192 + place) for place in range(60)]


def protocol(*experiments, metric="dice", reported=()):
    steps = [
        ProtocolStep(
            flaw=f"flaw {place}" if place else "",
            experiment=name,
            train_dataset="a",
            reported="validation" if place in reported else "test",
        )
        for place, name in enumerate(experiments)
    ]
    return {"p": ProtocolSteps(document="somebody2020", test_dataset="a", metric=metric, steps=steps)}


def scores(values, images=IMAGES, folds=None):
    """Long rows of each experiment; values: (experiment, image, seed, metric) → score, for dice, iou and its parts."""
    rows = []
    for experiment, names in images.items():
        for image in names:
            for seed in SEEDS:
                fold = (folds or {}).get((experiment, image), 0)
                run = {"experiment": experiment, "train_dataset": "a", "test_dataset": "a", "fold": fold, "seed": seed}
                for metric in METRICS:
                    value = values(experiment, image, seed, metric)
                    rows.append(run | {"image": image, "metric": metric, "value": value})
    return pd.DataFrame(rows)


def random_values(seed=0):
    """Random true positives and foregrounds of images of different size, as consistent scores."""

    def value(experiment, image, seed_of_run, metric):
        truth = np.random.default_rng([seed, ord(image)])
        pixels, true = float(truth.integers(100, 900)), truth.uniform(0.1, 0.6)
        drawn = np.random.default_rng([seed, ord(image), seed_of_run, *map(ord, experiment)])
        predicted = drawn.uniform(0.1, 0.6)
        hit = min(true, predicted) * drawn.uniform(0.3, 1)
        dice = 2 * hit / (true + predicted)
        found = {"dice": dice, "iou": dice / (2 - dice), "pixels": pixels, "true_foreground": true}
        return (found | {"predicted_foreground": predicted})[metric]

    return value


def rows_of(table, metric="dice"):
    return table[table["metric"] == metric].to_dict("records")


def test_a_step_has_the_score_and_interval_of_the_other_tables():
    made = scores(random_values())
    found = rows_of(waterfall.waterfall(made, [], protocol("theirs", "ours")))
    for row, name in zip(found, ("theirs", "ours"), strict=True):
        own = made[(made["experiment"] == name) & (made["metric"] == "dice")]
        assert row["score"] == pytest.approx(own.groupby("seed")["value"].mean().mean())
        assert row["low"] < row["score"] < row["high"] and row["resampled"] == "seeds × images"
        assert (row["runs"], row["images"]) == (2, len(IMAGES[name])) and row["primary"]
    assert [row["step"] for row in found] == [0, 1] and np.isnan(found[0]["change"])
    assert [row["flaw"] for row in found] == ["", "flaw 1"] and {row["document"] for row in found} == {"somebody2020"}


def test_images_that_both_were_tested_on_are_paired_by_seed_whatever_the_fold():
    values = random_values()
    made = scores(values, folds={("middle", "p"): 1, ("middle", "q"): 1})
    _, row = rows_of(waterfall.waterfall(made, [], protocol("theirs", "middle")))
    folds = ("pq", "rs")
    naive = [
        np.mean([values("middle", i, s, "dice") - values("theirs", i, s, "dice") for i in fold])
        for fold in folds
        for s in SEEDS
    ]
    assert row["change"] == pytest.approx(np.mean(naive)) and row["compared_on"] == "same images"
    assert row["change_low"] < row["change"] < row["change_high"]


def test_only_images_that_both_were_tested_on_count():
    images = {"theirs": "pqx", "middle": "ypq"}
    made = scores(lambda e, i, s, m: {"p": 0.5, "q": 0.5, "x": 0.0, "y": 1.0}[i] + (e == "middle") / 4, images)
    _, row = rows_of(waterfall.waterfall(made, [], protocol("theirs", "middle")))
    assert row["change"] == row["change_low"] == row["change_high"] == 0.25


@pytest.mark.parametrize("metric", ["dice", "iou", "iou_pooled", "dice_pooled"])
def test_a_change_is_the_difference_of_two_weighted_means(metric):
    """Naive: the weighted mean of each side on the images of both, by run; pooled IoU is a ratio of sums."""
    values, images = random_values(3), {"theirs": "pqrstuv", "middle": "qrstuvx"}
    _, row = rows_of(waterfall.waterfall(scores(values, images), [], protocol("theirs", "middle")), metric)

    def naive(experiment, seed):
        found = [{each: values(experiment, image, seed, each) for each in METRICS} for image in "qrstuv"]
        both = [(f["true_foreground"] + f["predicted_foreground"]) * f["pixels"] for f in found]
        hits = [f["dice"] * b / 2 for f, b in zip(found, both, strict=True)]
        if metric == "dice_pooled":
            return 2 * sum(hits) / sum(both)
        if metric == "iou_pooled":
            return sum(hits) / (sum(both) - sum(hits))
        return np.mean([f[metric] for f in found])

    assert row["change"] == pytest.approx(np.mean([naive("middle", s) - naive("theirs", s) for s in SEEDS]))
    assert row["change_low"] < row["change"] < row["change_high"]


def test_the_interval_of_a_pooled_change_is_that_of_a_plain_bootstrap_of_images():
    """One seed and many images: resample the images, pool each side anew, and take the quantiles."""
    images = dict.fromkeys(("theirs", "middle"), LETTERS)
    made = scores(random_values(5), images)
    made = made[made["seed"] == 0]
    _, row = rows_of(waterfall.waterfall(made, [], protocol("theirs", "middle")), "iou_pooled")
    wide = made.pivot(index=["experiment", "image"], columns="metric", values="value")
    both = (wide["true_foreground"] + wide["predicted_foreground"]) * wide["pixels"]
    hits = {e: (wide["dice"] * both / 2).loc[e].to_numpy() for e in images}
    unions = {e: (both.loc[e].to_numpy() - hits[e]) for e in images}
    drawn = np.random.default_rng(0).integers(len(LETTERS), size=(20000, len(LETTERS)))
    pooled = {e: hits[e][drawn].sum(1) / unions[e][drawn].sum(1) for e in images}
    low, high = np.quantile(pooled["middle"] - pooled["theirs"], [0.025, 0.975])
    assert row["change_low"] == pytest.approx(low, abs=0.1 * (high - low))
    assert row["change_high"] == pytest.approx(high, abs=0.1 * (high - low))


def test_other_test_images_make_two_independent_scores():
    """Zou and Donner (2008): each side's half-width towards the other, squared and added."""
    theirs, ours = rows_of(waterfall.waterfall(scores(random_values()), [], protocol("theirs", "ours")))
    assert ours["compared_on"] == "other images"
    assert ours["change"] == pytest.approx(ours["score"] - theirs["score"])
    down = ((ours["score"] - ours["low"]) ** 2 + (theirs["high"] - theirs["score"]) ** 2) ** 0.5
    up = ((ours["high"] - ours["score"]) ** 2 + (theirs["score"] - theirs["low"]) ** 2) ** 0.5
    assert ours["change_low"] == pytest.approx(max(ours["change"] - down, -1))
    assert ours["change_high"] == pytest.approx(min(ours["change"] + up, 1))


def facts(best):
    return [
        RunFacts(experiment="theirs", train_dataset="a", fold=0, seed=seed, best_validation_dice=value)
        for seed, value in best.items()
    ]


def test_a_best_validation_score_has_no_image_and_stands_against_every_test_image():
    made = scores(lambda e, i, s, m: 0.5 + "pqrs".index(i) / 100, {"theirs": "pqrs"})
    steps = protocol("theirs", "theirs", reported=(0,))
    table = waterfall.waterfall(made, facts({0: 0.9, 1: 0.7}), steps)
    best, tested = rows_of(table)
    assert (best["score"], best["images"], best["n"], best["runs"]) == (pytest.approx(0.8), 0, 0, 2)
    assert best["reported"] == "validation" and best["resampled"] == "seeds" and best["low"] < 0.8 < best["high"]
    assert tested["change"] == pytest.approx(0.515 - 0.8) and tested["compared_on"] == "validation"
    assert tested["change_low"] < tested["change"] < tested["change_high"]
    (other,) = rows_of(table, "iou")
    assert other["step"] == 1 and np.isnan(other["change"]), "no IoU of validation was recorded"


def test_two_validation_scores_are_compared_run_by_run():
    made = [
        fact.model_copy(update={"experiment": name})
        for name, best in (("theirs", {0: 0.5, 1: 0.7}), ("middle", {0: 0.6, 1: 0.8}))
        for fact in facts(best)
    ]
    found = scores(lambda *_: 0.5)
    _, row = rows_of(waterfall.waterfall(found, made, protocol("theirs", "middle", reported=(0, 1))))
    assert row["change"] == pytest.approx(0.1) and row["compared_on"] == "validation" and row["images"] == 0


def test_one_run_on_validation_alone_has_no_interval():
    found = waterfall.waterfall(scores(random_values()), facts({0: 0.9}), protocol("theirs", reported=(0,)))
    (row,) = rows_of(found)
    assert row["score"] == 0.9 and np.isnan(row["low"]) and row["resampled"] == ""


def test_a_study_without_protocols_has_an_empty_table():
    found = waterfall.waterfall(scores(random_values()), [], {})
    assert found.empty and [*found.columns] == waterfall.COLUMNS
    assert tables.to_csv(found) == ",".join(waterfall.COLUMNS) + "\n"


def test_it_is_the_same_whatever_the_order_of_the_rows():
    made = scores(random_values())
    steps = protocol("theirs", "middle", "ours")
    found = waterfall.waterfall(made, [], steps)
    assert tables.to_csv(found) == tables.to_csv(waterfall.waterfall(made[::-1], [], steps))
    assert len(rows_of(found)) == 3
