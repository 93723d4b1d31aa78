"""The lead of the report: sentences on the comparisons that a study decides, made from its tables alone.

They first state the differences that are clear or ruled out, and then how many comparisons remain open. They never
name a network for having the highest test score, because that would be selection on the test set.
"""

from collections.abc import Sequence

import pandas as pd

from unetlib.evaluation.decision import MARGIN, excludes
from unetlib.evaluation.intervals import retrained
from unetlib.evaluation.tables import NO_TRAINING
from unetlib.io.wording import counted
from unetlib.report.claims import all_not_run
from unetlib.report.display_tables import format_interval, metric_name
from unetlib.report.table_rows import EffectRow, records
from unetlib.report.verdicts import DECIDED

LISTED = 6  # at most so many comparisons are named in a sentence
NOTHING = "No network has been scored yet."


def lead(comparison: pd.DataFrame, ablation: pd.DataFrame, claims: pd.DataFrame, *, reference: str) -> str:
    """Return a short summary of the study, decided comparisons first.

    comparison, ablation: the study's tables without deliberate mistakes; ablation must include the differences of the
    trivial baselines to the reference. claims: the table of `claims.compare_claims`.
    """
    trained = comparison[comparison["train_dataset"] != NO_TRAINING]
    if trained.empty:
        return NOTHING
    effects = ablation[ablation["primary"].astype(bool)]
    trivial = effects["train_dataset"] == NO_TRAINING
    text = [_against_trivial(effects[trivial], reference), *_comparisons(effects[~trivial], reference)]
    if len(effects) and not effects["resampled"].map(_retrained).any():
        text.append("Every network was trained once, so differences between trainings are not covered.")
    if len(claims) and not all_not_run(claims):
        decided = int(claims["verdict"].isin(DECIDED).sum())
        text.append(f"Published numbers and statements: {decided} of {len(claims)} are decided.")
    return " ".join(filter(None, text))


def best_trivial(effects: pd.DataFrame) -> pd.DataFrame:
    """Return the row of the best trivial baseline on each test dataset. effects: rows of primary metrics only."""
    ranked = effects.sort_values("variant", ascending=False, kind="stable").drop_duplicates("test_dataset")
    return effects.loc[effects.index.isin(ranked.index)]


def is_decided(row: EffectRow) -> bool:
    """Return whether a comparison with the reference is clear or equivalent."""
    return bool(row["clear"]) or bool(row["equivalent"])


def effect_rows(table: pd.DataFrame) -> list[EffectRow]:
    """Return the rows of an ablation table."""
    return records(table, EffectRow)


def _against_trivial(trivial: pd.DataFrame, reference: str) -> str:
    """Return sentences on whether the reference beats the best trivial baseline of each dataset, and by how much."""
    words = {
        "better": f"{reference} is clearly better than the best trivial baseline on",
        "worse": f"{reference} is clearly worse than the best trivial baseline on",
        "above": f"{reference}, trained once, is above the best trivial baseline on",
        "below": f"{reference}, trained once, is below the best trivial baseline on",
        "undecided": f"It is undecided whether {reference} is better than the best trivial baseline on",
    }
    groups: dict[str, list[str]] = {name: [] for name in words}
    for row in effect_rows(best_trivial(trivial)):
        # The table has baseline − reference, the sentence reference − baseline, so the ends change places and sign.
        gain = format_interval(-row["difference"], -row["high"], -row["low"], signed=True)
        text = f"{row['test_dataset']} ({metric_name(row['metric'])} {gain} over {row['experiment']})"
        way = ("better", "above") if row["difference"] < 0 else ("worse", "below")
        outside = excludes(0.0, row["low"], row["high"])
        groups["undecided" if not outside else way[0] if _retrained(row["resampled"]) else way[1]].append(text)
    return " ".join(f"{words[name]} {_listed(found)}." for name, found in groups.items() if found)


def _comparisons(effects: pd.DataFrame, reference: str) -> list[str]:
    """Return sentences on the decided comparisons with the reference."""
    rows = effect_rows(effects[effects["p_holm"].notna()])
    if not rows:
        return []
    lower = [_named(row) for row in rows if row["clear"] and row["difference"] < 0]
    higher = [_named(row) for row in rows if row["clear"] and row["difference"] > 0]
    same = [_named(row) for row in rows if not row["clear"] and row["equivalent"]]
    decided = sum(map(is_decided, rows))
    text = [
        f"Of {counted(len(rows), 'comparison')} with {reference}, {decided} {'is' if decided == 1 else 'are'} decided."
    ]
    for words, found in (
        (f"Clearly lower than {reference}:", lower),
        (f"Clearly higher than {reference}:", higher),
        (f"No difference to {reference} beyond ± {MARGIN}:", same),
    ):
        if found:
            text.append(f"{words} {_listed(found)}.")
    return text


def _named(row: EffectRow) -> str:
    return f"{row['experiment']} on {row['test_dataset']}"


def _listed(names: Sequence[str]) -> str:
    shown = [*names[:LISTED], *([f"{len(names) - LISTED} more"] if len(names) > LISTED else [])]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def _retrained(resampled: object) -> bool:
    return isinstance(resampled, str) and retrained(resampled)
