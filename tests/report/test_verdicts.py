"""The rules: where our score is, what a doubt explains, when a direction is clear, and which of two verdicts counts."""

from dataclasses import replace
from itertools import product
from math import inf, isnan, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unetlib.report import verdicts
from unetlib.report.verdicts import Baseline, Doubt, Estimate, Judgement

SCORES = st.floats(0, 1)
DOUBTS = st.lists(st.sampled_from([*verdicts.EXPLAINS]).map(lambda effect: Doubt(effect, effect)), max_size=3)
HALVES = st.one_of(st.just(nan), st.floats(0, 0.5))
RESAMPLED = st.sampled_from(["", "images", "seeds", "seeds × images"])
SEEDS = "seeds × images"


def judged(*given, **more):
    return verdicts.judge_value(*given, **more).verdict


@pytest.mark.parametrize(
    ("ours", "expected"),
    [
        (Estimate(0.89), "equal"),  # no interval: within 0.02
        (Estimate(0.87), "below"),
        (Estimate(0.93), "above"),
        (Estimate(0.86, 0.82, 0.91), "equal"),  # ± 0.045 holds it
        (Estimate(0.94, 0.89, 0.99), "equal"),
        (Estimate(0.86, 0.70, 0.99), "unsure"),  # ± 0.145 holds anything
        (Estimate(0.90, 0.70, 0.99), "unsure"),  # however near the mean
        (Estimate(0.86, 0.85, 0.87), "below"),
        (Estimate(float("nan")), "unsure"),
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
        (0.80, [], "contradicted"),
        (0.80, ["inflates"], "not comparable"),  # a leak explains why we are below
        (0.95, ["inflates"], "exceeded"),  # but not why we are above
        (0.90, ["inflates"], "reproduced"),
        (0.95, ["deflates"], "not comparable"),  # beating a broken measurement is nothing
        (0.90, ["deflates"], "not comparable"),
        (0.80, ["deflates"], "contradicted"),
        (0.95, ["other images"], "not comparable"),  # theirs may be harder
        (0.80, ["other images"], "contradicted"),
        (0.80, ["less of ours"], "not comparable"),  # a smaller network of ours is no failure of theirs
        (0.90, ["less of ours"], "reproduced"),
        (0.95, ["less of ours"], "exceeded"),
        (0.95, ["more of ours"], "not comparable"),  # silver truth may be why
        (0.90, ["more of ours"], "not comparable"),
        (0.80, ["more of ours"], "contradicted"),
        (0.80, ["inflates", "deflates"], "not comparable"),
        (0.95, ["inflates", "deflates"], "not comparable"),
        *((score, ["unclear"], "not comparable") for score in (0.80, 0.90, 0.95)),
    ],
)
def test_a_doubt_takes_the_verdict_that_it_explains(score, effects, expected):
    against = [Doubt(effect, f"reason {n}") for n, effect in enumerate(effects)]
    found = verdicts.judge_value(Estimate(score, score - 0.01, score + 0.01, resampled=SEEDS), 0.90, against)
    assert found.verdict == expected
    place = verdicts.compare_to_published(Estimate(score), 0.90)
    shown = [n for n, effect in enumerate(effects) if place in verdicts.EXPLAINS[effect]] or range(len(effects))
    assert all(f"reason {n}" in found.reason for n in shown) and found.reason.endswith(".")


def test_one_training_neither_exceeds_nor_contradicts():
    for score in (0.8, 0.95):
        sharp = Estimate(score, score - 0.01, score + 0.01, runs=2, resampled="images")  # two folds, no other seed
        found = verdicts.judge_value(sharp, 0.9, [])
        assert found.verdict == "undecided" and "of one training" in found.reason
        assert judged(replace(sharp, resampled=SEEDS), 0.9, []) in ("exceeded", "contradicted")
        assert judged(replace(sharp, low=nan, high=nan, resampled=SEEDS), 0.9, []) == "undecided"


def test_a_wide_interval_decides_nothing_unless_every_outcome_has_its_doubt():
    wide = Estimate(0.8, 0.5, 1.1, resampled=SEEDS)
    assert judged(wide, 0.9, []) == "undecided" == judged(wide, 0.9, [Doubt("inflates", "x")])
    assert judged(wide, 0.9, [Doubt("unclear", "x")]) == "not comparable"
    assert judged(wide, 0.9, [Doubt("inflates", "x"), Doubt("deflates", "y")]) == "not comparable"


