"""long_table: rows by column, and the mean over images against the tables' own."""

import math

import pytest
from builders.scores import random_scores

from unetlib.evaluation import tables
from unetlib.evaluation.long_table import POOLED_BY, RUN_COLUMNS, long_rows, mean_score


def long(metric, values, objects=()):
    rows = [{"image": str(n), "metric": metric, "value": str(value)} for n, value in enumerate(values)]
    return rows + [{"image": str(n), "metric": "objects", "value": str(count)} for n, count in enumerate(objects)]


def test_rows_of_the_long_table_follow_its_columns():
    assert long_rows(("image", "metric", "value"), ("a",), {"iou": 0.5, "seg": 1.0}) == [
        {"image": "a", "metric": "iou", "value": 0.5},
        {"image": "a", "metric": "seg", "value": 1.0},
    ]


def test_means_leave_out_what_is_undefined():
    assert mean_score("iou", long("iou", [0.25, math.nan, 0.75])) == 0.5
    assert math.isnan(mean_score("iou", long("iou", [math.nan])))


def test_seg_is_pooled_over_objects():
    assert mean_score("seg", long("seg", [0.9, 0.3], [1, 5])) == pytest.approx(0.4)
    assert mean_score("iou", long("iou", [0.9, 0.3], [1, 5])) == pytest.approx(0.6)
    assert math.isnan(mean_score("seg", long("seg", [1.0], [0])))


@pytest.mark.parametrize("seed", range(4))
def test_the_tables_average_a_run_in_the_same_way(seed):
    """tables.per_run is the fast way over a whole study, mean_score the plain one over one run."""
    scores = random_scores(seed, missing=0.2)
    names = ["iou", "dice", "seg", "map"]
    fast = tables.per_run(tables.with_weights(scores, None, names))
    found = {(*(row[name] for name in RUN_COLUMNS), row["metric"]): row["value"] for row in fast.to_dict("records")}
    plain = {}
    for run, rows in scores.groupby(tables.RUN):
        texts = [{key: str(value) for key, value in row.items()} for row in rows.to_dict("records")]
        plain |= {(*run, name): mean_score(name, texts) for name in names}
    assert found == pytest.approx({key: value for key, value in plain.items() if not math.isnan(value)})


def test_every_pooled_metric_is_one_of_the_tables():
    assert set(POOLED_BY) <= set(tables.METRICS) and set(tables.METRICS) >= {"v_rand_thinned", "v_info_thinned"}
