"""Read the published claims: one row per number or statement, with the result of ours that answers it.

There are two CSV files: the claims, and the known errors of their sources, which claims refer to by number. Sources are
keys of docs/sources.md. The constants below list the words that a column may contain; `doubts` and `verdicts` define
their meaning for a verdict.
"""

import csv
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ANY = "any"  # as train_dataset: any training data, for external tools
ROLES = ("claim", "anchor")  # claim: of a source that we answer; anchor: another system's number, for scale
KINDS = ("value", "direction")
AGGREGATIONS = ("per image", "pooled", "per object", "unknown")
TEST_IMAGES = ("held out", "random frames", "shared", "hidden", "unknown")
SELECTIONS = ("separate", "test", "unknown")  # model selection: on separate images, on the test images, not stated
SIGNS = ("+", "-", "0")  # the expected sign of a difference; 0: no difference
TRUTHS = ("gold", "silver", "unknown")  # the ground truth that the source's network was trained on
YES_NO = ("yes", "no")
VERBATIM = YES_NO  # whether a claim is a literal quotation of its source; […] marks omissions and additions
UNANSWERED = ("", "not run", "not comparable")  # no experiment answers the claim yet, or none ever can; "": answered
# stated: the claim's own columns cover the error; misquotes: the number is a different quantity from the one stated
EFFECTS = ("inflates", "deflates", "unclear", "misquotes", "stated", "none")
ANSWER = ("experiment", "train_dataset", "test_dataset", "our_metric")
VERSUS = ("versus_experiment", "versus_train_dataset", "versus_test_dataset")
# Of the source's network, if known. filters: of its first level; tiles: updates × batch size of its training.
SIZES = ("filters", "tiles")
COLUMNS = (
    *("id", "role", "source", "where", "claim", "verbatim", "kind", "dataset", "trained_on", "variant", "metric"),
    *("value", "aggregation", "test_images", "selection", "truth", *SIZES, "errors"),
    *("protocol", "versus_protocol", *ANSWER, *VERSUS, "expected", "unanswered", "note"),
)
SOURCE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")  # a key of docs/sources.md
ERROR_COLUMNS = ("number", "sources", "error", "effect", "copied", "ours")
REQUIRED = ("source", "where", "claim", "dataset", "trained_on", "variant", "metric")
WORDS = {
    "role": ROLES,
    "verbatim": VERBATIM,
    "kind": KINDS,
    "aggregation": AGGREGATIONS,
    "test_images": TEST_IMAGES,
    "selection": SELECTIONS,
    "truth": TRUTHS,
}


class LedgerError(ValueError):
    """An invalid ledger; the message has one line per bad row, with line number, column and remedy."""


@dataclass(frozen=True)
class Error:
    """A known error of a source, its effect on the source's numbers, and what we do instead.

    copied: whether our copies of the source's protocols make the error too.
    """

    number: int
    sources: tuple[str, ...]
    error: str
    effect: str
    copied: bool
    ours: str


@dataclass(frozen=True)
class Claim:
    """One row of the ledger. value is None for a direction; answer and versus are empty if nothing answers it."""

    id: str
    role: str
    source: str
    where: str
    claim: str
    verbatim: bool
    kind: str
    dataset: str
    trained_on: str
    variant: str
    metric: str
    value: float | None
    aggregation: str
    test_images: str
    selection: str
    truth: str
    filters: int | None
    tiles: int | None
    errors: tuple[int, ...]
    protocol: str  # a protocol of the configuration, whose first step is the source's system; "": none
    versus_protocol: str  # for a direction: the protocol whose first step is the other side; "": none
    answer: tuple[str, ...]  # in the order of ANSWER
    versus: tuple[str, ...]  # in the order of VERSUS
    expected: str
    unanswered: str
    note: str


def read_ledger(path: str | Path, errors: Mapping[int, Error]) -> list[Claim]:
    """Return the claims in the order of the file; LedgerError reports the first fault of every bad row."""
    claims: list[Claim] = []
    faults: list[str] = []
    seen: dict[str, int] = {}
    for line, row in _rows(path, COLUMNS):
        fault = _fault(row, errors) or _twice(row["id"], seen)
        if fault:
            faults.append(f"{path}, line {line}, column {fault}")
            continue
        seen[row["id"]] = line
        claims.append(_claim(row))
    if faults:
        raise LedgerError("\n".join(faults))
    if not claims:
        raise LedgerError(f"{path}: no claim in it; add rows or restore the file")
    return claims


def read_errors(path: str | Path) -> dict[int, Error]:
    """Return the known errors by number; LedgerError reports the first fault."""
    errors: dict[int, Error] = {}
    for line, row in _rows(path, ERROR_COLUMNS):
        where = f"{path}, line {line}, column"
        if not re.fullmatch(r"[1-9]\d*", row["number"]) or int(row["number"]) in errors:
            raise LedgerError(f"{where} number: {row['number']!r} is no new positive integer; number errors once each")
        if row["effect"] not in EFFECTS:
            raise LedgerError(f"{where} effect: {row['effect']!r} is unknown; write one of {', '.join(EFFECTS)}")
        if row["copied"] not in YES_NO:
            raise LedgerError(f"{where} copied: {row['copied']!r} is unknown; write one of {', '.join(YES_NO)}")
        for column in ("sources", "error", "ours"):
            if not row[column]:
                raise LedgerError(f"{where} {column}: empty; say it in a few words")
        sources = tuple(row["sources"].split())
        if unknown := [source for source in sources if not SOURCE.fullmatch(source)]:
            raise LedgerError(f"{where} sources: {unknown[0]!r} is no key; use keys of docs/sources.md, spaces between")
        number, copied = int(row["number"]), row["copied"] == "yes"
        errors[number] = Error(number, sources, row["error"], row["effect"], copied, row["ours"])
    return errors


