"""The generated section of docs/league.md: who is ahead on which images, from the deposited leagues alone."""

from collections.abc import Iterator, Mapping

import pandas as pd

from unetlib.evaluation.score_grids import Arm
from unetlib.evaluation.tables import METRICS
from unetlib.report.deposit import Deposit
from unetlib.report.display_tables import format_interval, format_value, to_markdown
from unetlib.report.league import NETWORK, PRETRAINED, SCORED, TOOL, league, league_shown
from unetlib.report.study_tables import contrasts_of, study_tables

PAGE, SECTION = "docs/league.md", "league"
NOT_DEPOSITED = (
    "The league has not been deposited yet: `make league` runs it, and this section is then made of its results."
)


def league_section(deposits: Mapping[str, Deposit]) -> list[str]:
    """Return the lines of the section: of each study that trained tools, the best of ours and of theirs, and all."""
    known = [deposit for deposit in deposits.values() if deposit.scores.resources is not None]
    return [line for deposit in known for line in _section(deposit)] or [NOT_DEPOSITED]


def _section(deposit: Deposit) -> list[str]:
    facts, found = deposit.facts, deposit.scores
    if found.resources is None:
        return []
    table = league(facts, study_tables(facts, found, deposit.trained)["comparison"], found.resources, found.failed)
    header = ["images", "metric", "best network of ours", "best tool", "ours − tool", ""]
    lines = [f"| {' | '.join(header)} |", "|---|---|---|---|---:|---|"]
    lines += [f"| {' | '.join(cells)} |" for cells in _leaders(deposit, table)]
    made = f"Made by `{deposit.command}` on {deposit.day}; seeds {', '.join(map(str, facts.seeds))}."
    chart = f"![Score against seconds of the processor, for each kind of images](results/{facts.name}/league.png)"
    return [
        f"### {facts.name}",
        "",
        made,
        "",
        *lines,
        "",
        chart,
        "",
        *to_markdown(league_shown(table)).splitlines(),
        "",
    ]


def _leaders(deposit: Deposit, table: pd.DataFrame) -> Iterator[list[str]]:
    """Yield a row per dataset and metric: the arms with the best mean on the test images, and their difference."""
    contrasts = contrasts_of(deposit.facts, deposit.scores)
    for dataset in deposit.facts.datasets:
        own = table[table["test_dataset"] == dataset]
        for metric in SCORED:
            sides = [_best(own, kinds, metric) for kinds in ((NETWORK,), (TOOL, PRETRAINED))]
            if sides[0] is None or sides[1] is None:
                continue
            (ours, score), (tool, other) = sides[0], sides[1]
            made = contrasts.difference(Arm(ours, dataset), Arm(tool, dataset), dataset, metric)
            names = [f"{ours} {format_value(score)}", f"{tool} {format_value(other)}"]
            if made is None:
                yield [dataset, METRICS[metric], *names, "–", "not paired"]
                continue
            between = made.interval
            text = format_interval(between.mean, between.low, between.high, signed=True)
            yield [dataset, METRICS[metric], *names, text, _word(between.low, between.high)]


def _best(rows: pd.DataFrame, kinds: tuple[str, ...], metric: str) -> tuple[str, float] | None:
    known = rows[rows["kind"].isin(kinds) & rows[metric].notna()]
    if known.empty:
        return None
    name, score = max(zip(known["experiment"], known[metric], strict=True), key=lambda pair: float(pair[1]))
    return str(name), float(score)


def _word(low: float, high: float) -> str:
    return "ours is ahead" if low > 0 else "**the tool is ahead**" if high < 0 else "no clear difference"
