"""Waterfalls: the steps from a document's protocol to ours, one flaw removed at a time, and the effect of each flaw.

The score of a step is computed as in `tables`. The change from the previous step is computed on the images that both
steps tested, paired by seed, if there are at least two. A step with another split may have other test images; the
change is then the difference of two independent scores. If one of the two steps reports its best validation score, this
number is compared with every test image of the other step, as in `pitfalls`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from unetlib.evaluation.aggregation import COUNTS, RUN, over_runs
from unetlib.evaluation.contrasts import BOUNDS
from unetlib.evaluation.pitfalls import best_validations
from unetlib.evaluation.settings import VALIDATED, ProtocolStep, ProtocolSteps
from unetlib.evaluation.tables import METRICS, with_weights
from unetlib.networks.run_record import RunFacts

COLUMNS = ["protocol", "document", "dataset", "metric", "step", "flaw", "experiment", "reported"]
COLUMNS += ["score", "low", "high", "change", "change_low", "change_high", "compared_on"]
COLUMNS += [*COUNTS, "resampled", "primary"]
INTERVAL = ["low", "high"]
SAME, OTHER, VALIDATION = "same images", "other images", "validation"  # the data that a change is computed from
LEAST = 2  # fewest shared test images that allow a paired change
NO_IMAGE = ""  # in the column `image` of a best validation score
Rows = pd.DataFrame


class _Change(NamedTuple):
    """The change from the previous step, its 95 % interval, and the data that it is computed from."""

    change: float = np.nan
    change_low: float = np.nan
    change_high: float = np.nan
    compared_on: str = ""


class _Score(NamedTuple):
    """The score of a step and its 95 % interval."""

    mean: float
    low: float
    high: float


def waterfall(
    scores: pd.DataFrame,
    facts: Iterable[RunFacts],
    protocols: Mapping[str, ProtocolSteps],
    *,
    clusters: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return one row per protocol, metric and step, in their order; step 0 is the document's protocol, the last ours.

    scores: the long table; facts: those of the networks (experiment, train_dataset, fold, seed, best validation
    scores); clusters: see `tables.read_clusters`.

    Columns: flaw is removed by this step, so change (this step minus the previous one, with its 95 % interval) is minus
    the bias due to the flaw; compared_on is the data that the change is computed from; reported is test, or validation
    for the best score of the evaluations during training, which has no images; score, low, high, runs … resampled are
    as in tables.comparison; primary is true for the protocol's metric. A step without a score of a metric is left out.
    """
    rows, known = with_weights(scores, None, [*METRICS], clusters), list(facts)
    parts = [_of_protocol(rows, known, name, protocol) for name, protocol in protocols.items()]
    parts = [part for part in parts if len(part)]  # an empty table would turn numeric columns into objects
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)


def _of_protocol(rows: Rows, facts: Sequence[RunFacts], name: str, protocol: ProtocolSteps) -> pd.DataFrame:
    found = [_rows_of(rows, facts, step, protocol.test_dataset) for step in protocol.steps]
    tables = [_scored(own, f"{name}/{place}") for place, own in enumerate(found)]
    pairs = zip(found[:-1], found[1:], tables[:-1], tables[1:], strict=True)
    changes: list[dict[str, _Change]] = [{}, *(_changes(*pair) for pair in pairs)]
    lines = []
    for metric in METRICS:
        for place, step in enumerate(protocol.steps):
            if metric not in tables[place].index:
                continue
            line: dict[str, object] = {
                "protocol": name,
                "document": protocol.document,
                "dataset": protocol.test_dataset,
            }
            line |= {"metric": metric, "step": place, "primary": metric == protocol.metric, **step.model_dump()}
            line |= {str(key): value for key, value in tables[place].loc[metric].items()}
            lines.append(line | changes[place].get(metric, _Change())._asdict())
    return pd.DataFrame(lines, columns=COLUMNS)


def _estimate(table: pd.DataFrame, metric: str) -> _Score:
    score, low, high = table.loc[[metric], ["score", *INTERVAL]].to_numpy(dtype=float)[0]
    return _Score(score, low, high)


