"""Silver truth is scored where gold truth is known, and by plain counting of pixels."""

import numpy as np
import pandas as pd
import pytest

from unetlib.datasets.dataset import Sample, write_dataset
from unetlib.evaluation.silver_truth import COLUMNS, silver_line, silver_quality, silver_shown


def labels(*boxes):
    """Squares of 10 px at these columns, as instances 1, 2 …"""
    found = np.zeros((20, 60), np.uint16)
    for number, column in enumerate(boxes, 1):
        found[5:15, column : column + 10] = number
    return found


def frame(name, sequence="01", **truths):
    image = np.random.default_rng(len(name)).integers(0, 255, (20, 60)).astype(np.uint8)
    return Sample(name, sequence, 0, sequence, "m", image, **truths)


def test_silver_is_scored_against_gold_by_sequence(tmp_path):
    unknown = np.zeros((20, 60), bool)
    unknown[:, 40:] = True
    samples = [
        frame("a", labels=labels(0, 20, 40), silver=labels(0, 22, 40)),  # the second 2 of 10 columns beside
        frame("bb", labels=labels(0), silver=labels(0, 44), ignore=unknown),  # a cell that gold leaves open
        frame("ccc", "02", labels=labels(0, 20), silver=labels(0)),  # one is missing
        frame("dddd", "02", silver=labels(0)),
        frame("eeeee", "03", labels=labels(0)),
    ]
    write_dataset(tmp_path / "cells", samples, near_duplicates=False)
    one, two = silver_quality(tmp_path / "cells")
    assert [*one] == list(COLUMNS)
    assert (one["sequence"], one["frames"], one["objects"], one["trained_on"]) == ("01", 2, 4, 2)
    assert one["seg"] == pytest.approx((1 + 80 / 120 + 1 + 1) / 4)
    assert one["dice"] == pytest.approx((2 * 280 / 600 + 1) / 2)
    assert (two["sequence"], two["frames"], two["seg"], two["dice"]) == ("02", 1, 0.5, pytest.approx(2 / 3))
    write_dataset(tmp_path / "cells", samples, near_duplicates=False, training_truth="gold")
    assert [row["trained_on"] for row in silver_quality(tmp_path / "cells")] == [1, 0], "a partial frame keeps silver"
    assert silver_line(one).endswith("SEG 0.917, Dice 0.967 (2 frames, 4 objects)")
    assert silver_shown(pd.DataFrame([one, two]))["SEG"].tolist() == ["0.917", "0.500"]


def test_a_dataset_without_both_truths_has_no_row(tmp_path):
    write_dataset(tmp_path / "cells", [frame("a", labels=labels(0))])
    assert not [*silver_quality(tmp_path / "cells")]
