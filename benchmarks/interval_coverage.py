"""How often a 95 % interval contains the true value, from simulated studies that are crossed and nested like ours.

    python benchmarks/interval_coverage.py --simulations 2000

A score is the sum of normal effects: level + cluster + image + seed + seed×cluster + seed×image. `bounded` maps the sum
through a logistic curve around 0.9, so that scores are skewed as near 1; `objects` weights images by 1 to 20 objects,
as SEG does. An interval is about the population that it names: further clusters (or further images of these clusters)
and retrained networks (or these networks, with one seed). The table has the coverage of the mean over that population,
the coverage of the mean over other clusters and retrained networks, the same for Student's t over runs and for a
percentile bootstrap (of clusters, images within clusters, and seeds), and how often a true difference of zero has
p < 0.05, by sign flips alone and by the larger of that p and the interval's own, which is the p of the tables.
"""

import argparse
import zlib
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit, stdtrit

from unetlib.evaluation.ablation import FLIPPED_CLUSTERS
from unetlib.evaluation.bootstrap import MIN_CLUSTERS, Scores, contributions, interval
from unetlib.evaluation.significance import sign_flip

NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(40)


@dataclass(frozen=True)
class Design:
    """Numbers per fold, and standard deviations of the effects as scores."""

    folds: int
    clusters: int
    images: int  # per cluster
    seeds: int
    cluster: float = 0.04
    image: float = 0.08
    seed: float = 0.02
    seed_cluster: float = 0.01
    seed_image: float = 0.04
    bounded: bool = False
    objects: bool = False

    def score(self, latent: np.ndarray, sd: float) -> np.ndarray:
        """Return the expected score at a latent level with a remaining normal effect of this SD."""
        if not self.bounded:
            return 0.8 + latent
        points = np.log(9) + 12 * (latent[..., None] + sd * NODES)
        return expit(points) @ WEIGHTS / WEIGHTS.sum()


DESIGNS = {
    "1 sequence, 5 images": Design(1, 1, 5, 3),
    "1 sequence, 9 images": Design(1, 1, 9, 3),
    "1 sequence, 15 images": Design(1, 1, 15, 3),
    "the same, 2 seeds": Design(1, 1, 15, 2),
    "the same, 5 seeds": Design(1, 1, 15, 5),
    "the same, 1 seed": Design(1, 1, 15, 1),
    "the same, bounded": Design(1, 1, 15, 3, bounded=True),
    "the same, objects": Design(1, 1, 15, 3, objects=True),
    "2 folds of 1 sequence, 15 images": Design(2, 1, 15, 3),
    "the same, 2 seeds ": Design(2, 1, 15, 2),
    "the same, 1 seed ": Design(2, 1, 15, 1),
    "2 clusters of 10": Design(1, 2, 10, 3),
    "3 clusters of 10": Design(1, 3, 10, 3),
    "4 clusters of 8": Design(1, 4, 8, 3),
    "5 clusters of 6": Design(1, 5, 6, 3),
    "8 clusters of 5": Design(1, 8, 5, 3),
    "12 clusters of 2": Design(1, 12, 2, 3),
    "30 clusters of 2": Design(1, 30, 2, 3),
    "the same, 1 seed  ": Design(1, 30, 2, 1),
    "the same, 2 seeds  ": Design(1, 30, 2, 2),
    "the same, 5 seeds  ": Design(1, 30, 2, 5),
    "the same, bounded  ": Design(1, 30, 2, 3, bounded=True),
    "the same, objects  ": Design(1, 30, 2, 3, objects=True),
    "the same, no seed effect": Design(1, 30, 2, 3, seed=0, seed_cluster=0),
    "the same, large seed effect": Design(1, 30, 2, 3, seed=0.06),
    "the same, large, 2 seeds": Design(1, 30, 2, 2, seed=0.06),
    "2 folds of 15 clusters of 2": Design(2, 15, 2, 3),
    "1 sequence, 80 images, bounded": Design(1, 1, 80, 3, bounded=True),
    "the same, 2 seeds, unbounded": Design(1, 1, 80, 2),
}


