"""Look up a network's score, its difference to another network and the best trivial score in a study's tables."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import nan

import pandas as pd

from unetlib.evaluation.contrasts import Contrasts
from unetlib.evaluation.curves import METRICS as CURVE_METRICS
from unetlib.evaluation.curves import curve_difference, curve_rows, curve_table
from unetlib.evaluation.decision import Spread
from unetlib.evaluation.intervals import EQUIVALENCE_LEVEL
from unetlib.evaluation.isbi_metrics import ERRORS
from unetlib.evaluation.power import usual_spread
from unetlib.evaluation.score_grids import Arm
from unetlib.evaluation.tables import METRICS, NO_TRAINING
from unetlib.report.doubts import Networks
from unetlib.report.literature import ANY
from unetlib.report.verdicts import Baseline, Estimate
from unetlib.study.facts import StudyFacts
from unetlib.study.runs import JOINT, Run

MOST_FOLDS = 2  # assumed for a dataset whose number of folds is not known


@dataclass(frozen=True)
class Comparand:
    """One side of a comparison: an experiment, its training dataset and the test dataset."""

    experiment: str
    train_dataset: str
    test_dataset: str


@dataclass(frozen=True)
class Study:
    """The tables of a study (comparison, ablation, transfer), its reference and the sizes of its networks.

    aliases: omitted experiment → the experiment with identical settings that the study runs instead. waterfall: the
    table of a study with protocols; starts: protocol → its first step, which repeats the document. curves: the rows of
    `curves.curve_rows`. run_folds: number of folds that are run; split_folds: dataset → number of folds of its split.
    contrasts: the scores themselves, for differences between any two networks paired image by image.
    """

    comparison: pd.DataFrame
    ablation: pd.DataFrame
    transfer: pd.DataFrame
    reference: str
    networks: Networks = field(default_factory=Networks)
    aliases: Mapping[str, str] = field(default_factory=dict)
    waterfall: pd.DataFrame | None = None
    starts: Mapping[str, Comparand] = field(default_factory=dict)
    curves: pd.DataFrame | None = None
    run_folds: int = 1
    split_folds: Mapping[str, int] = field(default_factory=dict)
    contrasts: Contrasts | None = None

    def score(self, side: Comparand, metric: str) -> Estimate | None:
        """Return the mean score of the network on the test dataset, None if there is none."""
        return _find(self._scores, side, metric)

    def effect(self, side: Comparand, metric: str) -> Estimate | None:
        """Return the network's paired difference to the reference on the same images, None if there is none."""
        return _find(self._effects, side, metric)

    def difference(self, left: Comparand, right: Comparand, metric: str) -> Estimate | None:
        """Return left minus right, paired image by image if the scores are known, else from the tables.

        From the tables, it prefers the paired differences to the reference to the difference of two means.
        """
        if metric in CURVE_METRICS:
            return self._curve_difference(left, right, metric)
        if paired := self._paired(left, right, metric):
            return paired
        if left.test_dataset == right.test_dataset:
            # Each effect is already paired to the reference; one that is the reference itself needs no second one.
            base = Comparand(self.reference, left.test_dataset, left.test_dataset)
            one, other = self.effect(left, metric), self.effect(right, metric)
            if right == base and one:
                return one
            if left == base and other:
                return -other
            if one and other:
                return one - other
        one, other = self.score(left, metric), self.score(right, metric)
        return one - other if one and other else None

    def regenerated(self, protocol: str, metric: str) -> tuple[Comparand, Estimate] | None:
        """Return the first step of a protocol, which repeats the document, and its score; None if it is not run."""
        start = self.starts.get(protocol)
        if start is None:
            return None
        if metric in CURVE_METRICS:
            found = self.score(start, metric)
            return (start, found) if found else None
        rows = self.waterfall
        if rows is None:
            return None
        rows = rows[(rows["protocol"] == protocol) & (rows["metric"] == metric) & (rows["step"] == 0)]
        for row in rows.to_dict("records"):
            runs, images, n = (int(row[name]) for name in ("runs", "images", "n"))
            return start, Estimate(
                float(row["score"]), float(row["low"]), float(row["high"]), runs, images, n, _text(row["resampled"])
            )
        return None

    def trivial(self, dataset: str, metric: str) -> Baseline | None:
        """Return the best trivial baseline on a dataset's test images, None if none has a score."""
        best = min if metric in ERRORS else max
        return best(self._trivial.get((dataset, metric), ()), key=lambda baseline: baseline.score, default=None)

    def spread(self, dataset: str, metric: str, *, of_differences: bool) -> Spread | None:
        """Return the spread in the power table of a score or difference, None if unknown or nothing was retrained."""
        base = Arm(self.reference, dataset)
        for spread in self.contrasts.spreads(dataset, metric) if self.contrasts else ():
            if base in spread.grid.values:
                return usual_spread(spread, base if of_differences else None)
        return None

    def most_folds(self, dataset: str) -> int:
        """Return the largest number of folds that a dataset can be run on, the number of folds of its split."""
        return max(self.split_folds.get(dataset, MOST_FOLDS), self.run_folds)

    def resolved(self, side: Comparand) -> Comparand:
        """Replace an omitted experiment by the identical one that the study runs instead."""
        return Comparand(self.aliases.get(side.experiment, side.experiment), side.train_dataset, side.test_dataset)

    def missing(self, side: Comparand, metric: str) -> str:
        """Return the reason why the study has no score of the network on the test dataset."""
        datasets, experiments = set(self.comparison["test_dataset"]), set(self.comparison["experiment"])
        for name in (side.test_dataset, side.train_dataset):
            if name not in datasets | {JOINT, ANY, NO_TRAINING}:
                return f"this study does not use {name}"
        if side.experiment not in experiments:
            return f"this study does not run {side.experiment}"
        trained = "" if side.train_dataset == ANY else f" trained on {side.train_dataset}"
        return f"our tables have no {metric} of {side.experiment}{trained} on {side.test_dataset}"

    def _paired(self, left: Comparand, right: Comparand, metric: str) -> Estimate | None:
        if self.contrasts is None or left.test_dataset != right.test_dataset:
            return None
        one, other = (Arm(side.experiment, side.train_dataset) for side in (left, right))
        found = self.contrasts.difference(one, other, left.test_dataset, metric)
        if found is None:
            return None
        held = found.interval
        low90, high90 = held.at(EQUIVALENCE_LEVEL)
        counts = found.runs, found.images, found.n, held.resampled
        return Estimate(held.mean, held.low, held.high, *counts, found.sd, low90, high90)

    def _curve_difference(self, left: Comparand, right: Comparand, metric: str) -> Estimate | None:
        if self.curves is None:
            return None
        sides = [_rows_of(self.curves, side, metric) for side in (left, right)]
        found = list(_estimates(curve_difference(*sides), MEANS).values())
        return found[0] if found else None

    @cached_property
    def _scores(self) -> dict[tuple[str, ...], Estimate]:
        """All mean scores; the comparison comes after the transfer table and overrides it where both have a score."""
        metrics = [name for name in METRICS if name in self.transfer]
        found: dict[tuple[str, ...], Estimate] = {}
        for metric in metrics:
            names = {name: f"{metric}_{name}" for name in ("low", "high", "sd")} | {"mean": metric}
            found |= _estimates(self.transfer.assign(metric=metric), names)
        found |= _estimates(self.comparison, MEANS)
        return found | _estimates(curve_table(self.curves), MEANS) if self.curves is not None else found

    @cached_property
    def _trivial(self) -> dict[tuple[str, str], list[Baseline]]:
        """All trivial baselines by test dataset and metric."""
        rows = self.comparison[(self.comparison["train_dataset"] == NO_TRAINING) & self.comparison["mean"].notna()]
        groups = rows.groupby(["test_dataset", "metric"])[["experiment", "mean"]]
        return {(str(a), str(b)): [Baseline(*row) for row in own.itertuples(index=False)] for (a, b), own in groups}

    @cached_property
    def _effects(self) -> dict[tuple[str, ...], Estimate]:
        return _estimates(self.ablation, MEANS | {"mean": "difference"})


