"""Compare the results of two versions of the project, whose names differ, cell by cell:

python -m tools.map_results OLD/results/demo NEW/results/demo

Old names are renamed as of the move to typed settings. What differs is printed, and the exit code says whether anything
did. Measured seconds and memory, and sentences, are left out. Intervals and p of rows whose key was renamed are listed
apart: the name of a row seeds its resampling, so they may differ in their last digits.
"""

import csv
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from unetlib.study.renamed import EXPERIMENTS, METRICS

TABLES = {"audits": "pitfalls"}
PITFALLS = {name: EXPERIMENTS[name] for name in ("no-gap", "id-weights", "mirrored", "noisy-best")}
COLUMNS = {
    "audit": "pitfall",
    "honest": "control",
    "illusion": "flawed",
    "honest_train_frames": "control_train_frames",
    "illusion_train_frames": "flawed_train_frames",
    "honest: training frames": "control: training frames",
    "illusion: training frames": "flawed: training frames",
    "headline": "primary",
}
SOURCES = {  # the documents by their keys in docs/sources.md; claims are named after them
    "000": "levitsky2024",
    "001": "cabrera2026",
    "002": "henrion2025",
    "003": "soderberg2020",
    "004": "mehta2025",
    "paper": "ronneberger2015",
    "s41598-024-56081-7": "scirep2024",
    "ISBI-2012 leaderboard": "isbi2012-leaderboard",
    "NVIDIA DeepLearningExamples": "nvidia-unet-medical",
}
CITED = ("id", "claim", "source")  # columns that hold such keys, before a hyphen, a comma or alone
WORDS = ("reason", "note", "why")  # sentences, which were rewritten; verdicts and numbers stand beside them
CELLS = EXPERIMENTS | METRICS | PITFALLS
NAMED = ("experiment", "versus_experiment", "audit", "metric", "our_metric")  # columns that hold such names
RESAMPLED = ("low", "high", "p", "p_holm", "clear", "difference_low", "difference_high")
MEASURED = ("train_seconds", "peak_memory_mib", "training", "memory")  # of the costs

Row = dict[str, str]


def read(path: Path) -> list[Row]:
    """Return the rows of a CSV or of a Markdown pipe table."""
    with path.open(encoding="utf-8", newline="") as stream:
        if path.suffix == ".csv":
            return list(csv.DictReader(stream))
        lines = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in stream]
    return [dict(zip(lines[0], cells, strict=True)) for cells in lines[2:]] if lines else []


def renamed(row: Row) -> tuple[Row, bool]:
    """Return a row of the old version under the names of today, and whether a name in it changed."""
    found = {COLUMNS.get(key, key): CELLS.get(value, value) if key in NAMED else value for key, value in row.items()}
    for key in CITED:
        if key in found and found.get("claim", found.get("id", "")) and ("id" in found or "source" in found):
            found[key] = cited(found[key], issue="issue 818" in (row.get("where") or row.get("source") or ""))
    return found, any(key in NAMED and value in CELLS for key, value in row.items())


def cited(cell: str, *, issue: bool) -> str:
    """Return a cell that begins with an old key of a source with its key of today."""
    for old, new in SOURCES.items():
        if re.match(rf"{re.escape(old)}(?![0-9A-Za-z])", cell):
            return ("nvidia-issue-818" if issue and new.startswith("nvidia") else new) + cell[len(old) :]
    return cell


def differences(old: Path, new: Path) -> Iterator[tuple[bool, str]]:
    """Yield what differs between two tables: whether only a renamed seed explains it, and a line."""
    if not new.exists():
        yield False, f"{new} is missing"
        return
    before, after = read(old), read(new)
    if len(before) != len(after):
        yield False, f"{new}: {len(after)} rows, {len(before)} before"
        return
    costs = old.stem == "costs"
    for number, (row, other) in enumerate(zip(before, after, strict=True), start=2):
        expected, seeded = renamed(row)
        if list(expected) != list(other):
            yield False, f"{new}: columns {sorted(set(expected) ^ set(other)) or 'in another order'}"
            return
        for key, value in expected.items():
            if value != other[key] and key not in WORDS and not (costs and any(word in key for word in MEASURED)):
                yield seeded and key in RESAMPLED, f"{new}:{number} {key}: {value!r} became {other[key]!r}"


def main(old: Path, new: Path) -> int:
    """Print every difference between two result folders; return how many nothing explains."""
    tables = [path for path in sorted((old / "tables").iterdir()) if path.suffix in (".csv", ".md")]
    pairs = [(old / "scores.csv", new / "scores.csv"), (old / "baselines.csv", new / "baselines.csv")]
    pairs += [(path, new / "tables" / f"{TABLES.get(path.stem, path.stem)}{path.suffix}") for path in tables]
    found = [line for pair in pairs for line in differences(*pair)]
    for explained, line in found:
        print(f"{'(seeded by a new name) ' if explained else ''}{line}")
    unexplained = sum(not explained for explained, _ in found)
    print(f"{len(pairs)} tables compared, {len(found)} differences, {unexplained} of them without an explanation")
    return unexplained


if __name__ == "__main__":
    sys.exit(1 if main(Path(sys.argv[1]), Path(sys.argv[2])) else 0)
