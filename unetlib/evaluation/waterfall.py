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
Place = tuple[str, int]  # of a step: its protocol and number


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
    found = {
        (name, place): _rows_of(rows, known, step, protocol.test_dataset)
        for name, protocol in protocols.items()
        for place, step in enumerate(protocol.steps)
    }
    scored = _scored(found)
    changes = _changes(found, scored)
    lines = []
    for name, protocol in protocols.items():
        for metric in METRICS:
            for place, step in enumerate(protocol.steps):
                if metric not in scored[name, place]:
                    continue
                line: dict[str, object] = {"protocol": name, "document": protocol.document}
                line |= {"dataset": protocol.test_dataset, "metric": metric, "step": place, **step.model_dump()}
                line |= {"primary": metric == protocol.metric, **scored[name, place][metric]}
                lines.append(line | changes[name, place].get(metric, _Change())._asdict())
    return pd.DataFrame(lines, columns=COLUMNS)


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


def _scored(found: Mapping[Place, Rows]) -> dict[Place, dict[str, dict[str, Any]]]:
    """Return score, interval and counts of every step by metric; a best validation score counts no image.

    All steps are aggregated at once, because a call costs more than its rows do.
    """
    scored: dict[Place, dict[str, dict[str, Any]]] = {place: {} for place in found}
    rows, places = _named(found), {_name(place): place for place in found}
    if rows.empty:
        return scored
    table = over_runs(rows, ["experiment", "metric"]).rename(columns={"mean": "score"})
    columns = ["score", *INTERVAL, *COUNTS, "resampled"]
    for label, metric, *values in table[["experiment", "metric", *columns]].itertuples(index=False):
        place, row = places[label], dict(zip(columns, values, strict=True))
        unseen = dict.fromkeys(["images", "clusters", "n"], 0) if _validated(found[place]) else {}
        scored[place][metric] = row | unseen
    return scored


def _changes(
    found: Mapping[Place, Rows], scored: Mapping[Place, Mapping[str, Mapping[str, Any]]]
) -> dict[Place, dict[str, _Change]]:
    """Return the change from the previous step by metric, from the rows and the scores of the steps."""
    pairs = {(name, step): (found[name, step - 1], after) for (name, step), after in found.items() if step}
    both = {place: _paired(before, after) for place, (before, after) in pairs.items()}
    for place, (before, _) in pairs.items():
        if not _validated(before):
            images = both[place].groupby("metric")["image"].nunique()
            both[place] = both[place][both[place]["metric"].isin(images.index[images >= LEAST])]
    changes: dict[Place, dict[str, _Change]] = {place: {} for place in found}
    places = {_name(place): place for place in found}
    for label, metric, change, low, high in _measured(_named(both)).itertuples(index=False):
        place = places[label]
        changes[place][metric] = _Change(change, low, high, VALIDATION if _validated(pairs[place][0]) else SAME)
    for (name, step), (before, _) in pairs.items():
        one, other = scored[name, step - 1], scored[name, step]
        for metric in () if _validated(before) else (one.keys() & other.keys()) - changes[name, step].keys():
            estimates = [_Score(*(each[metric][part] for part in ("score", *INTERVAL))) for each in (one, other)]
            changes[name, step][metric] = _independent(*estimates)
    return changes


def _validated(rows: Rows) -> bool:
    """Return whether the rows are best validation scores, or none."""
    return bool((rows["image"] == NO_IMAGE).all())


def _name(place: Place) -> str:
    return f"{place[0]}/{place[1]}"


def _named(found: Mapping[Place, Rows]) -> Rows:
    """Return the rows of all steps, with the name of the step in the column experiment."""
    parts = [rows.assign(experiment=_name(place)) for place, rows in found.items() if len(rows)]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _paired(before: Rows, after: Rows) -> Rows:
    """Return the rows of a step with the previous step's value_before and weight_before, paired by image and seed.

    The fold may differ. A best validation score is paired with every image of the run with its fold and seed.
    """
    keys = ["metric", *(["fold", "seed"] if _validated(before) else ["seed", "image"])]
    found = before[[*keys, "value", "weight"]].drop_duplicates(keys)
    return after.merge(found, on=keys, suffixes=("", "_before"))


def _measured(both: Rows) -> Rows:
    """Return the mean change of paired rows by experiment and metric, with its interval from these rows alone.

    The weight of an image may differ before and after (pooled metrics). The value of an image is therefore its linear
    influence on the difference of the two weighted means, which equals its own difference if the weights are equal
    (infinitesimal jackknife: Davison and Hinkley 1997, section 2.7).
    """
    if both.empty:
        return pd.DataFrame()
    keys = [*RUN, "metric"]
    run = [both[name] for name in keys]
    count = both.groupby(keys)["value"].transform("size")
    change: Any = 0.0
    for sign, end in ((1, ""), (-1, "_before")):
        weight, value = both[f"weight{end}"], both[f"value{end}"]
        share = weight / weight.groupby(run).transform("sum")
        mean = (share * value).groupby(run).transform("sum")
        change += sign * (mean + count * share * (value - mean))
    table = over_runs(both.assign(value=change, weight=1.0), ["experiment", "metric"], BOUNDS)
    return table[["experiment", "metric", "mean", *INTERVAL]]


def _independent(before: _Score, after: _Score) -> _Change:
    """Return the difference of two independent scores, with Zou and Donner's (2008) interval from their intervals.

    Each end lies the root sum of squares of the scores' half-widths on the relevant sides from the difference.
    """
    down = float(np.hypot(after.mean - after.low, before.high - before.mean))
    up = float(np.hypot(after.high - after.mean, before.mean - before.low))
    change = after.mean - before.mean
    return _Change(change, max(change - down, BOUNDS[0]), min(change + up, BOUNDS[1]), OTHER)
