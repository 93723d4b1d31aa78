"""Pitfalls: the bias of a flawed experiment against its control, on the images that both were tested on.

A pitfall names a control experiment and a flawed experiment with one deliberate mistake: frames of a video in both
training and test set, touching instances that merge, or any other mistake that can be stated as an experiment. The
values of an image are paired by seed but not by fold, because a leaky split tests the same images in other folds. If
the flawed experiment reports its best validation score, this number is compared with every test image of the control.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from unetlib.evaluation.aggregation import COUNTS, over_runs, per_run
from unetlib.evaluation.contrasts import BOUNDS
from unetlib.evaluation.run_facts import training_frames
from unetlib.evaluation.settings import PitfallSettings
from unetlib.evaluation.tables import METRICS, sort_rows, with_weights
from unetlib.networks.run_record import RunFacts

COLUMNS = [
    "pitfall",
    "dataset",
    "metric",
    "control",
    "flawed",
    "difference_points",
    "low",
    "high",
    *COUNTS,
    "resampled",
]
COLUMNS += ["control_train_frames", "flawed_train_frames", "primary"]
TITLES = {
    "difference_points": "difference (points) [95 % interval]",
    "control_train_frames": "control: training frames",
}
TITLES |= {"flawed_train_frames": "flawed: training frames"}
KEYS = ["experiment", "test_dataset", "metric"]  # the column experiment holds the name of the pitfall
SIDES = ("control", "flawed")
REPORTED = "dice"  # the metric of a reported validation score


def pitfalls(
    scores: pd.DataFrame,
    facts: Iterable[RunFacts],
    pairs: Mapping[str, PitfallSettings],
    *,
    datasets: Sequence[str],
    experiments: Sequence[str],
    primary_metrics: Mapping[str, str],
    clusters: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return one row per pitfall, dataset and metric, of networks tested on the dataset that they were trained on.

    pairs: the pitfalls; a pair is left out if one of its experiments is not in `experiments`. facts: those of the
    networks (experiment, train_dataset, fold, seed, roles, best_validation_dice).

    Columns: control and flawed are means over runs of means over images, with SEG pooled over reference objects;
    difference_points is 100·(flawed − control), with its 95 % interval low and high (`mean_scores`); runs … resampled
    are as in tables.comparison, with the control's folds; …_train_frames is the mean number of training frames per
    fold, which a different split may also change (empty without facts). Images without a value, or tested by only one
    of the two experiments, are left out.
    """
    known = list(facts)
    rows = with_weights(scores[scores["train_dataset"] == scores["test_dataset"]], None, clusters=clusters)
    chosen = {name: pair for name, pair in pairs.items() if {pair.control, pair.flawed} <= set(experiments)}
    parts = [_paired(rows, known, pair).assign(experiment=name) for name, pair in chosen.items()]
    both = pd.concat(parts) if parts else rows[:0]
    if both.empty:
        return pd.DataFrame(columns=COLUMNS)
    table = over_runs(both, KEYS, BOUNDS).rename(columns={"mean": "difference_points"})
    table[["difference_points", "low", "high"]] *= 100
    sides = per_run(both, SIDES).groupby(KEYS, as_index=False)[list(SIDES)].mean()
    table = table.merge(sides, on=KEYS)
    table["primary"] = [
        metric == (REPORTED if chosen[pitfall].reported == "validation" else primary_metrics.get(dataset))
        for pitfall, dataset, metric in table[KEYS].itertuples(index=False)
    ]
    frames = training_frames(known)
    for side in SIDES:
        counted = [
            frames.get((getattr(chosen[pitfall], side), name), np.nan)
            for pitfall, name, _ in table[KEYS].itertuples(index=False)
        ]
        table[f"{side}_train_frames"] = counted
    table = sort_rows(table, experiment=[*chosen], test_dataset=datasets, metric=[*METRICS])
    return table.rename(columns={"experiment": "pitfall", "test_dataset": "dataset"})[COLUMNS]


def _paired(rows: pd.DataFrame, facts: Sequence[RunFacts], pair: PitfallSettings) -> pd.DataFrame:
    """Pair the rows of both experiments; their columns are control, flawed, and value = flawed − control."""
    control = rows[rows["experiment"] == pair.control].rename(columns={"value": "control"})
    wrong = rows[rows["experiment"] == pair.flawed]
    place = ["train_dataset", "seed", "image", "metric"]
    if pair.reported == "validation":
        wrong, place = best_validations(facts, pair.flawed), ["train_dataset", "fold", "seed", "metric"]
    found = wrong[[*place, "value"]].rename(columns={"value": "flawed"})
    both = control.merge(found, on=place, validate="many_to_one")
    return both.assign(value=both["flawed"] - both["control"])


def best_validations(facts: Iterable[RunFacts], experiment: str, metrics: Sequence[str] = (REPORTED,)) -> pd.DataFrame:
    """Return the best validation scores of an experiment's networks: train_dataset, fold, seed, metric, value."""
    columns = ["train_dataset", "fold", "seed"]
    found = [
        {name: getattr(fact, name) for name in columns} | {"metric": metric, "value": value}
        for fact in facts
        for metric in metrics
        if fact.experiment == experiment and (value := getattr(fact, f"best_validation_{metric}", None)) is not None
    ]
    return pd.DataFrame(found, columns=[*columns, "metric", "value"])


def pitfalls_shown(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table as text: primary metrics only, or Dice if a validation score is reported."""
    rows = table[table["primary"].astype(bool)].drop(columns="primary")
    text: dict[str, pd.Series | list[str]] = {"metric": rows["metric"].map(METRICS)}
    text |= {name: rows[name].map("{:.3f}".format) for name in SIDES}
    text["difference_points"] = [_points(*row) for row in rows[["difference_points", "low", "high"]].to_numpy(float)]
    frames = ("control_train_frames", "flawed_train_frames")
    text |= {name: rows[name].map(lambda value: "–" if pd.isna(value) else f"{value:g}") for name in frames}
    return rows.assign(**text).drop(columns=["low", "high"]).rename(columns=TITLES).reset_index(drop=True)


def _points(*values: float) -> str:
    difference, low, high = (f"{value:+.1f}".replace("-", "−") for value in values)
    return difference if np.isnan(values[1]) else f"{difference} [{low}, {high}]"
