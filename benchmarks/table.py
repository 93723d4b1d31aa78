"""Rows of the benchmark: a number with spread, n, aim and correctness check; written as Markdown and JSON."""

import operator
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeAlias

from benchmarks.timing import Times
from unetlib.io.files import write_json

COMPARISONS = {"≥": operator.ge, "≤": operator.le}
HEADER = ("what", "against", "value", "n", "spread", "aim", "holds", "ours, s", "checked", "note")


What: TypeAlias = tuple[str, str, str]  # subject, case, and what it is compared with


class WrongAnswer(ValueError):
    """Our output differs from the reference, so its time does not count."""


@dataclass(frozen=True)
class Row:
    """One number.

    value: in `unit`, where "×" means how many times faster ours is; None if it was not run, with the reason in `note`.
    low, high: quartiles, for a ratio first quartile over third and the reverse. n: repeats of ours and theirs.
    """

    subject: str
    case: str
    against: str
    value: float | None
    unit: str = "×"
    low: float | None = None
    high: float | None = None
    n: str = "1"
    aim: str = ""  # "≥ 300" or "≤ 2", in the unit of the value; empty without an aim
    ours_seconds: float | None = None
    theirs_seconds: float | None = None
    checked: str = ""
    note: str = ""

    @property
    def holds(self) -> bool | None:
        """Return whether the value reaches the aim; None without a value or an aim."""
        if self.value is None or not self.aim:
            return None
        sign, limit = self.aim.split()
        return bool(COMPARISONS[sign](self.value, float(limit)))


def faster(
    what: What,
    ours: Times,
    theirs: Times,
    *,
    aim: str = "",
    checked: str = "",
    note: str = "",
    work: float = 1.0,
) -> Row:
    """Return the row of the ratio theirs / ours. work: our FLOPs over theirs, if networks differ."""
    (our_low, our_high), (low, high) = ours.quartiles, theirs.quartiles
    return Row(
        *what,
        work * theirs.median / ours.median,
        low=work * low / our_high,
        high=work * high / our_low,
        n=f"{len(ours.seconds)}, {len(theirs.seconds)}",
        aim=aim,
        ours_seconds=ours.median,
        theirs_seconds=theirs.median,
        checked=checked,
        note=note,
    )


def skipped(subject: str, case: str, against: str, reason: str) -> Row:
    """Return a row without a number that says why it was not run."""
    return Row(subject, case, against, None, note=f"not run: {reason}", n="0")


def check(difference: float, limit: float, what: str) -> str:
    """Return a text that names the comparison and its difference; WrongAnswer if it exceeds the limit or is NaN."""
    if not difference <= limit:
        raise WrongAnswer(f"{what}: differs by {difference:.3g}, more than the {limit:.3g} of rounding; not timed")
    return f"{what}: ≤ {difference:.1e}"


def markdown(rows: Iterable[Row]) -> str:
    """Return the table as Markdown, a line per row."""
    lines = [HEADER, ("---",) * len(HEADER), *(_cells(row) for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _cells(row: Row) -> tuple[str, ...]:
    spread = "–" if row.low is None or row.high is None else f"{_number(row.low)} to {_number(row.high)}"
    holds = {True: "yes", False: "NO", None: "–"}[row.holds]
    value = "–" if row.value is None else f"{_number(row.value)} {row.unit}"
    ours = "–" if row.ours_seconds is None else _number(row.ours_seconds)
    what = f"{row.subject}: {row.case}"
    return (what, row.against, value, row.n, spread, row.aim or "–", holds, ours, row.checked or "–", row.note or "–")


def _number(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def write_results(path: Path, rows: Iterable[Row], machine: Mapping[str, object]) -> None:
    """Write the machine and every row to a JSON file, which appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, {"machine": dict(machine), "rows": [asdict(row) | {"holds": row.holds} for row in rows]})