MEANS = {name: name for name in ("mean", "low", "high", "sd", "low90", "high90")}


def study_of(
    facts: StudyFacts,
    tables: Mapping[str, pd.DataFrame],
    histories: Iterable[tuple[Run, pd.DataFrame]] = (),
    contrasts: Contrasts | None = None,
) -> Study:
    """Build the look-ups of a study from its tables comparison, ablation, transfer and, with protocols, waterfall.

    histories: each run with the training history of its network, which another experiment may have trained.
    contrasts: the result of `study_tables.contrasts_of`.
    """
    entries = facts.experiments
    starts = {name: (protocol.steps[0], protocol.test_dataset) for name, protocol in facts.protocols.items()}
    return Study(
        comparison=tables["comparison"],
        ablation=tables["ablation"],
        transfer=tables["transfer"],
        reference=facts.reference,
        networks=Networks(
            {name: entry.base_filters for name, entry in entries.items()},
            {name: entry.tiles for name, entry in entries.items() if entry.tiles},
            {name: entry.silver_truth for name, entry in entries.items()},
        ),
        aliases=facts.aliases,
        waterfall=tables["waterfall"] if facts.protocols else None,
        starts={name: Comparand(step.experiment, step.train_dataset, test) for name, (step, test) in starts.items()},
        curves=curve_rows((vars(run), history) for run, history in histories),
        run_folds=len(facts.folds),
        split_folds={name: entry.folds for name, entry in facts.datasets.items() if entry.folds},
        contrasts=contrasts,
    )


def _estimates(table: pd.DataFrame, names: Mapping[str, str]) -> dict[tuple[str, ...], Estimate]:
    """Return estimates by experiment, training dataset, test dataset and metric; columns that are missing give NaN."""
    blank = table.assign(**{column: nan for column in names.values() if column not in table})
    if "resampled" not in blank:
        blank = blank.assign(resampled="")
    return {
        (row["experiment"], row["train_dataset"], row["test_dataset"], row["metric"]): Estimate(
            **{name: float(row[column]) for name, column in names.items()},
            runs=int(row["runs"]),
            images=int(row["images"]),
            n=int(row["n"]),
            resampled=_text(row["resampled"]),
        )
        for row in blank.to_dict("records")
        if pd.notna(row[names["mean"]])
    }


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _rows_of(rows: pd.DataFrame, side: Comparand, metric: str) -> pd.DataFrame:
    chosen = (rows["experiment"] == side.experiment) & (rows["train_dataset"] == side.train_dataset)
    return rows[chosen & (rows["metric"] == metric)]


def _find(found: Mapping[tuple[str, ...], Estimate], side: Comparand, metric: str) -> Estimate | None:
    if side.train_dataset != ANY:
        return found.get((side.experiment, side.train_dataset, side.test_dataset, metric))
    keys = [key for key in found if (key[0], *key[2:]) == (side.experiment, side.test_dataset, metric)]
    return found[keys[0]] if len(keys) == 1 else None
