"""The generated sections of README.md and docs/results/README.md, made from published tables alone."""

import csv
import re
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from tools.aims import aims_table
from tools.league_page import PAGE, SECTION, league_section, league_summary
from tools.levers import CHART, levers_chart, levers_table, read_points
from tools.limits_table import limits_table
from tools.map_results import COLUMNS
from tools.marked_sections import replace_section, write_section
from tools.power_table import PAGE as STATISTICS
from tools.power_table import SECTION as POWER
from tools.power_table import power_table
from tools.protocol_tables import flaws, published_values, worst_flaws
from tools.recipe_table import recipe_table, write_rows
from unetlib.evaluation.baselines import TRIVIAL
from unetlib.evaluation.intervals import retrained
from unetlib.evaluation.tables import METRICS
from unetlib.report import claims
from unetlib.report.deposit import Deposit
from unetlib.report.directions import directions, directions_chart, directions_shown
from unetlib.report.display_tables import to_markdown
from unetlib.report.figures import save
from unetlib.report.ledger import STUDY
from unetlib.report.verdicts import VERDICTS

WRITER = "tools/results.py"
README_STUDY = "decisive"
PUBLISHED = "docs/results"
DIRECTIONS = "directions"  # the chart of stated directions
LEARNING = "learning"  # the comparison of recipes
DEPOSITS = f"{PUBLISHED}/deposit"  # one folder per study
NOT_DEPOSITED = "No study has been deposited yet."

Rows = list[dict[str, str]]


def write_pages(root: Path, deposits: Mapping[str, Deposit], ledger: pd.DataFrame | None) -> None:
    """Rewrite every generated section from what is published; ledger: of all deposited studies, None without one.

    A page without one of its sections is a ValueError before anything is written.
    """
    published = root / PUBLISHED
    sections = {
        (root / "README.md", "answers"): answers_section(ledger, published),
        (root / "README.md", "results"): readme_section(published / README_STUDY),
        (published / "README.md", "aims"): aims_table(published),
        (published / "README.md", "recipes"): recipe_table(published),
        (published / "README.md", "levers"): levers_table(published),
        (published / "README.md", "limits"): limits_table(published),
        (published / "README.md", "deposits"): deposits_table(root / DEPOSITS, deposits),
        (published / "README.md", "ledger"): ledger_section(ledger),
        (root / "docs/paper.md", "counts"): counts_section(ledger),
        (published / "README.md", "values"): published_values(ledger),
        (published / "README.md", "directions"): directions_section(ledger),
        (published / "README.md", "flaws"): flaws(published),
    }
    if (root / PAGE).is_file():
        sections[root / PAGE, SECTION] = league_section(deposits, published)
    if (root / STATISTICS).is_file():
        sections[root / STATISTICS, POWER] = power_table(published)
    for (page, name), lines in sections.items():
        replace_section(page.read_text(encoding="utf-8"), name, WRITER, lines)
    write_rows(published / LEARNING / "comparison.csv", published)
    if not (points := read_points(published)).empty:
        save(levers_chart(points), *(published / f"{CHART}.{form}" for form in ("png", "svg")))
    if ledger is not None:
        save(directions_chart(ledger), *(published / f"{DIRECTIONS}.{form}" for form in ("png", "svg")))
    for (page, name), lines in sections.items():
        write_section(page, name, WRITER, lines)


def deposits_table(folder: Path, deposits: Mapping[str, Deposit]) -> list[str]:
    """Return the lines of the table of deposited studies: what each has, and how large it is."""
    if not deposits:
        return [NOT_DEPOSITED]
    lines = ["| study | day | networks | scores of images | MB |", "|---|---|---:|---:|---:|"]
    sizes = {name: _megabytes(folder / name) for name in deposits}
    for name, each in deposits.items():
        cells = (f"[{name}](deposit/{name})", each.day, f"{len(each.trained):,}", f"{len(each.scores.scores):,}")
        lines.append(f"| {' | '.join(cells)} | {sizes[name]:.2f} |")
    return [*lines, f"| all | | | | {sum(sizes.values()):.2f} |"]


