"""What the columns of a claim, its errors and the sizes of our networks say against a comparison."""

import pytest

from unetlib.report import doubts, literature, verdicts
from unetlib.report.doubts import Networks
from unetlib.report.verdicts import Baseline


def claim(**changes):
    empty = dict.fromkeys(literature.Claim.__dataclass_fields__, "")
    sound = {"value": 0.9, "metric": "iou", "test_images": "held out", "selection": "separate", "errors": ()}
    sound |= {"aggregation": "per image", "answer": (), "versus": (), "filters": 64, "tiles": 1000, "truth": "gold"}
    return literature.Claim(**(empty | sound | changes))


def error(effect, copied=False):
    return literature.Error(1, ("who2020",), f"it {effect}", effect, copied, "ours")


@pytest.mark.parametrize(
    ("changes", "metric", "effects", "copied"),
    [
        ({}, "iou", [], []),
        ({"aggregation": "unknown"}, "iou", [], []),
        ({"aggregation": "pooled"}, "iou", ["unclear"], ["unclear"]),
        ({"aggregation": "pooled"}, "iou_pooled", [], []),
        ({"aggregation": "per image"}, "iou_pooled", ["unclear"], ["unclear"]),
        ({"aggregation": "pooled", "metric": "dice"}, "iou_pooled", ["unclear"], ["unclear"]),
        ({"aggregation": "pooled", "metric": "pixel_accuracy"}, "pixel_accuracy_pooled", [], []),
        ({"aggregation": "per object"}, "iou", ["unclear"], ["unclear"]),
        ({"aggregation": "per object", "metric": "seg"}, "seg", [], []),
        ({"aggregation": "per object", "metric": "seg"}, "seg_ctc", [], []),
        ({"metric": "dice"}, "iou", ["unclear"], ["unclear"]),
        ({"metric": "pixel_accuracy"}, "pixel_accuracy", [], []),
        ({"test_images": "random frames"}, "iou", ["inflates"], []),
        ({"test_images": "shared", "selection": "test"}, "iou", ["inflates", "inflates"], []),
        ({"test_images": "hidden"}, "iou", ["other images"], ["other images"]),
        ({"test_images": "unknown"}, "iou", ["unclear"], []),
        ({"selection": "unknown"}, "iou", ["inflates"], []),
        ({"role": "anchor"}, "iou", ["less of ours"], ["less of ours"]),
    ],
)
def test_what_the_columns_of_a_claim_say_against_it(changes, metric, effects, copied):
    assert [doubt.effect for doubt in doubts.doubts(claim(**changes), [], metric)] == effects
    assert [doubt.effect for doubt in doubts.doubts(claim(**changes), [], metric, copied=True)] == copied


def test_known_errors_count_by_their_effect_unless_the_protocol_makes_them_too():
    errors = [error(effect, copied) for effect in literature.EFFECTS for copied in (False, True)]
    found = [doubt.effect for doubt in doubts.doubts(claim(), errors, "iou")]
    assert found == ["inflates", "inflates", "deflates", "deflates", "unclear", "unclear"]
    assert [doubt.effect for doubt in doubts.doubts(claim(), errors, "iou", copied=True)] == [*dict.fromkeys(found)]


@pytest.mark.parametrize(
    ("changes", "networks", "effects"),
    [
        ({}, Networks({"a": 64}, {"a": 1000}, {"a": []}), []),
        ({}, Networks({"a": 16}, {"a": 1000}), ["less of ours"]),
        ({"filters": None}, Networks({"a": 16}), []),
        ({"filters": 16}, Networks({"a": 64}), []),
        ({}, Networks({"a": 64}, {"a": 499}), ["less of ours"]),
        ({}, Networks({"a": 64}, {"a": 500}), []),
        ({"tiles": None}, Networks({"a": 64}, {"a": 1}), []),
        ({}, Networks({}, {}, {"a": ["cells"]}), ["more of ours"]),
        ({"truth": "silver"}, Networks({}, {}, {"a": ["cells"]}), []),
        ({"truth": "unknown"}, Networks({}, {}, {"a": ["cells"]}), []),
        ({}, Networks({}, {}, {"a": ["nuclei"]}), []),
        ({}, Networks({"b": 1}, {"b": 1}, {"b": ["cells"]}), []),
        ({}, Networks({"a": 8}, {"a": 9}, {"a": ["cells"]}), ["less of ours", "less of ours", "more of ours"]),
    ],
)
def test_our_own_limits_are_doubts_too(changes, networks, effects):
    found = networks.doubts(claim(**changes), "a", "cells")
    assert [doubt.effect for doubt in found] == effects
    assert {doubt.effect for doubt in found} <= set(verdicts.EXPLAINS)


def test_a_value_at_or_below_a_trivial_baseline_is_void_with_the_number():
    for value, void in ((0.5, True), (0.49, True), (0.51, False)):
        found = doubts.judge_published(claim(value=value), [], "iou", Baseline("otsu", 0.5))
        assert (found is not None) == void
        assert not found or (found.verdict == "void" and "otsu, which has 0.500" in found.reason)
    assert doubts.judge_published(claim(value=0.5), [], "iou", None) is None
    assert doubts.judge_published(claim(value=0.5, metric="seg"), [], "iou", Baseline("otsu", 0.6)) is None
    assert doubts.judge_published(claim(value=0.5), [], "iou_pooled", Baseline("otsu", 0.6)).verdict == "void"


def test_of_an_error_a_higher_value_is_void():
    published = claim(value=0.3, metric="pixel_error")
    assert doubts.judge_published(published, [], "pixel_error", Baseline("all-foreground", 0.2)).verdict == "void"
    assert doubts.judge_published(published, [], "pixel_error", Baseline("all-foreground", 0.4)) is None


def test_a_misquoted_number_is_so_whatever_we_score():
    found = doubts.judge_published(claim(), [error("misquotes")], "iou", Baseline("otsu", 0.99))
    assert found.verdict == "misquoted" and found.reason == "It misquotes."
    assert doubts.judge_published(claim(value=None), [error("misquotes")], "", None).verdict == "misquoted"
    assert doubts.judge_published(claim(value=None), [], "", None) is None


def test_every_word_of_the_ledger_has_a_meaning():
    assert set(doubts.TEST_IMAGES) | {"held out"} == set(literature.TEST_IMAGES)
    assert set(doubts.SELECTIONS) | {"separate"} == set(literature.SELECTIONS)
    effects = {effect for effect, _ in (*doubts.TEST_IMAGES.values(), *doubts.SELECTIONS.values())}
    assert effects <= set(verdicts.EXPLAINS)
    assert set(verdicts.EXPLAINS) & set(literature.EFFECTS) == {"inflates", "deflates", "unclear"}
