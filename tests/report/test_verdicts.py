"""The rules: where our score is, what a doubt explains, when a direction is clear."""

from dataclasses import replace
from itertools import product
from math import inf, isnan, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unetlib.report import literature, verdicts
from unetlib.report.verdicts import Baseline, Doubt, Estimate

SCORES = st.floats(0, 1)
DOUBTS = st.lists(st.sampled_from([*verdicts.EXPLAINS]).map(lambda effect: Doubt(effect, effect)), max_size=3)
HALVES = st.one_of(st.just(nan), st.floats(0, 0.5))


@pytest.mark.parametrize(
    ("ours", "expected"),
    [
        (Estimate(0.89), "equal"),  # no interval: within 0.02
        (Estimate(0.87), "below"),
        (Estimate(0.93), "above"),
        (Estimate(0.86, 0.82, 0.91), "equal"),  # ± 0.045 holds it
        (Estimate(0.94, 0.89, 0.99), "equal"),
        (Estimate(0.86, 0.70, 0.99), "undecided"),  # ± 0.145 holds anything
        (Estimate(0.86, 0.85, 0.87), "below"),
        (Estimate(float("nan")), "undecided"),
        (Estimate(0.91, 0.909, 0.911), "equal"),  # sharp, but two points are the same score
    ],
)
def test_the_place_of_our_score_beside_a_published_0_90(ours, expected):
    assert verdicts.compare_to_published(ours, 0.90) == expected


@pytest.mark.parametrize(
    ("score", "effects", "expected"),
    [
        (0.90, [], "reproduced"),
        (0.95, [], "exceeded"),
        (0.80, [], "not reached"),
        (0.80, ["inflates"], "not comparable"),  # a leak explains why we are below
        (0.95, ["inflates"], "exceeded"),  # but not why we are above
        (0.90, ["inflates"], "reproduced"),
        (0.95, ["deflates"], "not comparable"),  # beating a broken measurement is nothing
        (0.90, ["deflates"], "not comparable"),
        (0.80, ["deflates"], "not reached"),
        (0.95, ["other images"], "not comparable"),  # theirs may be harder
        (0.80, ["other images"], "not reached"),
        (0.80, ["inflates", "deflates"], "not comparable"),
        (0.95, ["inflates", "deflates"], "not comparable"),
        *((score, ["unclear"], "not comparable") for score in (0.80, 0.90, 0.95)),
    ],
)
def test_a_doubt_takes_the_verdict_that_it_explains(score, effects, expected):
    against = [Doubt(effect, f"reason {n}") for n, effect in enumerate(effects)]
    verdict, reason = verdicts.judge_value(Estimate(score), 0.90, against)
    assert verdict == expected
    place = verdicts.compare_to_published(Estimate(score), 0.90)
    shown = [n for n, effect in enumerate(effects) if place in verdicts.EXPLAINS[effect]] or range(len(effects))
    assert all(f"reason {n}" in reason for n in shown) and reason.endswith(".")


def test_a_wide_interval_decides_nothing():
    assert verdicts.judge_value(Estimate(0.8, 0.5, 1.1), 0.9, [])[0] == "not reached"
    assert "Not decided" in verdicts.judge_value(Estimate(0.8, 0.5, 1.1), 0.9, [])[1]


def test_a_network_that_learned_nothing_confirms_nothing():
    otsu = Baseline("otsu", 0.91)
    for score in (0.89, 0.91):
        verdict, reason = verdicts.judge_value(Estimate(score), 0.90, [], otsu)
        assert verdict == "not reached" and "otsu" in reason
    assert verdicts.judge_value(Estimate(0.915), 0.90, [], otsu)[0] == "reproduced"


@settings(deadline=None)
@given(SCORES, HALVES, SCORES, DOUBTS, SCORES)
def test_an_error_is_judged_as_the_score_that_it_takes_from_one(mean, half, published, against, floor):
    score, error = Estimate(mean, mean - half, mean + half), Estimate(1 - mean, 1 - mean - half, 1 - mean + half)
    if abs(abs(mean - published) - verdicts.TOLERANCE) < 1e-9 or abs(abs(mean - published) - half) < 1e-9:
        return  # on an edge rounding decides
    if abs(half - verdicts.MAX_HALF_WIDTH) < 1e-9 or 0 < abs(mean - floor) < 1e-9:
        return
    of_score, _ = verdicts.judge_value(score, published, against, Baseline("otsu", floor))
    otsu = Baseline("otsu", 1 - floor if mean != floor else 1 - mean)
    assert verdicts.judge_value(error, 1 - published, against, otsu, metric="rand_error")[0] == of_score


def test_a_lower_error_is_said_to_be_lower_and_exceeds():
    verdict, reason = verdicts.judge_value(Estimate(0.02), 0.06, [], metric="pixel_error")
    assert verdict == "exceeded" and reason.startswith("Ours is lower")
    published = claim(value=0.3, metric="pixel_error")
    assert verdicts.doubts(published, [], "pixel_error", Baseline("all-foreground", 0.2))
    assert not verdicts.doubts(published, [], "pixel_error", Baseline("all-foreground", 0.4))


@settings(deadline=None)
@given(SCORES, HALVES, SCORES, DOUBTS, DOUBTS)
def test_more_doubts_never_improve_a_verdict_on_a_value(mean, half, published, some, more):
    """Doubts only ever turn another verdict into "not comparable"."""
    ours = Estimate(mean, mean - half, mean + half)
    before, after = (verdicts.judge_value(ours, published, doubts)[0] for doubts in (some, some + more))
    assert after in (before, "not comparable")
    assert before in verdicts.VERDICTS and before not in ("contradicted", "not run here")