def ledger_section(ledger: pd.DataFrame | None) -> list[str]:
    """Return how many claims have which verdict, in all and by the study that has our score."""
    if ledger is None:
        return [NOT_DEPOSITED]
    studies = [name for name in dict.fromkeys(ledger[STUDY]) if name]
    header = ["verdict", "claims", *studies]
    rows = []
    for verdict in (name for name in VERDICTS if name in set(ledger["verdict"])):
        own = ledger[ledger["verdict"] == verdict]
        rows.append([verdict, len(own), *((own[STUDY] == name).sum() for name in studies)])
    lines = [f"| {' | '.join(map(str, cells))} |" for cells in (header, *rows)]
    lead = claims.summary(ledger).replace("This study answers", "The deposited studies answer")
    meanings = [f"- *{name}*: {meaning}" for name, meaning in VERDICTS.items()]
    return [lead, "", lines[0], f"|---|{'---:|' * (len(header) - 1)}", *lines[1:], "", *meanings]


def directions_section(ledger: pd.DataFrame | None) -> list[str]:
    """Return how many stated directions are decided, the chart, and a table of all that have a difference of ours."""
    if ledger is None:
        return [NOT_DEPOSITED]
    table = to_markdown(directions_shown(ledger)).splitlines()
    return [_directions_counted(ledger), "", f"![Stated directions]({DIRECTIONS}.png)", "", *table]


def _directions_counted(ledger: pd.DataFrame) -> str:
    rows = directions(ledger)
    return f"Of {len(rows)} stated directions that we measured: {_verdicts_counted(rows)}."


def _verdicts_counted(rows: pd.DataFrame) -> str:
    counts = rows["verdict"].value_counts()
    return ", ".join(f"{counts[name]} {name}" for name in VERDICTS if name in counts)


def counts_section(ledger: pd.DataFrame | None) -> list[str]:
    """Return a sentence on how many published numbers and statements have which verdict."""
    if ledger is None:
        return [NOT_DEPOSITED]
    own, is_number = ledger["role"] == "claim", ledger["value"].notna()
    numbers, statements, anchors = ledger[own & is_number], ledger[own & ~is_number], ledger[~own]
    lines = [
        f"The documents state {len(numbers)} numbers ({_verdicts_counted(numbers)})",
        f"and {len(statements)} findings in words ({_verdicts_counted(statements)}).",
    ]
    if len(anchors):
        lines.append(f"Beside them stand {len(anchors)} results of other systems ({_verdicts_counted(anchors)}).")
    return lines


def answers_section(ledger: pd.DataFrame | None, published: Path) -> list[str]:
    """Return what came out, for README: the ledger's verdicts, and what the worst mistakes are worth."""
    if ledger is None or not (flawed := worst_flaws(published)):
        return counts_section(ledger)
    chart = f"![Differences that the documents state, as measured here]({PUBLISHED}/{DIRECTIONS}.png)"
    return [
        chart,
        "",
        _directions_counted(ledger),
        "",
        *counts_section(ledger),
        "",
        *([*tools, ""] if (tools := league_summary(published / "league")) else []),
        "What single mistakes of the documents are worth, on the same test images (intervals are over images; where a",
        "study has one training each, they do not cover retraining):",
        "",
        *flawed,
    ]


def provenance_table(deposit: Deposit) -> str:
    """Return a Markdown table of what the study was made by and from: command, day, versions, code and data."""
    facts = deposit.trained
    command = deposit.command.replace("\n", "`, then `")  # seeds that were added later
    cells = {"": "", "---": "---", "command": f"`{command}`", "day": deposit.day, "networks": f"{len(facts)}"}
    cells |= facts[0].versions
    known = {"bfloat16" if fact.bfloat16 else "float32" for fact in facts if fact.bfloat16 is not None}
    cells |= {"arithmetic of the training": ", ".join(sorted(known))} if known else {}
    cells["code of the training"] = ", ".join(sorted({fact.code or "unknown" for fact in facts}))
    for entry in (entry for fact in facts for entry in fact.data):
        cells[str(entry.dataset)] = f"{entry.source}, sha256 {entry.sha256}"
    return "".join(f"| {name} | {value} |\n" for name, value in cells.items())


