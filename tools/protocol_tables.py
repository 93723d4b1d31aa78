"""Tables of docs/results/README.md: published values beside those of their protocols, and what each flaw is worth."""

from pathlib import Path

import pandas as pd

from unetlib.evaluation.tables import METRICS, read_long
from unetlib.evaluation.waterfall import SAME
from unetlib.report.display_tables import format_value, intervals

NOTHING = "No study with protocols has been deposited yet."


def published_values(ledger: pd.DataFrame | None) -> list[str]:
    """Return a table of the published values that have a score under their own protocol; ledger: None without study."""
    if ledger is None or not (rows := ledger[ledger["theirs"].notna() & ledger["value"].notna()]).size:
        return [NOTHING]
    shown = pd.DataFrame(
        {
            "claim": rows["id"],
            "metric": [METRICS.get(name, name.replace("_", " ")) for name in rows["our_metric"]],
            "published": rows["value"].map("{:.3f}".format),
            "its own protocol": intervals(rows, "theirs", "theirs_low", "theirs_high"),
            "ours": intervals(rows, "ours", "low", "high"),
            "best trivial": rows["trivial"].map(format_value),
            "verdict": rows["verdict"],
        }
    )
    return _markdown(shown)


def flaws(folder: Path) -> list[str]:
    """Return a table of the flaws whose removal changes the primary score on the same images clearly, largest first.

    From tables waterfall.csv of the published studies in folder. Last steps, which change the whole recipe, are left
    out. The interval is over the images; it covers retraining only where a study has several seeds.
    """
    found = clear_flaws(folder)
    if found is None:
        return [NOTHING]
    clear, steps = found
    shown = pd.DataFrame(
        {
            "flaw taken away": clear["flaw"],
            "protocol": clear["protocol"],
            "metric": [METRICS.get(name, name) for name in clear["metric"]],
            "change": intervals(clear, "change", "change_low", "change_high", signed=True),
            "images": clear["images"],
        }
    )
    lead = f"{len(clear)} of {steps} steps on the same images have an interval that excludes zero:"
    return [lead, "", *_markdown(shown)]


def clear_flaws(folder: Path) -> tuple[pd.DataFrame, int] | None:
    """Return the rows of waterfalls whose flaw changes the primary score clearly, largest first, and all such steps.

    None where no study with protocols is published in the folder.
    """
    tables = [read_long(path) for path in sorted(folder.glob("*/waterfall.csv"))]
    if not tables:
        return None
    rows = pd.concat(tables)
    rows = rows[rows["primary"].astype(bool)]
    last = rows.groupby("protocol")["step"].transform("max")
    rows = rows[(rows["step"] < last) & (rows["compared_on"] == SAME)]
    clear = rows[(rows["change_low"] > 0) | (rows["change_high"] < 0)]
    return clear.iloc[clear["change"].abs().argsort(kind="stable")[::-1]], len(rows)


def worst_flaws(folder: Path, count: int = 3) -> list[str]:
    """Return a line on each of the flaws that change a score most: what it is worth, in which protocol.

    Flaws that are clear in one protocol alone, or in opposite directions, are left out: a single training may have
    failed.
    """
    found = clear_flaws(folder)
    if found is None:
        return []
    clear, flaw = found[0], found[0]["flaw"]
    times, signs = flaw.value_counts(), (clear["change"] > 0).groupby(flaw).nunique()
    rows = clear[(flaw.map(times) > 1) & (flaw.map(signs) == 1)].drop_duplicates("flaw").head(count)
    changes = intervals(rows, "change", "change_low", "change_high", signed=True)
    told = zip(rows["flaw"], rows["protocol"], rows["metric"], changes, strict=True)
    return [
        f"- without “{flaw}”: {METRICS.get(metric, metric)} {change} "
        f"({protocol}; in {times[flaw]} protocols the interval excludes zero)"
        for flaw, protocol, metric, change in told
    ]


def _markdown(table: pd.DataFrame) -> list[str]:
    cells = [list(table.columns), ["---"] * table.shape[1], *table.to_numpy().tolist()]
    return [f"| {' | '.join(map(str, row))} |" for row in cells]
