"""How often a finished study's design decides, and how often it is right, from simulated studies of the same design.

    python -m benchmarks.decisions results/demo

Every simulated study has the seeds, folds, test images and trained arms of the given one, and the spread of its power
table: `network_sd` between retrained networks, `image_sd` between images of a difference (half of its variance is of
the arm, half of its networks), `correlation` of successive frames. The true differences from the reference are those
that the study found; or none, so that every clear comparison is wrong; or exactly the margin, so that every equivalent
one is. A decision is right if a clear difference has the true sign and an equivalent one is within the margin.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.simulated_studies import Design, arms_of, simulate
from unetlib.evaluation.decision import MARGIN, decided
from unetlib.evaluation.intervals import CLUSTERS, resampled_units
from unetlib.evaluation.score_grids import Grid
from unetlib.evaluation.spread import UNTRAINED, Spread
from unetlib.evaluation.tables import read_long

BOUNDS = (-1.0, 1.0)
TRUTHS = {"as found": None, "none": 0.0, "the margin": MARGIN}
TITLES = [
    "tested on",
    "true differences",
    "comparisons",
    "decided",
    "right of the decided",
    "wrong of all",
    "all right in a study",
]


def design_of(power: Mapping[str, Any], comparison: pd.DataFrame, seeds: int, folds: int) -> Design:
    """Return the design of a study on one test dataset. power: its row of the power table; comparison: its scores."""
    reference = comparison.iloc[0]
    per_arm = power["image_sd"] ** 2 / 4  # a difference has two arms, and half of its variance is of the networks
    images = int(reference["images"]) // folds
    return Design(
        folds,
        images,
        seeds,
        arms=int(power["arms"]),
        films="apart" if CLUSTERS in resampled_units(reference["resampled"]) else "one per fold",
        rho=float(power["correlation"]),
        arm_frame=float(np.sqrt(per_arm)),
        network_frame=float(np.sqrt(per_arm * seeds)),
        network=float(np.sqrt(max(power["network_sd"] ** 2 - per_arm * seeds / images, 0))),
    )


def measured(design: Design, truths: np.ndarray, simulations: int) -> tuple[float, float, float, float]:
    """Return percentages: decided comparisons, right decisions among them, wrong ones of all comparisons, and studies
    with no wrong decision.

    truths: the true difference of each arm but the reference.
    """
    rng = np.random.default_rng(len(truths))
    reference, *others = arms_of(design)
    found = np.zeros((simulations, len(truths), 2), dtype=bool)
    for place in range(simulations):
        grid = simulate(design, rng)
        shifts = dict(zip(others, truths, strict=True)) | {reference: 0.0}
        values = {arm: value + shifts[arm] for arm, value in grid.values.items()}
        spread = Spread.of(Grid(values, grid.weights, grid.folds, grid.clusters, grid.times))
        for number, (arm, truth) in enumerate(zip(others, truths, strict=True)):
            held = spread.difference(arm, reference, BOUNDS)
            assert held is not None
            clear = decided(held.p, held.resampled)
            equivalent = decided(max(held.p_within(MARGIN)), held.resampled)
            wrong = (clear and held.mean * truth <= 0) or (equivalent and abs(truth) >= MARGIN)
            found[place, number] = clear or equivalent, wrong
    some, wrong = found[:, :, 0], found[:, :, 1]
    right = 100 * (1 - wrong.sum() / some.sum()) if some.any() else 100.0
    return 100 * float(some.mean()), float(right), 100 * float(wrong.mean()), 100 * float((~wrong.any(1)).mean())


def table(folder: Path, simulations: int) -> list[str]:
    """Return the lines of a Markdown table for the finished study in this folder."""
    power, comparison, ablation = (
        read_long(folder / f"tables/{name}.csv") for name in ("power", "comparison", "ablation")
    )
    costs = pd.read_csv(folder / "tables/costs.csv").iloc[:-1]
    seeds, folds = costs["seed"].nunique(), costs["fold"].nunique()
    lines = [f"| {' | '.join(TITLES)} |", f"|---|---|{'---:|' * 5}"]
    for record in power.to_dict("records"):
        row = {str(name): value for name, value in record.items()}
        place = (comparison["test_dataset"] == row["test_dataset"]) & (comparison["metric"] == row["metric"])
        effects = ablation[(ablation["test_dataset"] == row["test_dataset"]) & (ablation["metric"] == row["metric"])]
        effects = effects[~effects["train_dataset"].isin(UNTRAINED) & effects["primary"]]
        if effects.empty or pd.isna(row["network_sd"]):
            continue
        design = design_of(row | {"arms": len(effects) + 1}, comparison[place], seeds, folds)
        for name, truth in TRUTHS.items():
            truths = effects["difference"].to_numpy(dtype=float) if truth is None else np.full(len(effects), truth)
            cells = [f"{each:.1f} %" for each in measured(design, truths, simulations)]
            lines.append(f"| {' | '.join([row['test_dataset'], name, str(len(effects)), *cells])} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="results/<study>")
    parser.add_argument("--simulations", type=int, default=500)
    arguments = parser.parse_args()
    print("\n".join(table(arguments.folder, arguments.simulations)))


if __name__ == "__main__":
    main()