def test_a_network_that_learned_nothing_confirms_nothing():
    otsu = Baseline("otsu", 0.91)
    for score in (0.89, 0.91):
        found = verdicts.judge_value(Estimate(score), 0.90, [], otsu)
        assert found.verdict == "not comparable" and "otsu" in found.reason
    assert judged(Estimate(0.96), 0.95, [], otsu) == "reproduced"


def test_a_value_that_a_trivial_baseline_has_as_well_is_not_reproduced():
    found = verdicts.judge_value(Estimate(0.958), 0.9545, [], Baseline("all-background", 0.950))
    assert found.verdict == "not comparable" and "so does all-background" in found.reason
    assert judged(Estimate(0.958), 0.9545, [], Baseline("all-background", 0.930)) == "reproduced"


@settings(deadline=None)
@given(SCORES, HALVES, SCORES, DOUBTS, SCORES, RESAMPLED)
def test_an_error_is_judged_as_the_score_that_it_takes_from_one(mean, half, published, against, floor, resampled):
    score = Estimate(mean, mean - half, mean + half, resampled=resampled)
    error = Estimate(1 - mean, 1 - mean - half, 1 - mean + half, resampled=resampled)
    if abs(abs(mean - published) - verdicts.MARGIN) < 1e-9 or abs(abs(mean - published) - half) < 1e-9:
        return  # on an edge rounding decides
    if abs(half - verdicts.MAX_HALF_WIDTH) < 1e-9 or 0 < abs(mean - floor) < 1e-9:
        return
    if abs(abs(floor - published) - verdicts.MARGIN) < 1e-9:
        return
    of_score = judged(score, published, against, Baseline("otsu", floor))
    otsu = Baseline("otsu", 1 - floor if mean != floor else 1 - mean)
    assert judged(error, 1 - published, against, otsu, metric="rand_error") == of_score


def test_a_lower_error_is_said_to_be_lower_and_exceeds():
    found = verdicts.judge_value(Estimate(0.02, 0.01, 0.03, resampled=SEEDS), 0.06, [], metric="pixel_error")
    assert found.verdict == "exceeded" and found.reason.startswith("Ours is lower")


@settings(deadline=None)
@given(SCORES, HALVES, SCORES, DOUBTS, DOUBTS, RESAMPLED)
def test_more_doubts_never_improve_a_verdict_on_a_value(mean, half, published, some, more, resampled):
    """Doubts only ever turn another verdict into "not comparable"."""
    ours = Estimate(mean, mean - half, mean + half, resampled=resampled)
    before, after = (judged(ours, published, doubts) for doubts in (some, some + more))
    assert after in (before, "not comparable")
    assert before in verdicts.VERDICTS and before not in ("equivalent", "void", "misquoted", "not run")


@pytest.mark.parametrize(
    ("expected", "low", "high", "verdict"),
    [
        ("+", 0.01, 0.05, "reproduced"),
        ("+", -0.01, 0.05, "undecided"),
        ("+", -0.05, -0.01, "contradicted"),
        ("+", 0.0, 0.05, "undecided"),  # zero is in it
        ("-", -0.05, -0.01, "reproduced"),
        ("-", 0.01, 0.05, "contradicted"),
        ("-", -0.05, 0.01, "undecided"),
        ("+", -0.01, 0.015, "equivalent"),  # nothing of two points
        ("-", -0.01, 0.015, "equivalent"),
        ("+", 0.001, 0.015, "reproduced"),  # there, though small
        ("0", -0.01, 0.015, "reproduced"),
        ("0", 0.001, 0.015, "reproduced"),  # real, but less than two points
        ("0", 0.01, 0.05, "contradicted"),
        ("0", -0.05, -0.01, "contradicted"),
        ("0", -0.03, 0.03, "undecided"),
        ("0", 0.001, 0.03, "undecided"),
        *((sign, nan, nan, "undecided") for sign in "+-0"),
    ],
)
def test_a_direction_is_judged_by_its_interval(expected, low, high, verdict):
    difference = Estimate(0.3 if isnan(low) else (low + high) / 2, low, high, runs=2, resampled=SEEDS)
    assert verdicts.judge_direction(expected, difference).verdict == verdict
    assert verdicts.judge_direction(expected, difference, ["a failed"]).verdict == "not comparable"
    for resampled in ("", "images", "clusters"):  # two runs of two folds are not two trainings
        assert verdicts.judge_direction(expected, replace(difference, resampled=resampled)).verdict == "undecided"


