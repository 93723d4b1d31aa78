"""Compare published claims with the results of a study: our number for each claim, and a verdict.

Every claim has a row; if the study cannot answer the claim, the row gives the reason.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path

import pandas as pd

from unetlib.evaluation.curves import METRICS as CURVE_METRICS
from unetlib.evaluation.tables import METRICS
from unetlib.report.answers import Answer, answer
from unetlib.report.display_tables import format_value, intervals
from unetlib.report.literature import ANSWER, ANY, COLUMNS, SIZES, VERSUS, Claim, Error
from unetlib.report.study_scores import Study
from unetlib.report.table_rows import ClaimRow, records
from unetlib.report.verdicts import BOTH, DECIDED, OURS, THEIRS, VERDICTS
from unetlib.study.runs import JOINT

HOW = {"+": "higher", "-": "lower", "0": "no difference"}
NUMBERS, COUNTS = (tuple(each.name for each in fields(Answer) if each.type == kind) for kind in (float, int | None))
WHOLE = (*SIZES, *COUNTS)
TABLE = (*COLUMNS, *(each.name for each in fields(Answer)))


def compare_claims(
    claims: Sequence[Claim], errors: Mapping[int, Error], study: Study, copied: Study | None = None
) -> pd.DataFrame:
    """Return one row per claim in the given order, with the columns TABLE: the claim and the fields of our `Answer`.

    copied: the study that runs the documents' own protocols, if it is not the same study.
    """
    own = copied or study
    rows = [_stated(each) | asdict(answer(each, [errors[n] for n in each.errors], study, own)) for each in claims]
    table = pd.DataFrame(rows, columns=[*TABLE])
    return table.astype(dict.fromkeys(WHOLE, "Int64") | dict.fromkeys(("value", *NUMBERS), "float"))


def read_claims(path: str | Path) -> pd.DataFrame:
    """Read the table of `compare_claims` from CSV; text columns stay text, and an empty number is NaN."""
    numbers = ("value", *NUMBERS)
    types = dict.fromkeys(TABLE, "str") | dict.fromkeys(numbers, "float") | dict.fromkeys(WHOLE, "Int64")
    return pd.read_csv(path, dtype=types, keep_default_na=False, na_values={name: [""] for name in (*numbers, *WHOLE)})


def claims_shown(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table as text: one row per claim, decided claims first, intervals in square brackets."""
    table = table.sort_values("verdict", key=lambda names: names.map([*VERDICTS].index), kind="stable")
    rows = records(table, ClaimRow)
    return pd.DataFrame(
        {
            "claim": table["id"],
            "verdict": table["verdict"],
            "decided under": table["under"].map(lambda place: place or "–"),
            "claim, in “quotation marks” where verbatim": [_worded(row) for row in rows],
            "source": [f"{row['source']}, {row['where']}" for row in rows],
            "measured": [_measured(row) for row in rows],
            "published": [HOW.get(row["expected"]) or f"{row['value']:.4g}" for row in rows],
            "ours, under its own protocol": _regenerated(table),
            "ours": intervals(table, "ours", "low", "high"),
            "difference": intervals(table, "difference", "difference_low", "difference_high", signed=True),
            "best trivial": table["trivial"].map(format_value),
            "runs": _whole(table["runs"]),
            "n": _whole(table["n"]),
            "would decide it": table["decides"].map(lambda design: design or "–"),
            "why": [" ".join(dict.fromkeys(filter(None, [row["reason"], _sentence(row["note"])]))) for row in rows],
        }
    ).reset_index(drop=True)


def summary(table: pd.DataFrame) -> str:
    """Return sentences with the number of claims per verdict, decided verdicts first."""
    counts = table["verdict"].value_counts()
    total = f"{len(table)} published numbers and statements"
    if all_not_run(table):
        return f"This study answers none of the {total}; the table gives the reason for each."
    parts = [f"{counts[name]} {name}{_places(table, name)}" for name in VERDICTS if name in counts]
    decided = int(table["verdict"].isin(DECIDED).sum())
    return f"Of {total}, {decided} {'is' if decided == 1 else 'are'} decided. In all: {', '.join(parts)}."


def _places(table: pd.DataFrame, verdict: str) -> str:
    """Return the number of claims of a verdict per deciding protocol, "" if none was decided under its own."""
    places = table.loc[table["verdict"] == verdict, "under"].value_counts()
    if not {THEIRS, BOTH} & set(places.index):
        return ""
    return f" ({', '.join(f'{places[name]} under {name}' for name in (THEIRS, OURS, BOTH) if name in places)})"


def all_not_run(table: pd.DataFrame) -> bool:
    """Return whether the study answers no claim at all."""
    return bool((table[["theirs", "ours"]].isna()).all(axis=None))


def _stated(claim: Claim) -> dict[str, object]:
    row: dict[str, object] = {
        each.name: getattr(claim, each.name) for each in fields(claim) if each.name not in ("answer", "versus")
    }
    row["errors"] = " ".join(map(str, claim.errors))
    row["verbatim"] = "yes" if claim.verbatim else "no"
    for names, values in ((ANSWER, claim.answer), (VERSUS, claim.versus)):
        row |= dict(zip(names, values or [""] * len(names), strict=True))
    return row


def _measured(row: ClaimRow) -> str:
    metric = row["our_metric"] or row["metric"]
    text = f"{(METRICS | CURVE_METRICS).get(metric, metric)}, {row['test_dataset'] or row['dataset']}"
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


def _worded(row: ClaimRow) -> str:
    return f"“{row['claim']}”" if row["verbatim"] == "yes" else row["claim"]


def _regenerated(table: pd.DataFrame) -> list[str]:
    """Return the results under the claims' own protocols: a score, or a signed difference for a direction."""
    columns = ("theirs", "theirs_low", "theirs_high")
    scores, differences = intervals(table, *columns), intervals(table, *columns, signed=True)
    signed = table["kind"] == "direction"
    return [two if is_signed else one for one, two, is_signed in zip(scores, differences, signed, strict=True)]


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}." if text else ""
