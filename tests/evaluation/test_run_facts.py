"""The table of costs: one row per run in the study's order, and the total."""

from unetlib.evaluation import run_facts, tables
from unetlib.networks.run_record import RunFacts

ORDERS = {"datasets": ["nuclei", "cells"], "experiments": ["reference", "no-skip", "joint"]}


def test_costs_sum_seconds_and_keep_the_largest_memory() -> None:
    fact = {"experiment": "no-skip", "train_dataset": "cells", "parameters": 10, "updates": 5, "train_seconds": 1.5}
    rows = [
        fact | {"fold": 0, "seed": 1, "peak_memory_bytes": 2**20},
        fact | {"fold": 0, "seed": 0, "peak_memory_bytes": 3 * 2**20, "device": "cpu"},
        fact | {"experiment": "reference", "fold": 1, "seed": 0},
    ]
    table = run_facts.cost_table([RunFacts(**row) for row in rows], **ORDERS)
    assert list(table["experiment"]) == ["reference", "no-skip", "no-skip", "total"]
    assert list(table["seed"][:3]) == [0, 0, 1]
    total = table.iloc[-1]
    assert (total["train_seconds"], total["updates"], total["peak_memory_mib"]) == (4.5, 15, 3.0)
    assert tables.to_csv(table).splitlines()[-1] == "total,,,,10,15,,4.500000,3.000000,,"


def test_no_runs_cost_nothing() -> None:
    assert run_facts.cost_table([], **ORDERS).empty