def test_equivalence_takes_the_90_percent_interval_where_it_is_known():
    wide = Estimate(0.0, -0.022, 0.022, runs=4, resampled=SEEDS)
    assert verdicts.judge_direction("0", wide).verdict == "undecided"
    assert verdicts.judge_direction("0", replace(wide, low90=-0.018, high90=0.018)).verdict == "reproduced"
    assert verdicts.judge_direction("0", replace(wide, low90=-0.018, high90=0.018), margin=nan).verdict == "undecided"


@settings(deadline=None)
@given(st.sampled_from("+-0"), st.floats(-1, 1), HALVES)
def test_the_opposite_direction_never_gets_the_same_clear_verdict(expected, mean, half):
    difference = Estimate(mean, mean - half, mean + half, runs=2, resampled=SEEDS)
    one = verdicts.judge_direction(expected, difference).verdict
    opposite = {"+": "-", "-": "+", "0": "0"}[expected]
    assert verdicts.judge_direction(opposite, -difference).verdict == one
    if expected != "0" and one not in ("undecided", "equivalent"):
        assert {one, verdicts.judge_direction(opposite, difference).verdict} == {"reproduced", "contradicted"}


@settings(deadline=None)
@given(*[st.lists(SCORES, min_size=3, max_size=3).map(sorted)] * 2)
def test_the_interval_of_a_difference_is_the_widest_that_the_ends_allow(left, right):
    difference = Estimate(left[1], left[0], left[2], 3, 9, 27) - Estimate(right[1], right[0], right[2], 2, 10, 20)
    corners = [a - b for a, b in product(left, right)]
    assert (difference.low, difference.high) == (min(corners), max(corners))
    assert (difference.mean, difference.runs, difference.images, difference.n) == (left[1] - right[1], 2, 9, 20)


@given(st.floats(-1, 1), HALVES, SCORES)
def test_turning_and_shifting_a_difference_moves_its_ends_with_it(mean, half, value):
    one = Estimate(mean, mean - half, mean + half, 2, 3, 6, SEEDS, 0.1, mean - half, mean + half)
    turned = -one
    assert repr(-turned) == repr(one) and turned.is_clear == one.is_clear
    shifted = one.minus(value)
    assert (shifted.mean, shifted.runs, shifted.resampled, shifted.sd) == (mean - value, 2, SEEDS, 0.1)
    assert isnan(half) or shifted.low90 <= shifted.mean <= shifted.high


def test_a_difference_of_two_covers_retraining_only_if_both_do():
    seeds, images = Estimate(0.5, 0.4, 0.6, resampled=SEEDS), Estimate(0.5, 0.4, 0.6, resampled="images")
    assert (seeds - seeds).resampled == SEEDS
    assert (seeds - images).resampled == (images - seeds).resampled == "images"


@pytest.mark.parametrize(
    ("theirs", "ours", "verdict", "under"),
    [
        ("reproduced", "reproduced", "reproduced", "both"),
        ("reproduced", "contradicted", "reproduced", "its own protocol"),
        ("contradicted", "reproduced", "reproduced", "ours"),
        ("contradicted", "exceeded", "contradicted", "its own protocol"),
        ("undecided", "exceeded", "exceeded", "ours"),
        ("reproduced", "not run", "reproduced", "its own protocol"),
        ("not comparable", "undecided", "undecided", ""),
        ("not run", "not comparable", "not comparable", ""),
        ("undecided", "undecided", "undecided", ""),
    ],
)
def test_of_two_verdicts_the_reproduced_and_then_its_own_protocol_counts(theirs, ours, verdict, under):
    assert verdicts.combined(Judgement(theirs, ""), Judgement(ours, "")) == (verdict, under)


@given(*[st.sampled_from([*verdicts.VERDICTS])] * 2)
def test_what_either_decides_is_decided(theirs, ours):
    verdict, under = verdicts.combined(Judgement(theirs, ""), Judgement(ours, ""))
    assert verdict in (theirs, ours)
    assert (verdict in verdicts.DECIDED) == bool({theirs, ours} & {*verdicts.DECIDED}) == bool(under)


def test_nine_verdicts_what_is_decided_first():
    assert len(verdicts.VERDICTS) == 9 and (*verdicts.VERDICTS,)[: len(verdicts.DECIDED)] == verdicts.DECIDED
    assert verdicts.compare_to_published(Estimate(0.0, -inf, inf), 0.9) == "unsure"