def _rows(path: str | Path, columns: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the number of the line on which each row ends, and the row's cells by column."""
    with Path(path).open(encoding="utf-8", newline="") as stream:
        reader = csv.reader(stream, strict=True)
        try:
            header = next(reader, [])
            if header != list(columns):
                wrong = sorted(set(header) ^ set(columns)) or ["their order"]
                raise LedgerError(f"{path}, line 1: columns differ ({', '.join(wrong)}); write {','.join(columns)}")
            for cells in reader:
                if len(cells) != len(columns):
                    found = f"{len(cells)} cells, the header has {len(columns)}"
                    raise LedgerError(f"{path}, line {reader.line_num}: {found}; quote cells that hold a comma")
                yield reader.line_num, {name: cell.strip() for name, cell in zip(columns, cells, strict=True)}
        except (csv.Error, UnicodeDecodeError) as error:
            raise LedgerError(f"{path}, line {reader.line_num}: not CSV in UTF-8 ({error}); repair it") from error


def _fault(row: Mapping[str, str], errors: Mapping[int, Error]) -> str | None:
    """Return the first fault of a row as `column: fault; remedy`, None if the row is valid."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", row["id"]):
        return f"id: {row['id']!r} is no name; use lower-case letters, digits and hyphens"
    for column in REQUIRED:
        if not row[column]:
            return f"{column}: empty; every claim states it"
    if not SOURCE.fullmatch(row["source"]):
        return f"source: {row['source']!r} is no key; use one of docs/sources.md, such as ronneberger2015"
    for column, words in WORDS.items():
        if row[column] not in words:
            return f"{column}: {row[column]!r} is unknown; write one of {', '.join(words)}"
    for number in row["errors"].split():
        if not number.isascii() or not number.isdigit() or int(number) not in errors:
            return f"errors: {number!r} is no known error; use numbers of the list of errors, spaces between them"
    answered = [bool(row[column]) for column in ANSWER]
    if any(answered) and not all(answered):
        return f"{ANSWER[answered.index(False)]}: empty; state all of {', '.join(ANSWER)}, or none"
    if not any(answered) and not row["note"]:
        return f"note: empty, and nothing answers the claim; say why, or state {', '.join(ANSWER)}"
    if row["unanswered"] not in UNANSWERED or bool(row["unanswered"]) == any(answered):
        known = " or ".join(word for word in UNANSWERED if word)
        return f"unanswered: {row['unanswered']!r}; write {known} where nothing answers the claim, else nothing"
    for column in SIZES:
        if row[column] and not re.fullmatch(r"[1-9]\d*", row[column]):
            return f"{column}: {row[column]!r} is no positive integer; write one, or nothing where it is not known"
    return _value_fault(row) if row["kind"] == "value" else _direction_fault(row, any(answered))


def _value_fault(row: Mapping[str, str]) -> str | None:
    if not _is_number(row["value"]):
        return f"value: {row['value']!r} is no number; write the published one, as a fraction and not in per cent"
    for column in ("versus_protocol", *VERSUS, "expected"):
        if row[column]:
            return f"{column}: {row[column]!r} belongs to a direction; empty it, or make kind direction"
    if row["protocol"] and not row["our_metric"]:
        return f"protocol: {row['protocol']!r} is stated without an our_metric; state {', '.join(ANSWER)} too"
    return None


def _direction_fault(row: Mapping[str, str], answered: bool) -> str | None:
    if row["value"]:
        return f"value: {row['value']!r} belongs to a value; empty it, or make kind value"
    if bool(row["protocol"]) != bool(row["versus_protocol"]) or (row["protocol"] and not answered):
        return "versus_protocol: a direction has the protocols of both sides, or none; state both and what answers it"
    if row["expected"] not in SIGNS:
        return f"expected: {row['expected']!r} is unknown; write one of {', '.join(SIGNS)}"
    for column in VERSUS:
        if bool(row[column]) != answered:
            return f"{column}: {'empty' if answered else 'stated, but not what is compared'}; state both sides or none"
    if answered and all(row[mine] == row[theirs] for mine, theirs in zip(ANSWER, VERSUS, strict=False)):
        return f"{VERSUS[0]}: both sides are the same network on the same images; name what it is compared with"
    return None


def _twice(name: str, seen: Mapping[str, int]) -> str | None:
    return f"id: {name!r} stands in line {seen[name]} too; rename one" if name in seen else None


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _claim(row: Mapping[str, str]) -> Claim:
    typed = ("verbatim", "value", *SIZES, "errors", *ANSWER, *VERSUS)
    same = {name: row[name] for name in COLUMNS if name not in typed}
    filters, tiles = (int(row[name]) if row[name] else None for name in SIZES)
    answer, versus = (tuple(row[name] for name in names if row[name]) for names in (ANSWER, VERSUS))
    value = float(row["value"]) if row["value"] else None
    errors = tuple(int(number) for number in row["errors"].split())
    return Claim(
        **same,
        verbatim=row["verbatim"] == "yes",
        value=value,
        filters=filters,
        tiles=tiles,
        errors=errors,
        answer=answer,
        versus=versus,
    )