def _rows_of(rows: Rows, facts: Sequence[RunFacts], step: ProtocolStep, test_dataset: str) -> Rows:
    """Return the scores of a step: those of its test images, or its best validation scores, which have no image."""
    if step.reported == "test":
        chosen = (rows["experiment"] == step.experiment) & (rows["train_dataset"] == step.train_dataset)
        return rows[chosen & (rows["test_dataset"] == test_dataset)]
    best = best_validations(facts, step.experiment, VALIDATED)
    best = best[best["train_dataset"] == step.train_dataset]
    return best.assign(
        experiment=step.experiment, test_dataset=test_dataset, image=NO_IMAGE, weight=1.0, cluster=NO_IMAGE, time=np.nan
    )


def _scored(rows: Rows, name: str) -> pd.DataFrame:
    """Return score, interval and counts of a step by metric; a best validation score counts no image."""
    if rows.empty:
        return pd.DataFrame(columns=["score", *INTERVAL, *COUNTS, "resampled"])
    table = over_runs(rows.assign(experiment=name), ["experiment", "metric"]).set_index("metric")
    table = table.rename(columns={"mean": "score"})[["score", *INTERVAL, *COUNTS, "resampled"]]
    if (rows["image"] == NO_IMAGE).all():
        table[["images", "clusters", "n"]] = 0
    return table


def _changes(before: Rows, after: Rows, scored: pd.DataFrame, scored_after: pd.DataFrame) -> dict[str, _Change]:
    """Return the change from one step to the next by metric, from their rows and their scores."""
    both = _paired(before, after)
    if (before["image"] == NO_IMAGE).all():
        return _measured(both, VALIDATION)
    images = both.groupby("metric")["image"].nunique()
    enough = set(images.index[images >= LEAST])
    found = _measured(both[both["metric"].isin(enough)], SAME)
    for metric in (set(scored.index) & set(scored_after.index)) - enough:
        found[metric] = _independent(_estimate(scored, metric), _estimate(scored_after, metric))
    return found


def _paired(before: Rows, after: Rows) -> Rows:
    """Return the rows of a step with the previous step's value_before and weight_before, paired by image and seed.

    The fold may differ. A best validation score is paired with every image of the run with its fold and seed.
    """
    keys = ["metric", *(["fold", "seed"] if (before["image"] == NO_IMAGE).all() else ["seed", "image"])]
    found = before[[*keys, "value", "weight"]].drop_duplicates(keys)
    return after.merge(found, on=keys, suffixes=("", "_before"))


def _measured(both: Rows, compared_on: str) -> dict[str, _Change]:
    """Return the mean change of paired rows by metric, with an interval from these rows alone.

    The weight of an image may differ before and after (pooled metrics). The value of an image is therefore its linear
    influence on the difference of the two weighted means, which equals its own difference if the weights are equal
    (infinitesimal jackknife: Davison and Hinkley 1997, section 2.7).
    """
    if both.empty:
        return {}
    keys = [*RUN, "metric"]
    run = [both[name] for name in keys]
    count = both.groupby(keys)["value"].transform("size")
    change: Any = 0.0
    for sign, end in ((1, ""), (-1, "_before")):
        weight, value = both[f"weight{end}"], both[f"value{end}"]
        share = weight / weight.groupby(run).transform("sum")
        mean = (share * value).groupby(run).transform("sum")
        change += sign * (mean + count * share * (value - mean))
    table = over_runs(both.assign(value=change, weight=1.0), ["test_dataset", "experiment", "metric"], BOUNDS)
    rows = table[["metric", "mean", "low", "high"]].itertuples(index=False)
    return {str(metric): _Change(mean, low, high, compared_on) for metric, mean, low, high in rows}


def _independent(before: _Score, after: _Score) -> _Change:
    """Return the difference of two independent scores, with Zou and Donner's (2008) interval from their intervals.

    Each end lies the root sum of squares of the scores' half-widths on the relevant sides from the difference.
    """
    down = float(np.hypot(after.mean - after.low, before.high - before.mean))
    up = float(np.hypot(after.high - after.mean, before.mean - before.low))
    change = after.mean - before.mean
    return _Change(change, max(change - down, BOUNDS[0]), min(change + up, BOUNDS[1]), OTHER)
