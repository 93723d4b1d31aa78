"""benchmarks of the statistics: how often a design decides and is right, and a row of the coverage table."""

from dataclasses import replace

import numpy as np

from benchmarks import decisions, interval_coverage
from benchmarks.simulated_studies import Design


def test_a_simulated_design_decides_what_is_large_and_says_how_often_it_is_right() -> None:
    design = Design(1, 12, 3, arms=5, network=0.005, arm_frame=0.005, network_frame=0.005)
    assert decisions.measured(design, np.array([0.2, -0.2, 0.3, -0.1]), 10) == (100.0, 100.0, 0.0, 100.0)
    some, right, wrong, whole = decisions.measured(design, np.full(4, 0.02), 10)
    assert some > 0 and whole <= right <= 100 and wrong <= 100 - right, (
        "a difference of the margin is clear or open, and seldom equivalent"
    )
    assert decisions.measured(replace(design, network=0.3), np.zeros(4), 10)[0] < 50


def test_a_row_of_the_coverage_table_has_a_number_for_each_correlation() -> None:
    made = interval_coverage.row("films", [Design(1, 4, 1, arms=3, rho=rho) for rho in (0.0, 0.5)], 2)
    name, seeds, covered, _, found, *rest = made.strip("| ").split(" | ")
    assert (name, seeds, found) == ("films", "1", "–"), "of networks trained once nothing can be clear"
    assert len(covered.split(" · ")) == 2 and len(rest) == len(interval_coverage.TITLES) - 5
