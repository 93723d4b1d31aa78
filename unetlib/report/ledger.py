"""The ledger over all studies: each published claim answered by the best evidence that any of them has.

Rules, applied to each claim on its own:

* Under its own protocol (`theirs`): of the studies that regenerate the value by the document's protocol, the best.
* Ours (`ours`): of the studies that have a score for it, the best.
* The better of two studies has more runs (networks retrained: folds × seeds) behind the claim; of as many runs more
  updates of each network, then more base filters, then the narrower interval, then the first by name.

Both parts together give the verdict, by the rules of a single study (`claims.compare_claims`). Scores of different
studies are never mixed within one part. A claim of which no study has a score is judged by the first that can judge it:
void by a trivial baseline on the same images.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf, isnan
from typing import NamedTuple, TypedDict

import pandas as pd

from unetlib.networks.run_record import RunFacts
from unetlib.report.claims import claims_shown, compare_claims
from unetlib.report.literature import Claim, Error
from unetlib.report.study_scores import Study
from unetlib.report.table_rows import records
from unetlib.report.verdicts import NOT_RUN
from unetlib.study.facts import StudyFacts

STUDY, THEIRS_STUDY = "study", "theirs_study"


class Weight(NamedTuple):
    """What makes evidence better, most important first."""

    runs: int
    updates: int
    base_filters: int
    narrowness: float


class AnswerRow(TypedDict):
    """A row of `compare_claims`: what of it decides which study answers a claim."""

    protocol: str
    versus_protocol: str
    experiment: str
    versus_experiment: str
    our_metric: str
    theirs: float
    theirs_low: float
    theirs_high: float
    ours: float
    difference_low: float
    difference_high: float
    trivial: float
    runs: int
    verdict: str
    reason: str


@dataclass(frozen=True)
class Evidence:
    """A study as the ledger needs it: its scores, and the updates and base filters of each experiment's networks."""

    study: Study
    updates: Mapping[str, int]
    base_filters: Mapping[str, int]

    @classmethod
    def of(cls, study: Study, facts: StudyFacts, trained: Iterable[RunFacts]) -> "Evidence":
        """Return the evidence of a study; of the updates of an experiment's networks the fewest count."""
        fewest: dict[str, int] = {}
        for run in trained:
            if run.experiment is not None and run.updates is not None:
                fewest[run.experiment] = min(run.updates, fewest.get(run.experiment, run.updates))
        entries = facts.experiments
        updates = {name: fewest[entry.trained_by] for name, entry in entries.items() if entry.trained_by in fewest}
        return cls(study, updates, {name: entry.base_filters for name, entry in entries.items()})

    def of_ours(self, row: AnswerRow) -> Weight | None:
        """Return the weight of the study's own answer to a claim; None where it has no score."""
        if isnan(row["ours"]):
            return None
        names = [name for name in (row["experiment"], row["versus_experiment"]) if name]
        return self._weight(names, row["runs"], row["difference_high"] - row["difference_low"])

    def of_theirs(self, row: AnswerRow) -> Weight | None:
        """Return the weight of the study's score under the claim's own protocol; None where it has none."""
        protocols = [name for name in (row["protocol"], row["versus_protocol"]) if name]
        found = [self.study.regenerated(name, row["our_metric"]) for name in protocols]
        known = [each for each in found if each is not None]
        if isnan(row["theirs"]) or not known:
            return None
        names = [start.experiment for start, _ in known]
        return self._weight(names, min(score.runs for _, score in known), row["theirs_high"] - row["theirs_low"])

    def _weight(self, experiments: Iterable[str], runs: int, width: float) -> Weight:
        """Return the weight of a score that rests on networks of these experiments, the smallest of them."""
        names = [self.study.aliases.get(name, name) for name in experiments]
        updates, filters = (
            min((found[name] for name in names if name in found), default=0)
            for found in (self.updates, self.base_filters)
        )
        return Weight(runs, updates, filters, -inf if isnan(width) else -width)


def joint_ledger(
    claims: Sequence[Claim], errors: Mapping[int, Error], evidence: Mapping[str, Evidence]
) -> pd.DataFrame:
    """Return one row per claim, the columns of `compare_claims` and the studies that answer it.

    study, theirs_study: of our score (else of the baseline that judges it) and of the score under its own protocol, ""
    for none; updates: of the networks of ours. Where nothing is run the reason names what each study lacks.
    """
    tables = {(name, name): compare_claims(claims, errors, each.study) for name, each in evidence.items()}
    rows = {name: records(tables[name, name], AnswerRow) for name in evidence}
    parts, updates = [], []
    for place in range(len(claims)):
        own = {name: rows[name][place] for name in sorted(evidence)}
        weights = {name: evidence[name].of_ours(row) for name, row in own.items()}
        ours, theirs = _best(weights), _best({name: evidence[name].of_theirs(row) for name, row in own.items()})
        judged = _without_score(own)
        pair = (ours or theirs or judged, theirs or ours or judged)
        if pair not in tables:
            tables[pair] = compare_claims(claims, errors, evidence[pair[0]].study, evidence[pair[1]].study)
        part = tables[pair].iloc[[place]]
        if not ours and not theirs and own[judged]["verdict"] == NOT_RUN:
            part = part.assign(reason=_reasons(own))
        named = ours if ours or theirs or isnan(own[judged]["trivial"]) else judged
        parts.append(part.assign(study=named, theirs_study=theirs))
        weight = weights.get(ours)
        updates.append(weight.updates if weight else None)
    return pd.concat(parts, ignore_index=True).assign(updates=pd.array(updates, dtype="Int64"))


def ledger_shown(table: pd.DataFrame) -> pd.DataFrame:
    """Return the ledger as text: the claims, and after each verdict the studies that it rests on."""
    shown = claims_shown(table)
    names = {
        name: _studies(ours, theirs)
        for name, ours, theirs in zip(table["id"], table[STUDY], table[THEIRS_STUDY], strict=True)
    }
    shown.insert(2, "study", shown["claim"].map(names))
    return shown


def _best(weights: Mapping[str, Weight | None]) -> str:
    """Return the name of the best evidence, the first of equals; "" where there is none."""
    found = {name: weight for name, weight in weights.items() if weight is not None}
    return max(found, key=lambda name: found[name], default="")


def _without_score(rows: Mapping[str, AnswerRow]) -> str:
    """Return the first study that judges a claim without a score, by a trivial baseline or its source; else the first.

    Of those that judge it, one that has a trivial baseline on the same images comes first.
    """
    rank = {name: (row["verdict"] == NOT_RUN, isnan(row["trivial"])) for name, row in rows.items()}
    return min(rank, key=lambda name: rank[name])


def _reasons(rows: Mapping[str, AnswerRow]) -> str:
    """Return why no study answers a claim: once where all say the same."""
    said = {name: row["reason"] for name, row in rows.items()}
    if len(set(said.values())) == 1:
        return next(iter(said.values()))
    return " ".join(f"{name}: {reason}" for name, reason in said.items())


def _studies(ours: str, theirs: str) -> str:
    """Return the studies of a verdict as text, the second where it is another."""
    if not theirs or theirs == ours:
        return ours or "–"
    return f"{ours or '–'}; its own protocol: {theirs}"