@pytest.mark.parametrize(
    ("expected", "low", "high", "verdict"),
    [
        ("+", 0.01, 0.05, "reproduced"),
        ("+", -0.01, 0.05, "not reached"),
        ("+", -0.05, -0.01, "contradicted"),
        ("+", 0.0, 0.05, "not reached"),  # zero is in it
        ("-", -0.05, -0.01, "reproduced"),
        ("-", 0.01, 0.05, "contradicted"),
        ("-", -0.05, 0.01, "not reached"),
        ("0", -0.01, 0.015, "reproduced"),
        ("0", 0.001, 0.015, "reproduced"),  # real, but less than two points
        ("0", 0.01, 0.05, "contradicted"),
        ("0", -0.05, -0.01, "contradicted"),
        ("0", -0.03, 0.03, "not reached"),
        ("0", 0.001, 0.03, "not reached"),
        *((sign, nan, nan, "not reached") for sign in "+-0"),
    ],
)
def test_a_direction_is_judged_by_its_interval(expected, low, high, verdict):
    difference = Estimate(0.3 if isnan(low) else (low + high) / 2, low, high, runs=2)
    assert verdicts.judge_direction(expected, difference)[0] == verdict
    assert verdicts.judge_direction(expected, difference, ["a failed"])[0] == "not reached"
    assert verdicts.judge_direction(expected, replace(difference, runs=1))[0] == "not reached"


@settings(deadline=None)
@given(st.sampled_from("+-0"), st.floats(-1, 1), HALVES)
def test_the_opposite_direction_never_gets_the_same_clear_verdict(expected, mean, half):
    difference = Estimate(mean, mean - half, mean + half, runs=2)
    mirrored = Estimate(-mean, -mean - half, -mean + half, runs=2)
    one = verdicts.judge_direction(expected, difference)[0]
    opposite = {"+": "-", "-": "+", "0": "0"}[expected]
    assert verdicts.judge_direction(opposite, mirrored)[0] == one
    if expected != "0" and one != "not reached":
        assert {one, verdicts.judge_direction(opposite, difference)[0]} == {"reproduced", "contradicted"}


@settings(deadline=None)
@given(*[st.lists(SCORES, min_size=3, max_size=3).map(sorted)] * 2)
def test_the_interval_of_a_difference_is_the_widest_that_the_ends_allow(left, right):
    difference = Estimate(left[1], left[0], left[2], 3, 9, 27) - Estimate(right[1], right[0], right[2], 2, 10, 20)
    corners = [a - b for a, b in product(left, right)]
    assert (difference.low, difference.high) == (min(corners), max(corners))
    assert (difference.mean, difference.runs, difference.images, difference.n) == (left[1] - right[1], 2, 9, 20)


def claim(**changes):
    empty = dict.fromkeys(literature.Claim.__dataclass_fields__, "")
    sound = {"value": 0.9, "metric": "iou", "test_images": "held out", "selection": "separate", "errors": ()}
    return literature.Claim(**(empty | sound | {"aggregation": "per image", "answer": (), "versus": ()} | changes))


@pytest.mark.parametrize(
    ("changes", "metric", "effects"),
    [
        ({}, "iou", []),
        ({"aggregation": "unknown"}, "iou", []),
        ({"aggregation": "pooled"}, "iou", ["unclear"]),
        ({"aggregation": "pooled"}, "iou_pooled", []),
        ({"aggregation": "per image"}, "iou_pooled", ["unclear"]),
        ({"aggregation": "pooled", "metric": "dice"}, "iou_pooled", ["unclear"]),
        ({"aggregation": "pooled", "metric": "pixel_accuracy"}, "pixel_accuracy_pooled", ["unclear"]),
        ({"aggregation": "per object"}, "iou", ["unclear"]),
        ({"aggregation": "per object", "metric": "seg"}, "seg", []),
        ({"metric": "dice"}, "iou", ["unclear"]),
        ({"metric": "pixel_accuracy"}, "pixel_accuracy", ["unclear"]),
        ({"test_images": "random frames"}, "iou", ["inflates"]),
        ({"test_images": "shared", "selection": "test"}, "iou", ["inflates", "inflates"]),
        ({"test_images": "hidden"}, "iou", ["other images"]),
        ({"test_images": "unknown"}, "iou", ["unclear"]),
        ({"selection": "unknown"}, "iou", ["inflates"]),
        ({"value": 0.5}, "iou", ["unclear"]),  # no better than a trivial baseline
    ],
)
def test_what_the_columns_of_a_claim_say_against_it(changes, metric, effects):
    found = verdicts.doubts(claim(**changes), [], metric, Baseline("otsu", 0.5))
    assert [doubt.effect for doubt in found] == effects


def test_known_errors_count_by_their_effect():
    errors = [
        literature.Error(n, ("who2020",), f"error {n}", effect, "ours") for n, effect in enumerate(literature.EFFECTS)
    ]
    found = verdicts.doubts(claim(), errors, "iou", None)
    assert [doubt.effect for doubt in found] == ["inflates", "deflates", "unclear"]


def test_every_word_of_the_ledger_has_a_meaning():
    assert set(verdicts.TEST_IMAGES) | {"held out"} == set(literature.TEST_IMAGES)
    assert set(verdicts.SELECTIONS) | {"separate"} == set(literature.SELECTIONS)
    effects = {effect for effect, _ in (*verdicts.TEST_IMAGES.values(), *verdicts.SELECTIONS.values())}
    assert effects <= set(verdicts.EXPLAINS)
    assert set(verdicts.EXPLAINS) & set(literature.EFFECTS) == set(literature.EFFECTS) - {"stated", "none"}
    assert len(verdicts.VERDICTS) == 6 and verdicts.compare_to_published(Estimate(0.0, -inf, inf), 0.9) == "undecided"
