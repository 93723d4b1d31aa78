"""Coverage of the 95 % intervals and power of the tests, from simulated studies like ours.

    python -m benchmarks.interval_coverage --simulations 300 --write docs/statistics.md

Every study has several arms of equal true score. The columns are: the percentage of differences from the reference
whose interval contains the truth (0); half the median width; how often a true difference of EFFECT is clear; and the
percentage of the reference's scores whose interval contains the truth. A difference counts as clear if its p is
significant as the smallest of a family of three under the present rules, or of a table of 30 under the old rules
(`old_intervals`), which are applied to the same data.
"""

import argparse
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks import old_intervals
from benchmarks.simulated_studies import Design, arms_of, simulate
from tools.marked_sections import write_section
from unetlib.evaluation.spread import Spread

EFFECT = 0.05
FAMILY, OLD_FAMILY = 3, 30
BOUNDS = (-1.0, 1.0)
FILMS = {  # test frames of a study: folds × frames
    "EM, 6 slices": Design(1, 6, 2, films="one for all folds"),
    "EM, 2 folds of 6": Design(2, 6, 2, films="one for all folds"),
    "EM, 5 folds of 6": Design(5, 6, 2, films="one for all folds"),
    "HeLa, 9 frames": Design(1, 9, 2),
    "HeLa, 2 folds of 9": Design(2, 9, 2),
    "U373, 15 frames": Design(1, 15, 2),
    "U373, 2 folds of 17": Design(2, 17, 2),
    "GOWT1, 2 folds of 4": Design(2, 4, 2),
}
OTHERS = {
    "DSB, 20 groups of 2": Design(1, 40, 2, films="groups"),
    "DSB, 2 folds of 40 groups": Design(2, 80, 2, films="groups"),
    "demo, 6 images apart": Design(1, 6, 2, films="apart"),
    "HeLa, 2 folds, bounded scores": Design(2, 9, 2, bounded=True),
    "HeLa, 2 folds, by objects": Design(2, 9, 2, objects=True),
    "HeLa, 2 folds, networks of unequal spread": Design(2, 9, 2, spread=4),
    "HeLa, 2 folds, one arm collapses": Design(2, 9, 2, collapse=True),
    "HeLa, 2 folds, large spread": Design(2, 9, 2, network=0.06),
    "HeLa, 2 folds, 4 arms": Design(2, 9, 2, arms=4),
    "HeLa, 2 folds, 30 arms": Design(2, 9, 2, arms=30),
    "HeLa, 9 frames, half of the arms trained once": Design(1, 9, 3, one_seed_arms=4),
    "HeLa, 2 folds, all trained once": Design(2, 9, 1),
}
TITLES = ["tested on", "seeds", "ρ", "covered", "±", "found", "covered, old", "±, old", "found, old"]
TITLES += ["score covered", "score covered, old"]


def designs() -> list[tuple[str, Design]]:
    """Return every row of the table: films with increasing correlation of successive frames, then all other designs."""
    films = [
        (name, replace(design, rho=rho, seeds=seeds))
        for name, design in FILMS.items()
        for seeds in (2, 3)
        for rho in (0.0, 0.3, 0.5, 0.7)
        if seeds == 2 or rho in (0.0, 0.7)
    ]
    few = list(OTHERS.items())
    return [*films, *few, ("HeLa, 2 folds of 9", replace(FILMS["HeLa, 2 folds of 9"], seeds=5))]


def measured(name: str, design: Design, simulations: int) -> list[str]:
    """Return a row of the table."""
    rng = np.random.default_rng(zlib.crc32(f"{name} {design.seeds} {design.rho}".encode()))
    reference, *others = arms_of(design)
    others = others[: len(others) - design.collapse]
    new, old, scores = [], [], []
    for _ in range(simulations):
        spread = Spread.of(simulate(design, rng))
        for place, arm in enumerate(others):
            found = spread.difference(arm, reference, BOUNDS)
            assert found is not None
            held = [found.low <= 0 <= found.high, (found.high - found.low) / 2]
            new.append([*held, found.p_of(-EFFECT) < 0.05 / FAMILY if place == 0 else np.nan])
        pair = spread.grid.difference(others[0], reference)
        assert pair is not None
        low, high, p = _by_old_rules(pair, rng)
        old.append([low <= 0 <= high, (high - low) / 2, p < 0.05 / OLD_FAMILY])
        alone, own = spread.mean(reference, BOUNDS), spread.grid.scores(reference)
        low, high, _ = _by_old_rules(own, rng)
        scores.append([alone.low <= 0 <= alone.high, low <= 0 <= high])
    covered, width, found_new = _percent(new)
    old_covered, old_width, found_old = _percent(old)
    ours, theirs = 100 * np.mean(scores, axis=0)
    cells = [f"{covered:.0f}", f"{width:.3f}", f"{found_new:.0f}", f"{old_covered:.0f}", f"{old_width:.3f}"]
    cells += [f"{found_old:.0f}", f"{ours:.0f}", f"{theirs:.0f}"]
    if design.bounded:
        cells[-2:] = ["–", "–"]  # the true mean of a curved score is not 0
    return [name, str(design.seeds), f"{design.rho:.1f}" if design.films.startswith("one") else "–", *cells]


def _percent(rows: list[list[float]]) -> tuple[float, float, float]:
    table = np.array(rows, dtype=float)
    return 100 * table[:, 0].mean(), float(np.median(table[:, 1])), 100 * float(np.nanmean(table[:, 2]))


def _by_old_rules(scores: old_intervals.Scores, rng: np.random.Generator) -> tuple[float, float, float]:
    drawn = old_intervals.draws(scores, rng)
    low, high = np.quantile(scores.run_means.mean() + drawn, [0.025, 0.975])
    return float(low), float(high), old_intervals.p_of_shift(scores, drawn, EFFECT)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--simulations", type=int, default=300)
    parser.add_argument("--only", default="", help="run the designs whose name contains this")
    parser.add_argument("--write", type=Path, help="the page whose section is replaced")
    arguments = parser.parse_args()
    lines = [f"`python -m benchmarks.interval_coverage --simulations {arguments.simulations}`", ""]
    lines += [f"| {' | '.join(TITLES)} |", f"|---|{'---:|' * (len(TITLES) - 1)}"]
    print("\n".join(lines))
    for name, design in designs():
        if arguments.only in name:
            lines.append(f"| {' | '.join(measured(name, design, arguments.simulations))} |")
            print(lines[-1], flush=True)
    if arguments.write:
        write_section(arguments.write, "coverage", "benchmarks/interval_coverage.py", lines)


if __name__ == "__main__":
    main()
