"""Runs that were trained again are compared with their deposited twins, score by score."""

import sys

import pandas as pd
import pytest

from tools import compare_runs
from unetlib.evaluation.long_table import SCORE_COLUMNS
from unetlib.report.deposit import DepositError


def scores(*values: tuple[str, str, str], experiment: str = "reference", seed: str = "0") -> pd.DataFrame:
    rows = [(experiment, "cells", "cells", "0", seed, image, metric, value) for image, metric, value in values]
    return pd.DataFrame(rows, columns=[*SCORE_COLUMNS])


DEPOSITED = scores(("a", "dice", "0.9"), ("b", "dice", "0.8"), ("a", "seg", "0.70"), ("b", "seg", ""))


def test_same_scores_are_the_same_and_differ_by_nothing():
    (row,) = compare_runs.compare(DEPOSITED, DEPOSITED).to_dict("records")
    assert (row["scores"], row["same"], row["dice"], row["seg"]) == (4, 4, 0, 0)
    assert pd.isna(row["iou"]), "no score of it"


def test_a_changed_score_is_counted_and_moves_the_mean():
    again = scores(("a", "dice", "0.9"), ("b", "dice", "0.7"), ("a", "seg", "0.7"), ("b", "seg", ""))
    (row,) = compare_runs.compare(again, DEPOSITED).to_dict("records")
    assert row["same"] == 2, "0.7 and 0.70 are not the same text"
    assert row["dice"] == pytest.approx(-0.05) and row["seg"] == 0


def test_runs_of_one_side_alone_are_left_out():
    again = pd.concat([DEPOSITED, scores(("a", "dice", "0.9"), seed="7")])
    assert len(compare_runs.compare(again, DEPOSITED)) == 1
    with pytest.raises(DepositError, match="no run of these results is deposited"):
        compare_runs.compare(scores(("a", "dice", "0.9"), seed="7"), DEPOSITED)


def test_files_of_runs_are_read_as_text(tmp_path):
    place = tmp_path / "scores/reference/cells"
    place.mkdir(parents=True)
    DEPOSITED.to_csv(place / "fold0-seed0.csv", index=False)
    (tmp_path / "scores/all.csv").write_text("not a run's\n")
    pd.testing.assert_frame_equal(compare_runs.read_runs(tmp_path), DEPOSITED)


@pytest.mark.parametrize(("name", "said"), [("moon", "study moon has no deposit"), ("decisive", "no scores of a run")])
def test_an_error_is_one_line(tmp_path, monkeypatch, capsys, name, said):
    monkeypatch.setattr(sys, "argv", ["compare_runs", str(tmp_path / name)])
    assert compare_runs.main() == 1
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1
