"""Difference of two arms with the seeds as the only replicates.

    python -m tools.by_seed further modern sgd phc-u373 dice seg

Networks of one seed start from the same weights on every fold, which the intervals of the tables do not model. Here the
folds of a seed are averaged first, and the interval is Student's t over the seeds. Reads docs/results/STUDY and its
deposit. Metrics are those of the tables, by their names in the CSV files, and of the validation curve.
"""

import argparse
import io
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from tools.published_pages import DEPOSITS, PUBLISHED
from unetlib.evaluation.curves import METRICS as CURVE_METRICS
from unetlib.evaluation.curves import curve_scores
from unetlib.io.files import read_json
from unetlib.io.packed import read_packed
from unetlib.report.deposit import HISTORY, STUDY
from unetlib.study.runs import JOINT


class BySeed(NamedTuple):
    """The mean difference over seeds, and the half widths of its 95 % and 90 % intervals."""

    mean: float
    half95: float
    half90: float

    def text(self) -> str:
        """Return the mean with both intervals."""
        ends = [f"[{self.mean - half:+.3f}, {self.mean + half:+.3f}]" for half in (self.half95, self.half90)]
        return f"{self.mean:+.3f}, 95 % {ends[0]}, 90 % {ends[1]}"


def scores(root: Path, study: str, arm: str, dataset: str, metric: str) -> pd.Series:
    """Return the score of each network of an arm on a dataset that trained it, by fold and seed; KeyError without."""
    if metric in CURVE_METRICS:
        history = pd.read_csv(io.BytesIO(read_packed(root / DEPOSITS / study / HISTORY)))
        own = history[(history["experiment"] == arm) & (history["train_dataset"] == dataset)]
        curves = own.dropna(subset=["validation_dice"]).groupby(["fold", "seed"])
        found = {key: curve_scores(*each[["update", "validation_dice"]].to_numpy().T)[metric] for key, each in curves}
        made = pd.Series(found, dtype=float)
    else:
        table = pd.read_csv(root / PUBLISHED / study / "differences.csv")
        own = table[table["train_dataset"].isin([dataset, JOINT]) & (table["test_dataset"] == dataset)]
        own = own[own["metric"] == metric]
        made = own[own["experiment"] == arm].set_index(["fold", "seed"])["variant"]
        if made.empty and arm == read_json(root / DEPOSITS / study / STUDY)["facts"]["reference"]:
            made = own.groupby(["fold", "seed"])["reference"].first()
    if made.empty:
        raise KeyError(f"{study} has no {metric} of {arm} on {dataset}")
    return made


def difference(left: pd.Series, right: pd.Series) -> BySeed:
    """Return the difference of two arms: the folds of a seed averaged, then Student's t over the seeds."""
    pairs = (left - right).dropna()
    seeds = pairs.groupby(level=1).mean().to_numpy()
    error = float(np.std(seeds, ddof=1) / np.sqrt(len(seeds)))
    half95, half90 = (float(stats.t.ppf(level, len(seeds) - 1)) * error for level in (0.975, 0.95))
    return BySeed(float(seeds.mean()), half95, half90)


def main() -> int:
    """Print a line per metric; what the study does not have is an error of one line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("study", "arm", "other", "dataset"):
        parser.add_argument(name)
    parser.add_argument("metrics", nargs="+")
    given = parser.parse_args()
    try:
        for metric in given.metrics:
            arms = (scores(Path(), given.study, arm, given.dataset, metric) for arm in (given.arm, given.other))
            print(f"{given.arm} − {given.other}, {given.dataset}, {metric}: {difference(*arms).text()}")
    except (KeyError, OSError) as error:
        print(f"error: {error.args[0] if isinstance(error, KeyError) else error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
