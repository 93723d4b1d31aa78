"""Ablation: paired differences from the reference, each with an interval, a test and an effect size.

A comparison is decided when it is clear (its difference is not 0) or equivalent (a difference beyond MARGIN is ruled
out), see `decision`. Both tests use the variance model of the interval, which includes retraining. Holm's correction
(1979) is applied per family: the comparisons that answer one question on one test dataset. "Do skips help on EM?" does
not face a stricter test because a study also tries ten losses.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from unetlib.evaluation.aggregation import (
    ARM_KEYS,
    COUNTS,
    SPREAD,
    Key,
    Spreads,
    grouped_scores,
    per_run,
    spreads,
    summarised,
)
from unetlib.evaluation.contrasts import BOUNDS
from unetlib.evaluation.decision import MARGIN, decided
from unetlib.evaluation.intervals import CLUSTERS, EQUIVALENCE_LEVEL, IMAGES, Interval
from unetlib.evaluation.mean_scores import Scores, contributions
from unetlib.evaluation.score_grids import Arm
from unetlib.evaluation.significance import holm, rank_biserial, sign_flip
from unetlib.evaluation.tables import METRICS, NO_TRAINING, is_primary, on_training_dataset, sort_rows, with_weights

KEYS = ARM_KEYS
PAIRED = ("value", "reference", "variant")

FLIPPED_CLUSTERS = 6  # the least p is 2 of 2^6 sign patterns, 3 %; with fewer clusters no p is below 0.05
NO_QUESTION = "other"


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
    """The experiments of a study that are compared with its reference, and its datasets, both in their order.

    questions: experiment → the question that it answers. named_before: the experiments whose comparison was chosen
    before any result was known; they form a family of their own. networks: experiment → the experiment that trains its
    networks, if it does not train them itself.
    """

    datasets: Sequence[str]
    experiments: Sequence[str]
    reference: str
    questions: Mapping[str, str] = field(default_factory=dict)
    named_before: Collection[str] = ()
    networks: Mapping[str, str] = field(default_factory=dict)


def ablation(
    scores: pd.DataFrame,
    arms: Arms,
    *,
    primary_metrics: Mapping[str, str],
    background: Mapping[str, str] | None = None,
    clusters: pd.DataFrame | None = None,
    untested: Collection[tuple[str, str]] = (),
) -> pd.DataFrame:
    """Return paired differences from the reference: one row per test_dataset, experiment, train_dataset, metric.

    Columns after those:
    reference, variant    mean scores on the paired images
    difference, sd        their mean difference and its SD over runs
    low, high             95 % interval of the difference (`spread`)
    low90, high90         90 % interval; it lies within ± MARGIN exactly if both one-sided tests reject
    p                     two-sided p of no difference, by the variance model of the interval
    p_holm                p after Holm's correction within the question and test dataset; only for primary metrics of
                          trained networks, otherwise empty; empty also for the pairs (experiment, dataset) in
                          `untested`; 1 if a single image of a single run gives no p
    p_equivalent          the larger p of two one-sided tests against ± MARGIN, corrected in the same way
    p_flips               p of a sign-flip test conditional on the networks, for comparison only; it decides nothing
    effect                matched-pairs rank-biserial correlation over the units, −1 to 1
    flipped               units of effect and p_flips: clusters if there are at least FLIPPED_CLUSTERS, otherwise images
    clear, equivalent     `decision.decided` by p_holm or p_equivalent
    question              the question that the experiment answers, which defines its family
    min, max, agree       over runs; agree: the number of runs whose difference has the sign of the mean
    runs, images, clusters, n, resampled, primary    as in tables.comparison

    Without the reference there are no pairs and no rows.
    """
    rows = with_weights(on_training_dataset(scores, arms.datasets), background, clusters=clusters)
    pairs = _pairs(rows, arms.reference)
    runs = per_run(pairs, PAIRED)
    known = dict(spreads(rows[rows["metric"].isin(set(pairs["metric"]))], arms.networks))
    found = dict(_intervals(pairs, known, arms.reference))
    table = summarised(pairs, KEYS, found).rename(columns={"mean": "difference"})
    table = table.merge(runs.groupby(KEYS, as_index=False)[["reference", "variant"]].mean(), on=KEYS)
    signed = runs.merge(table[[*KEYS, "difference"]], on=KEYS)
    signed["agree"] = signed["value"] * signed["difference"] > 0
    table = table.merge(signed.groupby(KEYS, as_index=False)["agree"].sum(), on=KEYS)
    table["primary"] = is_primary(table, primary_metrics)
    table = table.merge(_tested(pairs, found), on=KEYS)
    table["question"] = [arms.questions.get(name, NO_QUESTION) for name in table["experiment"]]
    places = pd.MultiIndex.from_frame(table[["experiment", "test_dataset"]])
    # only these enter a family: primary metrics of trained networks that were not excluded
    asked = (table["train_dataset"] != NO_TRAINING) & ~places.isin(list(untested))
    judged = table[(table["primary"] & asked).astype(bool)]
    for column, raw in (("p_holm", "p"), ("p_equivalent", "p_within")):
        table[column] = np.nan
        for family in _families(judged, known, arms):
            table.loc[family.index, column] = corrected(judged.loc[family.index, raw].fillna(1.0), family)
    for verdict, column in (("clear", "p_holm"), ("equivalent", "p_equivalent")):
        table[verdict] = [decided(*row) for row in table[[column, "resampled"]].itertuples(index=False)]
    low, high, *extremes = SPREAD[1:]
    columns = ["reference", "variant", "difference", "sd", low, high, "low90", "high90", "p", "p_holm", "p_equivalent"]
    columns += ["p_flips", "effect", "flipped", "clear", "equivalent", "question", *extremes, "agree"]
    table = table[[*KEYS, *columns, *COUNTS, "resampled", "primary"]]
    return sort_rows(table, test_dataset=arms.datasets, experiment=arms.experiments, metric=[*METRICS])


def corrected(p: pd.Series, same_as: pd.Series) -> pd.Series:
    """Return Holm's p within a family; comparisons with equal `same_as` count as one test."""
    first = ~same_as.duplicated()
    adjusted = pd.Series(holm(p[first].to_numpy(dtype=float)), index=same_as[first])
    return pd.Series(adjusted.reindex(same_as).to_numpy(), index=p.index)


