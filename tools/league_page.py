"""The generated section of docs/league.md: who is ahead on which images, from the deposited leagues alone."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd

from unetlib.evaluation.contrasts import Contrasts
from unetlib.evaluation.intervals import Interval, retrained
from unetlib.evaluation.score_grids import Arm
from unetlib.evaluation.tables import METRICS, read_long
from unetlib.io.files import read_csv
from unetlib.io.wording import counted
from unetlib.report.deposit import Deposit
from unetlib.report.display_tables import format_interval, format_value, to_markdown
from unetlib.report.league import NETWORK, PRETRAINED, SCORED, TOOL, TRIVIAL, is_over, league, league_shown
from unetlib.report.study_tables import contrasts_of, study_tables
from unetlib.trained_tools.tool_runs import OVER

PAGE, SECTION = "docs/league.md", "league"
PREDICTION = "learning/prediction-{study}.csv"  # of benchmarks.prediction_seconds
TOOLS = (TOOL, PRETRAINED)
CLEAR = "Positive: ours is ahead; bold: the interval does not hold 0."
NOT_DEPOSITED = (
    "The league has not been deposited yet: `make league` runs it, and this section is then made of its results."
)


def league_section(deposits: Mapping[str, Deposit], published: Path = Path()) -> list[str]:
    """Return the lines of the section: of each study that trained tools, the best of ours and of theirs, and all.

    published: the folder where the seconds that our networks need to predict may be.
    """
    known = [deposit for deposit in deposits.values() if deposit.scores.resources is not None]
    return [line for deposit in known for line in _section(deposit, published)] or [NOT_DEPOSITED]


def _section(deposit: Deposit, published: Path) -> list[str]:
    facts, found = deposit.facts, deposit.scores
    if found.resources is None:
        return []
    table = league(facts, study_tables(facts, found, deposit.trained)["comparison"], found.resources, found.failed)
    table = _with_predictions(table, published / PREDICTION.format(study=facts.name))
    contrasts = contrasts_of(facts, found)
    leaders = ["images", "metric", "best network of ours", "best tool", "ours − tool", ""]
    leads = ["images", "our best network of each metric minus", *(METRICS[metric] for metric in SCORED)]
    command = deposit.command.replace("\n", "`, then `")  # seeds or arms that were added later
    made = f"Made by `{command}` on {deposit.day}; seeds {', '.join(map(str, facts.seeds))}."
    chart = f"![Score against seconds of the processor, for each kind of images](results/{facts.name}/league.png)"
    return [
        f"### {facts.name}",
        "",
        made,
        "",
        *_rows(leaders, "|---|---|---|---|---:|---|", _leaders(deposit, table, contrasts)),
        "",
        *_rows(leads, "|---|---|---:|---:|---:|---:|", _leads(deposit, table, contrasts)),
        "",
        CLEAR,
        "",
        chart,
        "",
        "Filled: our networks; open: tools; dotted: the best without training; bars: 95 % intervals of the scores.",
        "",
        "<details><summary>Every network and tool, with scores, seconds and memory</summary>",
        "",
        *to_markdown(league_shown(table)).splitlines(),
        "",
        "</details>",
        "",
    ]


def _rows(header: Sequence[str], rule: str, rows: Iterable[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(header)} |", rule, *(f"| {' | '.join(cells)} |" for cells in rows)]


def _with_predictions(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Return the league with the measured prediction seconds of our networks, where they were measured."""
    if not path.is_file():
        return table
    rows = read_csv(path, ("experiment", "dataset", "processor_seconds"))
    seconds = {(row["dataset"], row["experiment"]): float(row["processor_seconds"]) for row in rows}
    arms = zip(table["test_dataset"], table["experiment"], strict=True)
    measured = pd.Series([seconds.get(arm) for arm in arms], index=table.index, dtype=float)
    return table.assign(prediction_seconds=table["prediction_seconds"].astype(float).fillna(measured))


def _leaders(deposit: Deposit, table: pd.DataFrame, contrasts: Contrasts) -> Iterator[list[str]]:
    """Yield a row per dataset and metric: the arms with the best mean on the test images, and their difference."""
    for dataset in deposit.facts.datasets:
        rows = table[table["test_dataset"] == dataset]
        own = rows[~is_over(rows)]
        for metric in SCORED:
            if rows["kind"].eq(NETWORK).any() and not own["kind"].eq(NETWORK).any():
                yield [dataset, METRICS[metric], "–", "–", "–", f"all of ours took over {OVER} times the tools' budget"]
                continue
            sides = [_best(own, kinds, metric) for kinds in ((NETWORK,), TOOLS)]
            if sides[0] is None or sides[1] is None:
                continue
            (ours, score), (tool, other) = sides[0], sides[1]
            names = [f"{ours} {format_value(score)}", f"{tool} {format_value(other)}"]
            between = _lead(contrasts, dataset, metric, ours, tool)
            if between is None:
                yield [dataset, METRICS[metric], *names, "–", "not paired"]
                continue
            yield [dataset, METRICS[metric], *names, _shown(between), _word(between)]