def readme_section(folder: Path) -> list[str]:
    """Return the lines of README's results, made from a published folder alone."""
    rows = [row for row in _read(folder / "comparison.csv") if row["primary"] == "True"]
    place = f"{PUBLISHED}/{folder.name}"
    rest = "All metrics, differences, transfer between datasets, published claims with verdicts and costs"
    return [
        _caption(_command(folder), rows, _read(folder / "costs.csv")),
        "",
        *_score_table(rows),
        "",
        f"{rest}: [{place}]({place}).",
    ]


def _read(path: Path) -> Rows:
    """Return the rows of a table, also of one that was published before its columns were renamed."""
    with path.open(encoding="utf-8", newline="") as handle:
        return [{COLUMNS.get(name, name): value for name, value in row.items()} for row in csv.DictReader(handle)]


def _command(folder: Path) -> str:
    """Return the command of a published study, without the seeds of a single sitting."""
    return re.sub(r" --config 'study=\{seeds: [^']*\}'$", "", (folder / "command.txt").read_text().splitlines()[0])


def _caption(command: str, rows: Rows, costs: Rows) -> str:
    *networks, total = costs
    folds, seeds = (sorted({row[name] for row in networks}, key=int) for name in ("fold", "seed"))
    return (
        f"`{command}`: {len(networks)} networks, {float(total['train_seconds']) / 3600:.1f} hours of training; "
        f"{_counted('fold', folds)}, {_counted('seed', seeds)}. {_interval_note(rows)} Scores are of whole "
        "test images, which had no part in training or in the choice of a network."
    )


def _counted(noun: str, numbers: list[str]) -> str:
    return f"{noun}{'s' * (len(numbers) > 1)} {', '.join(numbers)}"


def _score_table(rows: Rows) -> list[str]:
    datasets = list(dict.fromkeys(row["test_dataset"] for row in rows))
    experiments = [name for name in dict.fromkeys(row["experiment"] for row in rows) if name not in TRIVIAL]
    tested = {name: [row for row in rows if row["test_dataset"] == name] for name in datasets}
    metrics = [tested[name][0]["metric"] for name in datasets]
    header = [f"{name}, {METRICS.get(metric, metric)}" for name, metric in zip(datasets, metrics, strict=True)]
    scores = {(row["test_dataset"], row["experiment"]): _score(row) for row in rows}
    body = [[name, *(scores.get((dataset, name), "–") for dataset in datasets)] for name in experiments]
    trivial = [[float(row["mean"]) for row in own if row["experiment"] in TRIVIAL] for own in tested.values()]
    body.append(["best trivial baseline", *(f"{max(means):.3f}" for means in trivial)])
    body.append(["test images", *(str(max(int(row["images"]) for row in own)) for own in tested.values())])
    lines = [f"| {' | '.join(cells)} |" for cells in (["network", *header], *body)]
    return [lines[0], f"|---|{'---:|' * len(datasets)}", *lines[1:]]


def _score(row: dict[str, str]) -> str:
    mean = f"{float(row['mean']):.3f}"
    return f"{mean} ({float(row['low']):.3f}–{float(row['high']):.3f})" if row.get("low") else mean


def _interval_note(rows: Rows) -> str:
    """Say what the intervals cover, by dataset."""
    datasets: dict[str, list[str]] = {}
    for row in rows:
        # The first network of a dataset, the reference, stands for all; tools without training have no seeds.
        seen = {name for names in datasets.values() for name in names}
        if row["experiment"] not in TRIVIAL and row.get("resampled") and row["test_dataset"] not in seen:
            datasets.setdefault(row["resampled"], []).append(row["test_dataset"])
    if not datasets:
        return "There are no intervals, so small differences mean nothing."
    units = " and ".join(f"{unit} ({', '.join(names)})" for unit, names in datasets.items())
    limit = "" if any(map(retrained, datasets)) else "; they do not cover the variation between trainings"
    return f"In brackets: 95 % intervals over {units}{limit}."


def _megabytes(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
