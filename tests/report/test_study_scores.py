"""A lookup finds what a plain search of the tables finds; a contrast is the paired difference where there is one."""

import math
from dataclasses import replace

import pandas as pd
import pytest
from builders.tables import DATASETS, EXPERIMENTS, study

from unetlib.report.literature import ANY
from unetlib.report.study_scores import Comparand


@pytest.fixture(scope="module")
def made():
    return study()


def plain_score(made, side, metric):
    """The naive twin of Study.score for scores without an interval: a search of the two tables."""
    for table, column in ((made.comparison[made.comparison["metric"] == metric], "mean"), (made.transfer, metric)):
        for row in table.to_dict("records"):
            if (row["experiment"], row["train_dataset"], row["test_dataset"]) == (
                side.experiment,
                side.train_dataset,
                side.test_dataset,
            ):
                return row[column]
    return None


def test_every_score_is_the_one_that_a_search_finds(made):
    for experiment in [*EXPERIMENTS, "otsu", "nobody"]:
        for train in [*DATASETS, "all", "none"]:
            for test in [*DATASETS, "elsewhere"]:
                for metric in ("iou", "dice"):
                    side = Comparand(experiment, train, test)
                    found = made.score(side, metric)
                    assert (found and found.mean) == plain_score(made, side, metric), side
    assert made.score(Comparand("modern", "cells", "nuclei"), "iou").mean == pytest.approx(0.6, abs=0.02)


def test_whatever_it_was_trained_on_means_the_only_one(made):
    assert made.score(Comparand("otsu", ANY, "cells"), "iou").mean == 0.3
    assert made.score(Comparand("modern", ANY, "cells"), "iou") is None, "trained on cells and on nuclei"
    assert made.score(Comparand("nobody", ANY, "cells"), "iou") is None


def test_an_interval_is_used_where_the_tables_have_one(made):
    own = Comparand("modern", "cells", "cells")
    assert math.isnan(made.score(own, "iou").low) == ("low" not in made.comparison)
    more = study()
    with_interval = more.comparison.assign(low=more.comparison["mean"] - 0.1, high=more.comparison["mean"] + 0.2)
    abroad = more.transfer.assign(iou_low=0.1, iou_high=0.9)
    more = replace(more, comparison=with_interval, transfer=abroad)
    found = more.score(own, "iou")
    assert (found.low, found.high) == pytest.approx((found.mean - 0.1, found.mean + 0.2))
    found = more.score(Comparand("modern", "cells", "nuclei"), "iou")
    assert (found.low, found.high) == (0.1, 0.9)


def test_a_contrast_with_the_reference_is_the_row_of_the_ablation_table(made):
    row = made.ablation[(made.ablation["experiment"] == "modern") & (made.ablation["test_dataset"] == "cells")]
    row = row[row["metric"] == "iou"].iloc[0]
    modern, reference = Comparand("modern", "cells", "cells"), Comparand("reference", "cells", "cells")
    found, mirrored = made.difference(modern, reference, "iou"), made.difference(reference, modern, "iou")
    assert (found.mean, found.low, found.high, found.runs) == (row["difference"], row["low"], row["high"], row["runs"])
    assert (mirrored.mean, mirrored.low, mirrored.high) == (-found.mean, -found.high, -found.low)


def test_a_contrast_of_two_others_is_that_of_their_differences(made):
    modern, joint = Comparand("modern", "cells", "cells"), Comparand("multi-dataset", "all", "cells")
    reference = Comparand("reference", "cells", "cells")
    found = made.difference(modern, joint, "iou")
    one, other = (made.difference(side, reference, "iou") for side in (modern, joint))
    assert found.mean == pytest.approx(0.3, abs=0.02) and found.mean == one.mean - other.mean
    assert (found.low, found.high) == (one.low - other.high, one.high - other.low)


def test_a_contrast_of_two_test_sets_is_that_of_the_means(made):
    there, back = Comparand("modern", "cells", "nuclei"), Comparand("modern", "nuclei", "nuclei")
    elsewhere = Comparand("modern", "cells", "cells")
    assert made.difference(there, elsewhere, "iou").mean == pytest.approx(-0.2, abs=0.02)
    assert made.difference(there, back, "iou").mean == pytest.approx(-0.2, abs=0.02)  # foreign network: not in ablation
    assert made.difference(there, Comparand("modern", "cells", "moon"), "iou") is None


def test_the_best_trivial_baseline_is_named(made):
    assert (made.trivial("cells", "iou").name, made.trivial("cells", "iou").score) == ("otsu", 0.3)
    assert made.trivial("cells", "dice") is None and made.trivial("moon", "iou") is None


def test_a_missing_score_has_its_reason(made):
    assert made.missing(Comparand("modern", "cells", "moon"), "iou") == "this study does not use moon"
    assert made.missing(Comparand("modern", "moon", "cells"), "iou") == "this study does not use moon"
    assert made.missing(Comparand("ancient", "cells", "cells"), "iou") == "this study does not run ancient"
    assert (
        made.missing(Comparand("modern", "cells", "nuclei"), "seg")
        == "our tables have no seg of modern trained on cells on nuclei"
    )
    assert pd.isna(made.comparison["mean"]).sum() == 0