def paired_test(scores: Scores, name: str) -> tuple[float, float, str]:
    """Return the sign-flip test's p, the effect size, and the name of the units for paired differences."""
    enough = scores.clusters.max() + 1 >= FLIPPED_CLUSTERS
    units = scores.clusters if enough else np.arange(len(scores.clusters))
    parts, shares = contributions(scores, units)
    return sign_flip(parts, name), rank_biserial(parts / shares), CLUSTERS if enough else IMAGES


def _intervals(pairs: pd.DataFrame, known: Spreads, reference: str) -> Iterator[tuple[Key, Interval]]:
    """Yield the key and interval of every cell of the table."""
    for dataset, experiment, train_dataset, metric in pairs[KEYS].drop_duplicates().itertuples(index=False):
        found = known[dataset, metric].difference(Arm(experiment, train_dataset), Arm(reference, dataset), BOUNDS)
        if found is not None:
            yield (dataset, experiment, train_dataset, metric), found


def _tested(pairs: pd.DataFrame, found: Mapping[Key, Interval]) -> pd.DataFrame:
    """Return the test results of every cell of the table: p_flips, effect, flipped, low90, high90, p_within."""
    rows = [
        (*key, *paired_test(scores, "/".join(key)), *found[key].at(EQUIVALENCE_LEVEL), max(found[key].p_within(MARGIN)))
        for key, scores in grouped_scores(pairs, KEYS)
    ]
    return pd.DataFrame(rows, columns=[*KEYS, "p_flips", "effect", "flipped", "low90", "high90", "p_within"])


def _families(judged: pd.DataFrame, known: Spreads, arms: Arms) -> Iterator[pd.Series]:
    """Yield a series per family: for each row, the position of the first row of the family with identical scores.

    Experiments whose settings make no difference on a dataset have identical scores and count as one test.
    """
    named = judged["question"].where(~judged["experiment"].isin(set(arms.named_before)), "named before")
    for _, rows in judged.groupby([judged["test_dataset"], named], sort=False):
        first: dict[bytes, int] = {}
        same = []
        for place, (dataset, experiment, train_dataset, metric) in enumerate(rows[KEYS].to_numpy(dtype=str)):
            own = known[str(dataset), str(metric)].grid.values[Arm(str(experiment), str(train_dataset))]
            same.append(first.setdefault(own.tobytes(), place))
        yield pd.Series(same, index=rows.index)


def _pairs(rows: pd.DataFrame, reference: str) -> pd.DataFrame:
    """Pair the rows of the other experiments with the reference's; value is variant minus reference."""
    pair = ["test_dataset", "fold", "seed", "image", "metric"]
    base = rows[(rows["experiment"] == reference) & (rows["train_dataset"] == rows["test_dataset"])]
    base = base[[*pair, "value"]].rename(columns={"value": "reference"})
    pairs = rows[rows["experiment"] != reference].merge(base, on=pair).rename(columns={"value": "variant"})
    return pairs.assign(value=pairs["variant"] - pairs["reference"])
