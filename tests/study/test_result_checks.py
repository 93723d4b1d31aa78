import math

from unetlib.networks.run_record import RunFacts
from unetlib.study import result_checks
from unetlib.study.runs import Run

RUN = Run("reference", "a", 0, 0)
TESTS = {"a": ["f1", "f2"], "b": ["g"]}


def rows(**values):
    """One row per image and metric; a value by image name replaces 0.5."""
    return [
        {"test_dataset": d, "image": f, "metric": m, "value": str(values.get(f"{f}_{m}", 0.5))}
        for d, frames in TESTS.items()
        for f in frames
        for m in sorted(result_checks.REQUIRED)
    ]


def status(findings):
    return {finding.check: finding.status for finding in findings}


def test_complete_scores_pass():
    assert status(result_checks.coverage(RUN, rows(), TESTS)) == {"coverage": "ok", "finite": "ok"}


def test_a_missing_image_is_named():
    lacking = [row for row in rows() if row["image"] != "f2"]
    found = list(result_checks.coverage(RUN, lacking, TESTS))
    assert status(found)["coverage"] == "failed" and "no score of a/f2" in found[0].detail


def test_a_metric_that_no_image_has_is_missed():
    lacking = [row for row in rows() if row["metric"] != "map"]
    assert status(result_checks.coverage(RUN, lacking, TESTS))["coverage"] == "failed"


def test_a_foreign_image_and_a_missing_metric_are_named():
    foreign = [*rows(), {"test_dataset": "a", "image": "t", "metric": "iou", "value": "1"}]
    detail = next(iter(result_checks.coverage(RUN, foreign, TESTS))).detail
    assert "a/t is not a test image" in detail and "a/t lacks a metric" in detail


def test_nan_fails_where_the_metric_is_always_defined():
    assert status(result_checks.coverage(RUN, rows(f1_iou="nan"), TESTS))["finite"] == "failed"
    assert status(result_checks.coverage(RUN, rows(f1_seg="nan"), TESTS))["finite"] == "ok"
    assert status(result_checks.coverage(RUN, rows(f1_seg="inf"), TESTS))["finite"] == "failed"


def roles(train, validation, test, **planned):
    """The finding about a record of these roles; planned: what the split file says of a frame, joined by _ for +."""
    facts = RunFacts(roles={"a": {"train": train, "validation": validation, "test": test}})
    return result_checks.roles(RUN, facts, TESTS, {"a": {name: {*own.split("_")} for name, own in planned.items()}})


def test_a_frame_in_two_roles_fails():
    assert roles(["x"], ["y"], ["f1", "f2"], x="train", y="validation", f1="test", f2="test").status == "ok"
    found = roles(["x"], ["x"], ["f1"], x="train")
    assert found.status == "failed" and "a/x is train and validation" in found.detail


def test_training_on_what_the_study_tests_fails_whatever_the_run_says():
    found = roles(["f2"], ["y"], ["f1"], f2="train")
    assert found.status == "failed" and "a/f2 was used to train and is tested on" in found.detail


def test_several_roles_are_flagged_where_the_split_gives_them_and_fail_elsewhere():
    tests = ["f1", "f2"]
    found = roles(["x"], tests, tests, x="train", f1="validation_test", f2="validation_test")
    assert found.status == "flagged" and "a/f1 is validation+test, on purpose" in found.detail
    assert "2 frames" in found.detail
    every = {"x": "train", "f1": "train_validation_test", "f2": "train_validation_test"}
    assert roles(["x", *tests], tests, tests, **every).status == "flagged"
    for planned in ({"f1": "validation_test"}, {"f1": "validation_test", "f2": "train_validation_test"}):
        found = roles(["x"], tests, tests, x="train", **planned)
        assert found.status == "failed" and found.detail == "a/f2 is validation and test"


def test_a_network_below_a_trivial_baseline_is_flagged_not_failed():
    trivial = {"all-foreground": long("iou", [0.6, 0.6]), "otsu": long("iou", [0.3, 0.3])}

    def found(*values):
        (finding,) = result_checks.beats_trivial(RUN, "a", "iou", long("iou", values), trivial)
        return finding

    assert found(0.51, 0.71).status == "ok"
    assert found(0.5, 0.7).status == "flagged" and "all-foreground 0.6000" in found(0.5, 0.7).detail
    assert found(math.nan, math.nan).status == "flagged"


def test_a_run_meets_the_baselines_on_the_images_that_both_have():
    """Of a leaky split only some images are tested by the study's own split too."""
    floor = [{"image": image, "metric": "iou", "value": value} for image, value in (("1", "0.9"), ("7", "0.1"))]
    (found,) = result_checks.beats_trivial(RUN, "a", "iou", long("iou", [0.1, 0.8]), {"otsu": floor})
    assert found.status == "flagged" and found.detail == "iou 0.8000, otsu 0.9000"
    assert not list(result_checks.beats_trivial(RUN, "a", "iou", long("iou", [0.1]), {"otsu": floor}))


def long(metric, values):
    return [{"image": str(n), "metric": metric, "value": str(value)} for n, value in enumerate(values)]
