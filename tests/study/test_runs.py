from pathlib import PurePath

import pytest

from unetlib.evaluation.long_table import SCORE_COLUMNS
from unetlib.study.runs import Run, RunError, run_of


def test_the_rows_of_a_run_name_it():
    place = Run("no-skip", "all", 1, 7).place("hela", "t003")
    assert dict(zip(SCORE_COLUMNS, place, strict=False)) == {
        "experiment": "no-skip",
        "train_dataset": "all",
        "test_dataset": "hela",
        "fold": 1,
        "seed": 7,
        "image": "t003",
    }
    assert SCORE_COLUMNS[len(place) :] == ("metric", "value")


def test_a_run_is_known_by_where_its_files_stand():
    for run in (Run("reference", "a", 0, 0), Run("no-skip", "all", 11, 7)):
        for place in (f"runs/{run.path}", f"results/s/predictions/{run.path}.npz", f"{run.path}.csv"):
            assert run_of(PurePath(place)) == run
    for place in ("fold0-seed0", "a/b/fold0.csv", "a/b/fold0-seedx"):
        with pytest.raises(RunError, match="is not of a run"):
            run_of(PurePath(place))
