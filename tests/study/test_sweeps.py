"""What a study varies in steps."""

from builders.config import changed, study

from unetlib.study.sweeps import swept_levels


def test_a_sweep_is_what_differs_from_the_study_in_one_setting():
    config = changed(("experiments", "wide"), {"model": {"base_filters": 16}})
    config["experiments"]["both"] = {"model": {"base_filters": 4, "depth": 4}}
    config["study"]["experiments"] += ["wide", "both"]
    assert swept_levels(study(config)) == {
        "training-size": {"small": 2, "reference": None},
        "network-size": {"wide": 16, "reference": 8},
    }
    config["study"]["experiments"] = ["reference", "plain"]
    assert swept_levels(study(config)) == {}
