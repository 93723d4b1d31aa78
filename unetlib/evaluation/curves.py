"""Shape of learning curves: the roughness of a validation curve and its rise time, as rows of a long table.

roughness: the SD of the successive differences of validation Dice, divided by √2. For independent noise around a slow
trend this estimates the SD of the noise, nearly independent of the trend (the mean square successive difference of von
Neumann, Kent, Bellinson and Hart, Annals of Mathematical Statistics 12, 1941). It uses only the evaluations from the
first one that reaches 95 % of the best: earlier differences are learning, not noise.

updates_to_95: updates until validation Dice first reaches 95 % of its best. A single lucky late evaluation hardly
changes it, whereas the update of the best evaluation depends on the noise. Its resolution is training.evaluate_every.

last_validation_dice: validation Dice of the last evaluation, which has no selection bias.

For the first two, lower is better. Curves are of validation images, so they are kept apart from test scores. A curve
has no images: its intervals cover seeds alone.
"""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from unetlib.evaluation.intervals import EQUIVALENCE_LEVEL, LEVEL, SEEDS
from unetlib.evaluation.long_table import SCORE_COLUMNS

METRICS = {
    "roughness": "roughness of validation Dice",
    "updates_to_95": "updates to 95 % of the best",
    "last_validation_dice": "last validation Dice",
}
LOWER_IS_BETTER = ("roughness", "updates_to_95")
MARGINS = {"last_validation_dice": 0.02}  # the other metrics have no equivalence margin
NEARLY = 0.95
CURVE = "curve"  # in the column `image` of the long table
LEAST = 3  # fewest evaluations after the rise that give a roughness
KEYS = ["test_dataset", "experiment", "train_dataset", "metric"]
COLUMNS = [*SCORE_COLUMNS]
ENDS = ("low", "high", "low90", "high90")


def curve_scores(update: np.ndarray, dice: np.ndarray) -> dict[str, float]:
    """Return METRICS of one validation curve; roughness is NaN with fewer than LEAST evaluations after the rise.

    >>> curve_scores(np.array([10, 20, 30, 40]), np.array([0.1, 0.8, 0.8, 0.8]))["updates_to_95"]
    20.0
    """
    risen = int(np.argmax(dice >= NEARLY * dice.max()))
    steps = np.diff(dice[risen:])
    rough = float(np.std(steps, ddof=1) / np.sqrt(2)) if len(steps) >= LEAST - 1 else np.nan
    return {"roughness": rough, "updates_to_95": float(update[risen]), "last_validation_dice": float(dice[-1])}


def curve_rows(histories: Iterable[tuple[Mapping[str, object], pd.DataFrame]]) -> pd.DataFrame:
    """Return the long table of curves. histories: experiment, train_dataset, fold and seed of each run, its history."""
    rows = []
    for run, history in histories:
        place = {name: run[name] for name in ("experiment", "train_dataset", "fold", "seed")}
        place |= {"test_dataset": run["train_dataset"], "image": CURVE}
        known = history[["update", "validation_dice"]].dropna().to_numpy(dtype=float)
        if len(known):
            scores = curve_scores(known[:, 0], known[:, 1])
            rows += [place | {"metric": name, "value": value} for name, value in scores.items()]
    return pd.DataFrame(rows, columns=COLUMNS).dropna(subset="value").reset_index(drop=True)


def curve_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Return mean, sd, intervals and counts over runs by test_dataset, experiment, train_dataset and metric.

    Intervals (low, high at 95 %, low90, high90 at 90 %) are Student's over the seeds of a fold, NaN with one seed.
    """
    found = [dict(zip(KEYS, key, strict=True)) | _over_seeds(part) for key, part in rows.groupby(KEYS, sort=False)]
    return pd.DataFrame(found, columns=[*KEYS, "mean", "sd", *ENDS, "runs", "images", "n", "resampled"])


def curve_difference(left: pd.DataFrame, right: pd.DataFrame) -> pd.DataFrame:
    """Return `curve_table` of the differences of two networks' rows of one metric, paired by fold and seed."""
    pair = ["fold", "seed", "metric"]
    both = left.merge(right[[*pair, "value"]], on=pair, suffixes=("", "_other"))
    return curve_table(both.assign(value=both["value"] - both["value_other"])[COLUMNS])


def _over_seeds(rows: pd.DataFrame) -> dict[str, object]:
    """Return mean, sd, intervals and counts of the runs of one network, assuming equal variance in all folds."""
    values, folds, runs = rows["value"], rows["fold"].nunique(), len(rows)
    row: dict[str, object] = {"mean": values.mean(), "sd": values.std(), "runs": runs, "images": 0, "n": runs}
    df = runs - folds
    if not df:
        return row | dict.fromkeys(ENDS, np.nan) | {"resampled": ""}
    within = values - rows.groupby("fold")["value"].transform("mean")
    error = np.sqrt((within**2).sum() / df / runs)
    for names, level in ((ENDS[:2], LEVEL), (ENDS[2:], EQUIVALENCE_LEVEL)):
        half = stdtrit(df, (1 + level) / 2) * error
        row |= dict(zip(names, (values.mean() - half, values.mean() + half), strict=True))
    return row | {"resampled": SEEDS}