def simulated(design: Design, rng: np.random.Generator) -> tuple[Scores, float, float]:
    """Simulate one study: its scores, the mean that its interval is about, and the mean over clusters and networks."""
    runs, units = design.folds * design.seeds, design.folds * design.clusters
    images = units * design.images
    fold_of_run, unit_of_image = (
        np.repeat(np.arange(design.folds), design.seeds),
        np.repeat(np.arange(units), design.images),
    )
    cluster = rng.normal(0, design.cluster, units)[unit_of_image]
    seed = rng.normal(0, design.seed, runs)[:, None]
    seed_cluster = rng.normal(0, design.seed_cluster, (runs, units))[:, unit_of_image]
    noise = rng.normal(0, design.image, images) + rng.normal(0, design.seed_image, (runs, images))
    values = design.score(cluster + seed + seed_cluster + noise, 0.0)
    weights = np.broadcast_to(
        rng.integers(1, 21, images).astype(float) if design.objects else np.ones(images), values.shape
    )
    values = np.where(fold_of_run[:, None] == unit_of_image // design.clusters, values, np.nan)
    sds = {name: getattr(design, name) for name in ("cluster", "image", "seed", "seed_cluster", "seed_image")}
    total = float(np.sqrt(sum(sd**2 for sd in sds.values())))
    population = float(design.score(np.zeros(()), total))
    scores = Scores.of(values, weights, fold_of_run, unit_of_image)
    given = np.zeros((runs, images))
    held: list[str] = []
    if design.seeds == 1:
        given, held = given + seed, [*held, "seed"]
    if units < MIN_CLUSTERS:
        given, held = given + cluster, [*held, "cluster"]
    if design.seeds == 1 and units < MIN_CLUSTERS:
        given, held = given + seed_cluster, [*held, "seed_cluster"]
    left = float(np.sqrt(sum(sd**2 for name, sd in sds.items() if name not in held)))
    share = np.where(np.isnan(values), 0, 1 / design.folds / design.seeds / design.clusters / design.images)
    if units < MIN_CLUSTERS and design.objects:
        share = np.where(np.isnan(values), 0, weights) / (np.nan_to_num(values * 0 + 1, nan=0) * weights).sum()
    return scores, float((design.score(given, left) * share).sum()), population


def over_runs(scores: Scores) -> tuple[float, float]:
    """Return Student's t-interval over runs."""
    runs = scores.run_means
    half = stdtrit(len(runs) - 1, 0.975) * runs.std(ddof=1) / np.sqrt(len(runs)) if len(runs) > 1 else np.nan
    return runs.mean() - half, runs.mean() + half


def percentile(scores: Scores, rng: np.random.Generator, resamples: int = 500) -> tuple[float, float]:
    """Return the percentile interval of a nested bootstrap: clusters, images within clusters, seeds within folds."""
    share, names = scores.shares, np.unique(scores.clusters)
    counts = np.zeros((resamples, share.shape[1]))
    drawn = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=resamples)
    for place, name in enumerate(names):
        own = np.flatnonzero(scores.clusters == name)
        counts[:, own] = rng.multinomial(drawn[:, place] * len(own), np.full(len(own), 1 / len(own)))
    numerator, denominator = counts @ (share * scores.values).T, counts @ share.T
    seeds = np.zeros_like(numerator)
    for fold in np.unique(scores.folds):
        own = np.flatnonzero(scores.folds == fold)
        seeds[:, own] = rng.multinomial(len(own), np.full(len(own), 1 / len(own)), size=resamples)
    means = np.divide(numerator, denominator, out=np.zeros_like(numerator), where=denominator > 0)
    kept = seeds * (denominator > 0)
    low, high = np.quantile((means * kept).sum(1) / np.maximum(kept.sum(1), 1), [0.025, 0.975])
    return float(low), float(high)


def measured(name: str, design: Design, simulations: int) -> list[str]:
    """Return one row of the table: coverage with its standard error, width, and the rates of the other methods."""
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    rows, words = [], ""
    for simulation in range(simulations):
        scores, claim, population = simulated(design, rng)
        low, high, _, words = interval(scores, f"{name} {simulation}", (0.0, 1.0))
        null = replace(scores, values=scores.values - claim)
        clusters = len(np.unique(scores.clusters))
        units = scores.clusters if clusters >= FLIPPED_CLUSTERS else np.arange(len(scores.clusters))
        flip = sign_flip(contributions(null, units)[0], f"{name} {simulation}")
        both = max(flip, interval(null, f"{name} {simulation}").p)
        others = [over_runs(scores), percentile(scores, rng)]
        rows.append(
            [low <= claim <= high, low <= population <= high, high - low]
            + [a <= population <= b for a, b in others]
            + [flip < 0.05, both < 0.05]
        )
    table = np.array(rows, dtype=float)
    covered, anything, _, student, plain, flips, both = 100 * table.mean(0)
    error = np.sqrt(covered * (100 - covered) / simulations)
    return [
        name.strip(),
        words,
        f"{covered:.1f} ± {error:.1f}",
        f"{np.median(table[:, 2]):.3f}",
        f"{anything:.1f}",
        "–" if design.folds * design.seeds < 2 else f"{student:.1f}",
        f"{plain:.1f}",
        f"{flips:.1f}",
        f"{both:.1f}",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--simulations", type=int, default=2000)
    parser.add_argument("--only", default="", help="run the designs whose name contains this")
    arguments = parser.parse_args()
    titles = "study | resampled | coverage (%) | width | coverage of all | t over runs | percentile"
    print(f"| {titles} | sign flips < 0.05 | p < 0.05 |\n|---|---|{'---:|' * 7}")
    for name, design in DESIGNS.items():
        if arguments.only in name:
            print(f"| {' | '.join(measured(name, design, arguments.simulations))} |", flush=True)


if __name__ == "__main__":
    main()
