"""Coverage of the 95 % intervals and power of the tests, from simulated studies like ours.

    python -m benchmarks.interval_coverage --write docs/statistics.md

Every study has several arms of equal true score. The columns are: the percentage of differences from the reference
whose interval contains the truth (0); half the median width; how often a true difference of EFFECT is clear, as it is
judged for a claim; and the percentage of differences in intervals from their own scores alone (steps of waterfalls,
pitfalls), and of the reference's scores. The rules of before December 2026 (`old_intervals`) are applied to the same
data, of the first OLD studies of a design; there, p was corrected for a table of OLD_FAMILY comparisons.

A cell of films has a number for each of RHOS, the correlation of successive frames. Designs with one seed have no
interval that covers retraining. Theirs are about the images that these networks would score next, so their networks
have no spread here.
"""

import argparse
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks import old_intervals
from benchmarks.simulated_studies import Design, arms_of, simulate
from tools.marked_sections import write_section
from unetlib.evaluation.decision import ALPHA
from unetlib.evaluation.spread import Spread, unmoderated

EFFECT = 0.05
OLD_FAMILY, OLD = 30, 200
BOUNDS = (-1.0, 1.0)
RHOS = (0.0, 0.3, 0.5, 0.7)
FILMS = {  # test frames of a study: folds × frames
    "EM, 6 slices": Design(1, 6, 2, films="one for all folds"),
    "EM, 2 folds of 6": Design(2, 6, 2, films="one for all folds"),
    "EM, 5 folds of 6": Design(5, 6, 2, films="one for all folds"),
    "HeLa, 9 frames": Design(1, 9, 2),
    "HeLa, 2 folds of 9": Design(2, 9, 2),
    "U373, 2 folds of 17": Design(2, 17, 2),
    "GOWT1, 2 folds of 4": Design(2, 4, 2),
}
GROUPS = {
    "DSB, 20 groups of 2": Design(1, 40, 2, films="groups"),
    "DSB, 2 folds of 40 groups": Design(2, 80, 2, films="groups"),
    "12 images apart": Design(1, 12, 2, films="apart"),
}
OTHERS = {
    "HeLa, 2 folds of 9": Design(2, 9, 5),
    "HeLa, 2 folds, bounded scores": Design(2, 9, 2, bounded=True),
    "HeLa, 2 folds, by objects": Design(2, 9, 2, objects=True),
    "HeLa, 2 folds, networks of unequal spread": Design(2, 9, 2, spread=4),
    "HeLa, 2 folds, one arm collapses": Design(2, 9, 2, collapse=True),
    "HeLa, 2 folds, large spread": Design(2, 9, 2, network=0.06),
    "HeLa, 2 folds, network × frame dominates": Design(2, 9, 2, network=0.005, arm_frame=0.005, network_frame=0.08),
    "HeLa, 2 folds, 2 arms": Design(2, 9, 2, arms=2),
    "HeLa, 2 folds, 4 arms": Design(2, 9, 2, arms=4),
    "HeLa, 2 folds, 30 arms": Design(2, 9, 2, arms=30),
    "HeLa, 9 frames, half of the arms trained once": Design(1, 9, 3, one_seed_arms=4),
}
TITLES = ["tested on", "seeds", "covered", "±", "found", "alone", "score", "covered, old", "±, old", "found, old"]
TITLES += ["score, old"]


def designs() -> Iterator[tuple[str, list[Design]]]:
    """Yield every row of the table: films, each with all RHOS of successive frames, then all other designs."""
    for name, design in FILMS.items():
        for seeds in (1, 2, 3):
            yield name, [replace(design, seeds=seeds, rho=rho) for rho in RHOS]
    for name, design in GROUPS.items():
        for seeds in (1, 2, 3):
            yield name, [replace(design, seeds=seeds)]
    yield from ((name, [design]) for name, design in OTHERS.items())


def row(name: str, alike: Sequence[Design], simulations: int) -> str:
    """Return a row of the table, whose cells have a number for every design."""
    cells = zip(*(measured(name, design, simulations) for design in alike), strict=True)
    return f"| {' | '.join([name, str(alike[0].seeds), *(_joined(each) for each in cells)])} |"


def _joined(cells: Sequence[str]) -> str:
    return cells[0] if len(set(cells)) == 1 and cells[0] == "–" else " · ".join(cells)


def measured(name: str, design: Design, simulations: int) -> list[str]:
    """Return the cells of a design."""
    rng = np.random.default_rng(zlib.crc32(f"{name} {design.seeds} {design.rho}".encode()))
    reference, *others = arms_of(design)
    others = others[: len(others) - design.collapse]
    if design.seeds == 1:
        design = replace(design, network=0.0)
    new, scores, old, old_scores = [], [], [], []
    for place in range(simulations):
        spread = Spread.of(simulate(design, rng))
        for arm in others:
            pair, found = spread.grid.difference(arm, reference), spread.difference(arm, reference, BOUNDS)
            assert pair is not None and found is not None
            alone = unmoderated(pair, BOUNDS)
            # a difference of EFFECT has the same interval, shifted
            held = [found.low <= 0 <= found.high, (found.high - found.low) / 2, found.p_of(-EFFECT) < ALPHA]
            new.append([*held, alone.low <= 0 <= alone.high])
        mean, own = spread.mean(reference, BOUNDS), spread.grid.scores(reference)
        scores.append([mean.low <= 0 <= mean.high])
        if place < OLD:
            pair = spread.grid.difference(others[0], reference)
            assert pair is not None
            low, high, p = _by_old_rules(pair, rng)
            old.append([low <= 0 <= high, (high - low) / 2, p < ALPHA / OLD_FAMILY])
            low, high, _ = _by_old_rules(own, rng)
            old_scores.append([low <= 0 <= high])
    cells = [_percent(new, 0), _width(new), _percent(new, 2), _percent(new, 3), _percent(scores, 0)]
    cells += [_percent(old, 0), _width(old), _percent(old, 2), _percent(old_scores, 0)]
    if design.bounded:
        cells[4] = cells[8] = "–"  # the true mean of a curved score is not 0
    if design.seeds == 1:
        cells[2] = cells[7] = "–"  # nothing can be clear
    return cells


def _percent(rows: Sequence[Sequence[float]], column: int) -> str:
    return f"{100 * float(np.mean([row[column] for row in rows])):.0f}"


def _width(rows: Sequence[Sequence[float]]) -> str:
    return f"{float(np.median([row[1] for row in rows])):.3f}"


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
    for name, alike in designs():
        if arguments.only in name:
            lines.append(row(name, alike, arguments.simulations))
            print(lines[-1], flush=True)
    if arguments.write:
        write_section(arguments.write, "coverage", "benchmarks/interval_coverage.py", lines)


if __name__ == "__main__":
    main()
