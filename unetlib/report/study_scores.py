"""Look-ups in a study's tables: the score of a network, its difference to another, the best trivial score."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import nan

import pandas as pd

from unetlib.evaluation.isbi_metrics import ERRORS
from unetlib.evaluation.tables import METRICS, NO_TRAINING
from unetlib.report.literature import ANY
from unetlib.report.verdicts import Baseline, Estimate
from unetlib.study.facts import StudyFacts
from unetlib.study.runs import JOINT


@dataclass(frozen=True)
class Comparand:
    """A network and the images that it is scored on."""

    experiment: str
    train_dataset: str
    test_dataset: str


@dataclass(frozen=True)
class Study:
    """The tables of a study (comparison, ablation, transfer), its reference, the base filters of each experiment.

    waterfall: of a study with protocols, theirs. aliases: omitted experiment → the experiment with identical settings
    that the study runs instead.
    """

    comparison: pd.DataFrame
    ablation: pd.DataFrame
    transfer: pd.DataFrame
    reference: str
    filters: Mapping[str, int]
    aliases: Mapping[str, str]
    waterfall: pd.DataFrame | None = None

    def score(self, side: Comparand, metric: str) -> Estimate | None:
        """Return the mean score of the network on the images, None where there is none."""
        return _find(self._scores, side, metric)

    def effect(self, side: Comparand, metric: str) -> Estimate | None:
        """Return the network's paired difference to the reference on the same images, None where there is none."""
        if side == Comparand(self.reference, side.test_dataset, side.test_dataset):
            own = self.score(side, metric)
            return own and Estimate(0.0, 0.0, 0.0, own.runs, own.images, own.n)
        return _find(self._effects, side, metric)

    def difference(self, left: Comparand, right: Comparand, metric: str) -> Estimate | None:
        """Return left minus right: paired through the reference on the same images, else of the means."""
        measures = [self.effect] if left.test_dataset == right.test_dataset else []
        for measure in [*measures, self.score]:
            one, other = measure(left, metric), measure(right, metric)
            if one and other:
                return one - other
        return None

    def regenerated(self, protocol: str, metric: str) -> tuple[str, Estimate] | None:
        """Return the experiment that does what a document did, and its score; None where the study does not run it."""
        if self.waterfall is None:
            return None
        rows = self.waterfall
        rows = rows[(rows["protocol"] == protocol) & (rows["metric"] == metric) & (rows["step"] == 0)]
        for row in rows.to_dict("records"):
            counts = (int(row[name]) for name in ("runs", "images", "n"))
            return str(row["experiment"]), Estimate(row["score"], row["low"], row["high"], *counts)
        return None

    def trivial(self, dataset: str, metric: str) -> Baseline | None:
        """Return the best trivial baseline on a dataset's test images, None where none has a score."""
        rows = self.comparison
        rows = rows[(rows["train_dataset"] == NO_TRAINING) & (rows["test_dataset"] == dataset)]
        rows = rows[(rows["metric"] == metric) & rows["mean"].notna()]
        found = [Baseline(str(row["experiment"]), float(row["mean"])) for row in rows.to_dict("records")]
        best = min if metric in ERRORS else max
        return best(found, key=lambda baseline: baseline.score, default=None)

    def resolved(self, side: Comparand) -> Comparand:
        """Return the side under the name of the experiment that the study runs."""
        return Comparand(self.aliases.get(side.experiment, side.experiment), side.train_dataset, side.test_dataset)

    def missing(self, side: Comparand, metric: str) -> str:
        """Return the reason why the study has no score of the network on the images."""
        datasets, experiments = set(self.comparison["test_dataset"]), set(self.comparison["experiment"])
        for name in (side.test_dataset, side.train_dataset):
            if name not in datasets | {JOINT, ANY, NO_TRAINING}:
                return f"this study does not use {name}"
        if side.experiment not in experiments:
            return f"this study does not run {side.experiment}"
        trained = "" if side.train_dataset == ANY else f" trained on {side.train_dataset}"
        return f"our tables have no {metric} of {side.experiment}{trained} on {side.test_dataset}"

    @cached_property
    def _scores(self) -> dict[tuple[str, ...], Estimate]:
        metrics = [name for name in METRICS if name in self.transfer]
        found: dict[tuple[str, ...], Estimate] = {}
        for metric in metrics:
            names = {"mean": metric, "low": f"{metric}_low", "high": f"{metric}_high"}
            found |= _estimates(self.transfer.assign(metric=metric), names)
        return found | _estimates(self.comparison, {"mean": "mean", "low": "low", "high": "high"})

    @cached_property
    def _effects(self) -> dict[tuple[str, ...], Estimate]:
        return _estimates(self.ablation, {"mean": "difference", "low": "low", "high": "high"})


def study_of(facts: StudyFacts, tables: Mapping[str, pd.DataFrame]) -> Study:
    """Return the look-ups in the tables of a study: comparison, ablation, transfer and, with protocols, waterfall."""
    return Study(
        comparison=tables["comparison"],
        ablation=tables["ablation"],
        transfer=tables["transfer"],
        reference=facts.reference,
        filters={name: entry.base_filters for name, entry in facts.experiments.items()},
        aliases=facts.aliases,
        waterfall=tables["waterfall"] if facts.protocols else None,
    )


def _estimates(table: pd.DataFrame, names: Mapping[str, str]) -> dict[tuple[str, ...], Estimate]:
    """Return estimates by experiment, training set, test set and metric, with an interval where the table has one."""
    blank = table.assign(**{column: nan for column in names.values() if column not in table})
    return {
        (row["experiment"], row["train_dataset"], row["test_dataset"], row["metric"]): Estimate(
            mean=float(row[names["mean"]]),
            low=float(row[names["low"]]),
            high=float(row[names["high"]]),
            runs=int(row["runs"]),
            images=int(row["images"]),
            n=int(row["n"]),
        )
        for row in blank.to_dict("records")
        if pd.notna(row[names["mean"]])
    }


def _find(found: Mapping[tuple[str, ...], Estimate], side: Comparand, metric: str) -> Estimate | None:
    if side.train_dataset != ANY:
        return found.get((side.experiment, side.train_dataset, side.test_dataset, metric))
    keys = [key for key in found if (key[0], *key[2:]) == (side.experiment, side.test_dataset, metric)]
    return found[keys[0]] if len(keys) == 1 else None
