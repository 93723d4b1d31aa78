"""Ablation: paired differences to the reference, each with an interval, a test and an effect size."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from unetlib.evaluation.bootstrap import CLUSTERS, IMAGES, Scores, contributions, retrained
from unetlib.evaluation.significance import holm, rank_biserial, sign_flip
from unetlib.evaluation.tables import (
    COUNTS,
    METRICS,
    NO_TRAINING,
    SPREAD,
    grouped_scores,
    is_primary,
    on_training_dataset,
    over_runs,
    per_run,
    sort_rows,
    with_weights,
)

KEYS = ["test_dataset", "experiment", "train_dataset", "metric"]
PAIRED = ("value", "reference", "variant")
BOUNDS = (-1.0, 1.0)  # of a difference of two scores
FLIPPED_CLUSTERS = 6  # 2 of 2^6 sign patterns are 3 %; with fewer clusters no difference can reach p < 0.05
ALPHA = 0.05
PRIMARY_RESAMPLES = 20_000  # of primary metrics: the smallest p, 1e-4, can stay small after Holm's correction


def differences(
    scores: pd.DataFrame,
    *,
    datasets: Sequence[str],
    experiments: Sequence[str],
    reference: str,
    background: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Return experiment minus reference on the same test dataset, fold, seed and image: one row per run and metric.

    Columns: RUN, metric, value (the difference), reference, variant (the two scores on the paired images), images.
    A network trained on several datasets is compared with the reference trained on the test dataset alone.
    """
    table = per_run(_pairs(with_weights(on_training_dataset(scores, datasets), background), reference), PAIRED)
    return sort_rows(table, test_dataset=datasets, experiment=experiments, metric=[*METRICS])


@dataclass(frozen=True)
class Arms:
    """The experiments of a study that are compared with its reference, and its datasets, both in their order."""

    datasets: Sequence[str]
    experiments: Sequence[str]
    reference: str


def ablation(
    scores: pd.DataFrame,
    arms: Arms,
    *,
    primary_metrics: Mapping[str, str],
    background: Mapping[str, str] | None = None,
    clusters: pd.DataFrame | None = None,
    untested: Collection[tuple[str, str]] = (),
) -> pd.DataFrame:
    """Return paired differences to the reference: one row per test_dataset, experiment, train_dataset, metric.

    Columns after those:
    reference, variant    mean scores on the paired images
    difference, sd        their mean difference and its SD over runs
    low, high             95 % interval of the difference (`bootstrap`)
    p                     two-sided, the larger of two: the p of a sign-flip test over units (clusters, or images; each
                          its mean over seeds), which takes the networks as given, and the p of the bootstrap, which
                          includes retraining where there are several seeds
    p_holm                p after Holm's correction over the primary metrics of trained networks, else empty, as for
                          the pairs (experiment, dataset) in `untested`: `experiments.same_as_reference`
    effect                matched-pairs rank-biserial correlation over the units, −1 to 1
    flipped               the test's units: clusters where there are FLIPPED_CLUSTERS or more, else images
    clear                 networks were retrained, the interval excludes zero and p_holm < ALPHA
    min, max, agree       over runs; agree: how many runs have the sign of the mean
    runs, images, clusters, n, resampled, primary    as in tables.comparison

    Without the reference there are no pairs and no rows.
    """
    own = on_training_dataset(scores, arms.datasets)
    pairs = _pairs(with_weights(own, background, clusters=clusters), arms.reference)
    runs = per_run(pairs, PAIRED)
    main = is_primary(pairs, primary_metrics)
    parts = [over_runs(pairs[main], KEYS, BOUNDS, PRIMARY_RESAMPLES), over_runs(pairs[~main], KEYS, BOUNDS)]
    table = pd.concat([part for part in parts if len(part)] or parts[:1]).rename(columns={"mean": "difference"})
    table = table.merge(runs.groupby(KEYS, as_index=False)[["reference", "variant"]].mean(), on=KEYS)
    signed = runs.merge(table[[*KEYS, "difference"]], on=KEYS)
    signed["agree"] = signed["value"] * signed["difference"] > 0
    table = table.merge(signed.groupby(KEYS, as_index=False)["agree"].sum(), on=KEYS)
    table["primary"] = is_primary(table, primary_metrics)
    table = table.merge(_tested(pairs), on=KEYS)
    table["p"] = table[["p", "flips"]].max(axis=1)
    places = pd.MultiIndex.from_frame(table[["experiment", "test_dataset"]])
    asked = (table["train_dataset"] != NO_TRAINING) & ~places.isin(list(untested))
    judged = (table["primary"] & asked).astype(bool)
    table["p_holm"] = np.nan
    table.loc[judged, "p_holm"] = holm(table.loc[judged, "p"].to_numpy(dtype=float))
    outside = (table["low"] > 0) | (table["high"] < 0)
    table["clear"] = outside & (table["p_holm"] < ALPHA) & table["resampled"].map(retrained).astype(bool)
    low, high, *extremes = SPREAD[1:]
    found = ["reference", "variant", "difference", "sd", low, high, "p", "p_holm", "effect", "flipped", "clear"]
    found += [*extremes, "agree"]
    table = table[[*KEYS, *found, *COUNTS, "resampled", "primary"]]
    return sort_rows(table, test_dataset=arms.datasets, experiment=arms.experiments, metric=[*METRICS])


def paired_test(scores: Scores, name: str) -> tuple[float, float, str]:
    """Return the p of a sign-flip test, the effect size and the units of the paired differences in scores."""
    enough = scores.clusters.max() + 1 >= FLIPPED_CLUSTERS
    units = scores.clusters if enough else np.arange(len(scores.clusters))
    parts, shares = contributions(scores, units)
    return sign_flip(parts, name), rank_biserial(parts / shares), CLUSTERS if enough else IMAGES


def _tested(pairs: pd.DataFrame) -> pd.DataFrame:
    """Return the test of every cell of the table: flips (its p), effect, flipped."""
    rows = [(*key, *paired_test(scores, "/".join(key))) for key, scores in grouped_scores(pairs, KEYS)]
    return pd.DataFrame(rows, columns=[*KEYS, "flips", "effect", "flipped"])


def _pairs(rows: pd.DataFrame, reference: str) -> pd.DataFrame:
    """Pair the rows of the other experiments with the reference's; value is variant minus reference."""
    pair = ["test_dataset", "fold", "seed", "image", "metric"]
    base = rows[(rows["experiment"] == reference) & (rows["train_dataset"] == rows["test_dataset"])]
    base = base[[*pair, "value"]].rename(columns={"value": "reference"})
    pairs = rows[rows["experiment"] != reference].merge(base, on=pair).rename(columns={"value": "variant"})
    return pairs.assign(value=pairs["variant"] - pairs["reference"])
