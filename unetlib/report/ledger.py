"""The joint ledger of all studies: each published claim answered by the study with the best evidence.

The rules apply to each claim separately:

* Under its own protocol (`theirs`): the best study among those that regenerate the value by the document's protocol.
* Under ours (`ours`): the best study among those that have a score for the claim.
* The better of two studies has more runs (retrained networks: folds × seeds) behind the claim; at equal runs more
  updates per network, then more base filters, then the narrower interval, then the name that sorts first.

The verdict combines both parts by the rules of a single study (`claims.compare_claims`). Each part uses the scores of
one study only. If no study has a score, the first study that can judge the claim without one decides, for example when
a trivial baseline on the same images makes the claim void.
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
    """The quality of evidence, comparable as a tuple: the most important criterion comes first."""

    runs: int
    updates: int
    base_filters: int
    narrowness: float


class AnswerRow(TypedDict):
    """The columns of `compare_claims` that decide which study answers a claim."""

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
    """A study in the ledger: its scores, and the updates and base filters of each experiment's networks."""

    study: Study
    updates: Mapping[str, int]
    base_filters: Mapping[str, int]

    @classmethod
    def of(cls, study: Study, facts: StudyFacts, trained: Iterable[RunFacts]) -> "Evidence":
        """Return the evidence of a study. The network with the fewest updates counts for its experiment."""
        fewest: dict[str, int] = {}
        for run in trained:
            if run.experiment is not None and run.updates is not None:
                fewest[run.experiment] = min(run.updates, fewest.get(run.experiment, run.updates))
        entries = facts.experiments
        updates = {name: fewest[entry.trained_by] for name, entry in entries.items() if entry.trained_by in fewest}
        return cls(study, updates, {name: entry.base_filters for name, entry in entries.items()})

    def of_ours(self, row: AnswerRow) -> Weight | None:
        """Return the weight of the study's answer under our protocol, None if it has no score."""
        if isnan(row["ours"]):
            return None
        names = [name for name in (row["experiment"], row["versus_experiment"]) if name]
        return self._weight(names, row["runs"], row["difference_high"] - row["difference_low"])

    def of_theirs(self, row: AnswerRow) -> Weight | None:
        """Return the weight of the study's answer under the claim's own protocol, None if it has no score."""
        protocols = [name for name in (row["protocol"], row["versus_protocol"]) if name]
        found = [self.study.regenerated(name, row["our_metric"]) for name in protocols]
        known = [each for each in found if each is not None]
        if isnan(row["theirs"]) or not known:
            return None
        names = [start.experiment for start, _ in known]
        return self._weight(names, min(score.runs for _, score in known), row["theirs_high"] - row["theirs_low"])

    def _weight(self, experiments: Iterable[str], runs: int, width: float) -> Weight:
        """Return the weight of a score from these experiments; the fewest updates and base filters among them count."""
        names = [self.study.aliases.get(name, name) for name in experiments]
        updates, filters = (
            min((found[name] for name in names if name in found), default=0)
            for found in (self.updates, self.base_filters)
        )
        return Weight(runs, updates, filters, -inf if isnan(width) else -width)


def joint_ledger(
    claims: Sequence[Claim], errors: Mapping[int, Error], evidence: Mapping[str, Evidence]
) -> pd.DataFrame:
    """Return one row per claim: the columns of `compare_claims`, and the studies that answer the claim.

    study: the study of our score, else of the trivial baseline that judges the claim. theirs_study: the study of the
    score under the claim's own protocol. Both are "" if there is none. updates: training updates of the networks
    behind our score. If no study runs the claim, the reason says what each study lacks.
    """
    tables = {name: compare_claims(claims, errors, each.study) for name, each in evidence.items()}
    rows = {name: records(table, AnswerRow) for name, table in tables.items()}
    parts, updates = [], []
    # One part per claim, from the comparison with the study, or the pair of studies, that answers it.
    for place in range(len(claims)):
        own = {name: rows[name][place] for name in sorted(evidence)}
        weights = {name: evidence[name].of_ours(row) for name, row in own.items()}
        ours, theirs = _best(weights), _best({name: evidence[name].of_theirs(row) for name, row in own.items()})
        judged = _without_score(own)
        first, second = ours or theirs or judged, theirs or ours or judged
        part = tables[first].iloc[[place]]
        if first != second:
            part = compare_claims([claims[place]], errors, evidence[first].study, evidence[second].study)
        # No study even judges the claim without a score, so the row collects every study's reason.
        if not ours and not theirs and own[judged]["verdict"] == NOT_RUN:
            part = part.assign(reason=_reasons(own))
        named = ours if ours or theirs or isnan(own[judged]["trivial"]) else judged
        parts.append(part.assign(study=named, theirs_study=theirs))
        weight = weights.get(ours)
        updates.append(weight.updates if weight else None)
    return pd.concat(parts, ignore_index=True).assign(updates=pd.array(updates, dtype="Int64"))


def ledger_shown(table: pd.DataFrame) -> pd.DataFrame:
    """Return the ledger as text: the claims, with the studies behind each verdict in a column after it."""
    shown = claims_shown(table)
    names = {
        name: _studies(ours, theirs)
        for name, ours, theirs in zip(table["id"], table[STUDY], table[THEIRS_STUDY], strict=True)
    }
    shown.insert(2, "study", shown["claim"].map(names))
    return shown


def _best(weights: Mapping[str, Weight | None]) -> str:
    """Return the name of the study with the best evidence, the first of equals, or "" if there is none."""
    found = {name: weight for name, weight in weights.items() if weight is not None}
    return max(found, key=lambda name: found[name], default="")


def _without_score(rows: Mapping[str, AnswerRow]) -> str:
    """Return the first study that judges a claim without a score of ours, else the first study.

    A study with a trivial baseline on the same images takes precedence.
    """
    rank = {name: (row["verdict"] == NOT_RUN, isnan(row["trivial"])) for name, row in rows.items()}
    return min(rank, key=lambda name: rank[name])


def _reasons(rows: Mapping[str, AnswerRow]) -> str:
    """Return the reasons why no study answers a claim, or a single reason if all studies agree."""
    said = {name: row["reason"] for name, row in rows.items()}
    if len(set(said.values())) == 1:
        return next(iter(said.values()))
    return " ".join(f"{name}: {reason}" for name, reason in said.items())


def _studies(ours: str, theirs: str) -> str:
    """Return the studies of a verdict as text; the study of the claim's own protocol is named only if it differs."""
    if not theirs or theirs == ours:
        return ours or "–"
    return f"{ours or '–'}; its own protocol: {theirs}"