def _leads(deposit: Deposit, table: pd.DataFrame, contrasts: Contrasts) -> Iterator[list[str]]:
    """Yield a row per dataset and tool: our best network of each metric minus the tool; bold where 0 is outside."""
    for dataset in deposit.facts.datasets:
        rows = table[table["test_dataset"] == dataset]
        best = {metric: _best(rows[~is_over(rows)], (NETWORK,), metric) for metric in SCORED}
        for tool in rows.loc[rows["kind"].isin(TOOLS), "experiment"]:
            between = [
                None if (ours := best[metric]) is None else _lead(contrasts, dataset, metric, ours[0], tool)
                for metric in SCORED
            ]
            if any(each is not None for each in between):
                yield [dataset, str(tool), *("–" if each is None else _marked(each) for each in between)]


def _lead(contrasts: Contrasts, dataset: str, metric: str, ours: str, tool: str) -> Interval | None:
    made = contrasts.difference(Arm(ours, dataset), Arm(tool, dataset), dataset, metric)
    return None if made is None else made.interval


def _shown(between: Interval) -> str:
    return format_interval(between.mean, between.low, between.high, signed=True)


def _marked(between: Interval) -> str:
    clear = between.low > 0 or between.high < 0
    return f"**{_shown(between)}**" if clear else _shown(between)


def _best(rows: pd.DataFrame, kinds: tuple[str, ...], metric: str) -> tuple[str, float] | None:
    known = rows[rows["kind"].isin(kinds) & rows[metric].notna()]
    if known.empty:
        return None
    name, score = max(zip(known["experiment"], known[metric], strict=True), key=lambda pair: float(pair[1]))
    return str(name), float(score)


def _word(between: Interval) -> str:
    """Say who is ahead; with one training each, on these images and of these trainings alone."""
    limit = "" if retrained(between.resampled) else ", one training each"
    if between.low > 0:
        return f"ours is ahead{limit}"
    return f"**the tool is ahead**{limit}" if between.high < 0 else "no clear difference"


def league_summary(folder: Path) -> list[str]:
    """Return the lines of a small table of a published league: the primary score of each arm, by dataset."""
    if not (folder / "league.csv").is_file():
        return []
    table, comparison = read_long(folder / "league.csv"), read_long(folder / "comparison.csv")
    primary = (
        comparison[comparison["primary"].astype(str) == "True"].groupby("test_dataset", sort=False)["metric"].first()
    )
    metrics = {str(name): str(metric) for name, metric in primary.items() if metric in SCORED}
    header = ["", *(f"{name}, {METRICS[metric]}" for name, metric in metrics.items()), "processor seconds"]
    lines = []
    over = set(table.loc[is_over(table), "experiment"])
    for kind in (NETWORK, *TOOLS):
        for name in dict.fromkeys(table.loc[table["kind"] == kind, "experiment"]):
            shown = f"{name} (over {OVER} times the budget)" if name in over else name
            rows = table[table["experiment"] == name].set_index("test_dataset")
            cells = [_cell(rows, dataset, metric) for dataset, metric in metrics.items()]
            spent = dict.fromkeys(f"{seconds:.0f}" for seconds in sorted(rows["processor_seconds"].dropna()))
            ends = dict.fromkeys([*spent][:1] + [*spent][-1:])
            if set(cells) != {"–"}:
                lines.append([shown, *cells, "–".join(ends) or "–"])
    trivial = table[table["kind"] == TRIVIAL]
    best = [trivial.loc[trivial["test_dataset"] == name, metric].max() for name, metric in metrics.items()]
    lines.append(["best without training", *map(format_value, best), "–"])
    runs = int(table.loc[table["kind"] == NETWORK, "runs"].max())
    most = f"{table['processor_high'].max():.0f} processor seconds, {counted(runs, 'network')} each"
    lead = (
        f"Our networks and other tools ([what each is](docs/league.md)), trained on the same images for at most {most}:"
    )
    return [lead, "", *_rows(header, f"|---|{'---:|' * (len(header) - 1)}", lines)]


def _cell(rows: pd.DataFrame, dataset: str, metric: str) -> str:
    if dataset not in rows.index or rows[metric].isna().loc[dataset]:
        return "–"
    mean, low, high = (float(rows[f"{metric}{end}"].loc[dataset]) for end in ("", "_low", "_high"))
    return format_interval(mean, low, high)
