"""Published claims compared with the results of a study: our number for each claim, and a verdict.

Every claim has a row; a claim that the study cannot answer gives the reason.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from math import nan
from pathlib import Path

import pandas as pd

from unetlib.evaluation.isbi_metrics import ERRORS
from unetlib.evaluation.tables import METRICS
from unetlib.report.display_tables import format_value, intervals
from unetlib.report.literature import ANSWER, ANY, COLUMNS, VERSUS, Claim, Error
from unetlib.report.study_scores import Comparand, Study
from unetlib.report.table_rows import ClaimRow, records
from unetlib.report.verdicts import (
    EQUAL,
    NOT_RUN,
    VERDICTS,
    Estimate,
    compare_to_published,
    doubts,
    judge_direction,
    judge_value,
    no_better,
)
from unetlib.study.runs import JOINT

PAPER_FILTERS = 64
HOW = {"+": "higher", "-": "lower", "0": "no difference"}


@dataclass(frozen=True)
class Answer:
    """Our side of a claim's row; NaN and None: no number.

    ours, low, high: our score and its 95 % interval (of the first side of a direction; other is the second side's).
    difference, difference_low, difference_high: ours − published, or first − second side. trivial: the best trivial
    score on the same images. theirs, theirs_low, theirs_high: the score of protocol_experiment, which does what the
    document did. The verdict is "not run here" exactly where we have no score.
    """

    theirs: float = nan
    theirs_low: float = nan
    theirs_high: float = nan
    ours: float = nan
    low: float = nan
    high: float = nan
    other: float = nan
    difference: float = nan
    difference_low: float = nan
    difference_high: float = nan
    trivial: float = nan
    base_filters: int | None = None
    runs: int | None = None
    images: int | None = None
    n: int | None = None
    protocol_experiment: str = ""
    trivial_name: str = ""
    verdict: str = NOT_RUN
    reason: str = ""


NUMBERS, COUNTS = (tuple(each.name for each in fields(Answer) if each.type == kind) for kind in (float, int | None))
TABLE = (*COLUMNS, *(each.name for each in fields(Answer)))


def compare_claims(claims: Sequence[Claim], errors: Mapping[int, Error], study: Study) -> pd.DataFrame:
    """Return one row per claim in the given order, columns TABLE: the claim, and the fields of our `Answer`."""
    answers = [_answer(claim, [errors[each] for each in claim.errors], study) for claim in claims]
    rows = [
        _stated(claim) | asdict(_regenerated(answer, claim, study))
        for claim, answer in zip(claims, answers, strict=True)
    ]
    table = pd.DataFrame(rows, columns=[*TABLE])
    return table.astype(dict.fromkeys(COUNTS, "Int64") | dict.fromkeys(("value", *NUMBERS), "float"))


def read_claims(path: str | Path) -> pd.DataFrame:
    """Read the table of `compare_claims` from its CSV: text stays text, an empty number is NaN."""
    numbers = ("value", *NUMBERS)
    types = dict.fromkeys(TABLE, "str") | dict.fromkeys(numbers, "float") | dict.fromkeys(COUNTS, "Int64")
    return pd.read_csv(path, dtype=types, keep_default_na=False, na_values={name: [""] for name in (*numbers, *COUNTS)})


def claims_shown(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table as text: one row per claim, numbers with three decimals, intervals in square brackets."""
    rows = records(table, ClaimRow)
    return pd.DataFrame(
        {
            "claim": table["id"],
            "verdict": table["verdict"],
            "in its own words": [f"“{row['claim']}”" for row in rows],
            "source": [f"{row['source']}, {row['where']}" for row in rows],
            "measured": [_measured(row) for row in rows],
            "published": [HOW.get(row["expected"]) or f"{row['value']:.4g}" for row in rows],
            "ours, under its own protocol": intervals(table, "theirs", "theirs_low", "theirs_high"),
            "ours": intervals(table, "ours", "low", "high"),
            "difference": intervals(table, "difference", "difference_low", "difference_high", signed=True),
            "best trivial": table["trivial"].map(format_value),
            "runs": _whole(table["runs"]),
            "n": _whole(table["n"]),
            "why": [" ".join(dict.fromkeys(filter(None, [row["reason"], _sentence(row["note"])]))) for row in rows],
        }
    )


def summary(table: pd.DataFrame) -> str:
    """Return one sentence with the number of claims per verdict."""
    counts = table["verdict"].value_counts()
    total = f"{len(table)} published numbers and statements"
    if all_not_run(table):
        return f"This study answers none of the {total}; the table gives the reason for each."
    parts = [f"{counts[name]} {name}" for name in VERDICTS if name in counts]
    return f"{total}: {', '.join(parts)}."


def all_not_run(table: pd.DataFrame) -> bool:
    """Return whether the study answers no claim at all."""
    return bool((table["verdict"] == NOT_RUN).all())


def _answer(claim: Claim, errors: Sequence[Error], study: Study) -> Answer:
    """Return our side of a claim's row."""
    if not claim.answer:
        return Answer(verdict=NOT_RUN, reason=_sentence(claim.note))
    *named, metric = claim.answer
    sides = [study.resolved(Comparand(*names)) for names in (named, claim.versus) if names]
    scores = {side: study.score(side, metric) for side in sides}
    lacking = [study.missing(side, metric) for side, score in scores.items() if score is None]
    if len(scores) < len(sides):
        lacking.append("both sides are the same network in this study")
    ours, trivial = scores[sides[0]], study.trivial(sides[0].test_dataset, metric)
    if lacking or ours is None:
        return Answer(verdict=NOT_RUN, reason=_sentence(" and ".join(dict.fromkeys(lacking))))
    second = nan
    if claim.value is None:
        gap, other = study.difference(sides[0], sides[1], metric), scores[sides[1]]
        assert gap is not None and other is not None  # both sides have a score
        second = other.mean
        verdict, reason = judge_direction(claim.expected, gap, _failures(scores, metric, study))
    else:
        gap = ours - Estimate(claim.value, claim.value, claim.value, ours.runs, ours.images, ours.n)
        against = doubts(claim, errors, metric, trivial)
        verdict, reason = judge_value(ours, claim.value, against, trivial, metric=metric)
    return Answer(
        ours=ours.mean,
        low=ours.low,
        high=ours.high,
        other=second,
        difference=gap.mean,
        difference_low=gap.low,
        difference_high=gap.high,
        trivial=trivial.score if trivial else nan,
        base_filters=study.filters.get(sides[0].experiment),
        runs=gap.runs,
        images=gap.images,
        n=gap.n,
        trivial_name=trivial.name if trivial else "",
        verdict=verdict,
        reason=f"{reason} {_scale(sides, study.filters)}".strip(),
    )


def _regenerated(answer: Answer, claim: Claim, study: Study) -> Answer:
    """Return the answer with the score of the claim's own protocol, and whether it agrees with the published value."""
    found = study.regenerated(claim.protocol, claim.answer[-1]) if claim.protocol and claim.answer else None
    if found is None or claim.value is None:
        return answer
    experiment, theirs = found
    verb = "agrees" if compare_to_published(theirs, claim.value) == EQUAL else "does not agree"
    sentence = f"Under its own protocol ({experiment}) we get {format_value(theirs.mean)}, which {verb} with it."
    return replace(
        answer,
        theirs=theirs.mean,
        theirs_low=theirs.low,
        theirs_high=theirs.high,
        protocol_experiment=experiment,
        reason=f"{answer.reason} {sentence}",
    )


def _failures(scores: Mapping[Comparand, Estimate | None], metric: str, study: Study) -> list[str]:
    """Return the networks at or below the trivial baseline, which make a difference uninterpretable.

    With two test sets, failure on the harder one is the expected finding, so only the better side is checked.
    """
    known = {side: score for side, score in scores.items() if score}
    if len({side.test_dataset for side in known}) > 1:
        best = (min if metric in ERRORS else max)(known, key=lambda side: known[side].mean)
        known = {best: known[best]}
    failed = []
    for side, score in known.items():
        trivial = study.trivial(side.test_dataset, metric)
        if side.experiment in study.filters and trivial and no_better(score.mean, trivial.score, metric):
            failed.append(f"{side.experiment} is no better than {trivial.name} on {side.test_dataset}")
    return failed


def _scale(sides: Sequence[Comparand], filters: Mapping[str, int]) -> str:
    sizes = [str(size) for size in dict.fromkeys(filters[s.experiment] for s in sides if s.experiment in filters)]
    return f"Base filters: ours {' and '.join(sizes)}, the paper's {PAPER_FILTERS}." if sizes else ""


def _stated(claim: Claim) -> dict[str, object]:
    row: dict[str, object] = {
        each.name: getattr(claim, each.name) for each in fields(claim) if each.name not in ("answer", "versus")
    }
    row["errors"] = " ".join(map(str, claim.errors))
    for names, values in ((ANSWER, claim.answer), (VERSUS, claim.versus)):
        row |= dict(zip(names, values or [""] * len(names), strict=True))
    return row


def _measured(row: ClaimRow) -> str:
    metric = row["our_metric"] or row["metric"]
    text = f"{METRICS.get(metric, metric)}, {row['test_dataset'] or row['dataset']}"
    if row["experiment"]:
        names = [row["experiment"], row["versus_experiment"]]
        places = [
            (row["train_dataset"], row["test_dataset"]),
            (row["versus_train_dataset"], row["versus_test_dataset"]),
        ]
        if names[0] == names[1] or places[0][0] not in (places[0][1], JOINT, ANY):
            names = [name and f"{name} ({train} → {test})" for name, (train, test) in zip(names, places, strict=True)]
        text += f": {' − '.join(filter(None, names))}"
    return text


def _whole(column: pd.Series) -> list[str]:
    return ["–" if pd.isna(value) else str(value) for value in column]


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}." if text else ""
