"""Statistical power: the variance components of a study's scores, and the networks needed to find a given effect.

The variance of the difference of two arms with F folds of k seeds each is 2·s²/(F·k) + v/F, where s is the SD between
retrained networks (`variance_prior`) and v is the variance of a difference due to the images of one fold (median over
arms). An effect is found with 80 % power if it is at least (t0.975 + t0.8) standard errors. t has d0 + F·(k − 1)
degrees of freedom, where d0 is the number lent by the other arms. Fewer than three retrained arms lend nothing; then s²
is the pooled variance of their own networks. `usual_spread` has the same two numbers for every proposed design.
"""

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd

from unetlib.evaluation.aggregation import spreads
from unetlib.evaluation.contrasts import BOUNDS
from unetlib.evaluation.decision import Spread, design_to_decide
from unetlib.evaluation.intervals import SEEDS, Interval
from unetlib.evaluation.mean_scores import Scores
from unetlib.evaluation.score_grids import Arm
from unetlib.evaluation.spread import UNTRAINED
from unetlib.evaluation.spread import Spread as SpreadOfArms
from unetlib.evaluation.variance_prior import Prior

EFFECTS = (0.01, 0.02, 0.05)
SETTINGS = ("iou", "dice", "seg", "map")  # metrics besides the primary ones
COLUMNS = [
    "test_dataset",
    "metric",
    "arms",
    "networks",
    "network_sd",
    "network_df",
    "fold_sd",
    "image_sd",
    "images_sd",
    "correlation",
]
COLUMNS += [f"needs_{effect}" for effect in EFFECTS]
MOST_FOLDS = 5


def power(
    rows: pd.DataFrame,
    reference: str,
    primary_metrics: Mapping[str, str],
    *,
    networks: Mapping[str, str] | None = None,
    folds: Mapping[str, int] | None = None,
) -> pd.DataFrame:
    """Return one row per test dataset and metric: the spread of its scores, and the design that finds each effect.

    rows: those of `tables.with_weights` for networks tested on their own datasets. folds: dataset → number of folds in
    its split.

    Columns: arms, networks: how many the estimates use; network_sd, network_df: SD of a score between networks that
    differ only in their seed, and the degrees of freedom that the arms lend each other. The next three are medians over
    the arms, of an arm's difference from the reference: fold_sd between folds, image_sd between images, and images_sd
    of a fold's mean due to its images. correlation: of successive frames; needs_…: the design `seeds × folds` of each
    arm that finds this difference with 80 % power, empty if 20 seeds are not enough or no network was retrained.
    """
    table = []
    for (dataset, metric), spread in spreads(rows, networks):
        base = Arm(reference, dataset)
        if base in spread.grid.values and metric in {*SETTINGS, primary_metrics.get(dataset)}:
            table.append([dataset, metric, *_row(spread, base, (folds or {}).get(dataset, MOST_FOLDS))])
    return pd.DataFrame(table, columns=COLUMNS)


def _row(spread: SpreadOfArms, base: Arm, most_folds: int) -> list[object]:
    arms = [arm for arm in spread.grid.values if arm.train_dataset not in UNTRAINED and arm not in spread.collapsed]
    runs = sum(len(spread.grid.scores(arm).folds) for arm in arms)
    of_images, image_sd, fold_sd = _of_pairs(spread, base, arms)
    known = usual_spread(spread, base)
    designs = [design_to_decide(effect, known, most_folds) for effect in EFFECTS]
    needs = [f"{each.seeds} × {each.folds}" if each else "" for each in designs]
    sd, df = (known.between_runs / np.sqrt(2), known.lent) if known else (np.nan, np.nan)
    return [len(arms), runs, sd, df, fold_sd, image_sd, np.sqrt(of_images), spread.rho_differences, *needs]


def usual_spread(spread: SpreadOfArms, base: Arm | None) -> Spread | None:
    """Return the spread of a difference from `base`, or with None of a score; None if no network was retrained.

    The variance due to a fold's images is the median over the arms.
    """
    arms = [arm for arm in spread.grid.values if arm.train_dataset not in UNTRAINED and arm not in spread.collapsed]
    own = [spread.runs[arm] for arm in arms if arm in spread.runs]
    if not own:
        return None
    prior = spread.prior
    if not prior.df:
        prior = Prior(sum(part.df * part.variance for part in own) / sum(part.df for part in own), 0.0)
    if base is not None:
        return Spread(float(np.sqrt(2 * prior.variance)), _of_pairs(spread, base, arms)[0], prior.df)
    means = [(spread.mean(arm, BOUNDS), spread.grid.scores(arm)) for arm in arms]
    of_images = [_of_fold(found, scores) for found, scores in means if found.resampled != SEEDS]
    return Spread(float(np.sqrt(prior.variance)), float(np.median(of_images or [0.0])), prior.df)


def _of_fold(found: Interval, scores: Scores) -> float:
    """Return the variance of a fold's mean due to its images, the last component of the interval."""
    return found.parts[-1].variance * len(np.unique(scores.folds)) if found.parts else 0.0


def _of_pairs(spread: SpreadOfArms, base: Arm, arms: Collection[Arm]) -> tuple[float, float, float]:
    """Return medians over the differences from the reference: variance due to a fold's images, image SD, fold SD."""
    variances, images, folds = [], [], []
    for arm in arms:
        found, scores = spread.difference(arm, base, BOUNDS), spread.grid.difference(arm, base)
        if arm == base or found is None or scores is None:
            continue
        count = len(np.unique(scores.folds))
        if found.resampled not in ("", SEEDS):
            variances.append(_of_fold(found, scores))
            means = np.nanmean(np.where(scores.weights > 0, scores.values, np.nan), axis=0)
            images.append(float(np.std(means, ddof=1)))
        if count > 1:
            folds.append(
                float(np.std([scores.run_means[scores.folds == each].mean() for each in range(count)], ddof=1))
            )
    medians = [float(np.median(each)) if each else np.nan for each in (variances, images, folds)]
    return float(np.nan_to_num(medians[0])), medians[1], medians[2]


def power_shown(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table as text."""
    shown = table[["test_dataset", "metric", "networks"]].astype(object)
    for name, title in (("network_sd", "networks"), ("fold_sd", "folds"), ("image_sd", "images")):
        shown[f"SD between {title}"] = ["–" if pd.isna(value) else f"{value:.4f}" for value in table[name]]
    shown["correlation"] = [f"{value:.2f}" for value in table["correlation"]]
    for effect in EFFECTS:
        shown[f"seeds × folds for {effect}"] = table[f"needs_{effect}"].fillna("").replace("", "–")
    return shown
