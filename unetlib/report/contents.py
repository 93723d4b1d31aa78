"""Assemble the contents of a study's report from its result files."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pandas as pd

from unetlib.evaluation.pitfalls import pitfalls_shown
from unetlib.evaluation.silver_truth import silver_shown
from unetlib.evaluation.tables import NO_TRAINING, read_long, to_csv
from unetlib.networks.run_record import RunFacts
from unetlib.report import claims, decided, page, summary
from unetlib.report.display_tables import SHOWN, tracking_note, with_tools_marked
from unetlib.report.league import league_shown
from unetlib.report.study_tables import trained_facts
from unetlib.report.waterfalls import waterfall_shown
from unetlib.study.facts import StudyFacts
from unetlib.study.layout import Layout
from unetlib.study.result_checks import FLAGGED, OK

CHARTS = ("learning-curves", "ablation", "transfer")
PANELS = ("examples", "weight-map", "augmentation")
CONFIG_INDENT = 1


@dataclass(frozen=True)
class StudyTables:
    """The result tables of a study, and the checks of its scores."""

    comparison: pd.DataFrame
    ablation: pd.DataFrame
    transfer: pd.DataFrame
    costs: pd.DataFrame
    tracking: pd.DataFrame
    pitfalls: pd.DataFrame
    waterfall: pd.DataFrame
    claims: pd.DataFrame
    checks: pd.DataFrame
    silver: pd.DataFrame
    power: pd.DataFrame = field(default_factory=pd.DataFrame)
    league: pd.DataFrame = field(default_factory=pd.DataFrame)


def read_tables(layout: Layout, *, protocols: bool, tools: bool = False) -> StudyTables:
    """Read the tables of a study from its results folder; no waterfall without protocols, no league without tools."""
    waterfall = read_long(layout.table("waterfall")) if protocols else pd.DataFrame()
    return StudyTables(
        comparison=read_long(layout.table("comparison")),
        ablation=read_long(layout.table("ablation")),
        transfer=read_long(layout.table("transfer")),
        costs=read_long(layout.table("costs")),
        tracking=pd.read_csv(layout.table("tracking"), dtype={"sequence": str}),
        pitfalls=read_long(layout.table("pitfalls")),
        waterfall=waterfall,
        claims=claims.read_claims(layout.table("claims")),
        checks=pd.read_csv(layout.checks, dtype={"experiment": str, "dataset": str}, keep_default_na=False),
        silver=pd.read_csv(layout.table("silver"), dtype={"dataset": str, "sequence": str}),
        power=read_long(layout.table("power")),
        league=read_long(layout.table("league")) if tools else pd.DataFrame(),
    )


def report_context(study: StudyFacts, config: Mapping[str, object], citation: str) -> page.Context:
    """Return the contents of the report. config: shown verbatim; citation: the text of CITATION.cff.

    All tables and figures of the study must exist.
    """
    found, facts = (
        read_tables(Layout(study.name), protocols=bool(study.protocols), tools=bool(study.tools)),
        trained_facts(study),
    )
    comparison, ablation = _for_sentences(found, study)
    networks = [*study.experiments, "total"]
    return page.Context(
        title="U-Net cell segmentation, regenerated",
        study=study.name,
        summary=summary.findings(
            comparison=comparison,
            ablation=ablation[ablation["train_dataset"] != NO_TRAINING],
            transfer=found.transfer[found.transfer["experiment"].isin(networks)],
            costs=found.costs[found.costs["experiment"].isin(networks)],
            reference=study.reference,
        ),
        runs_expected=len(study.trained_runs()),
        runs_done=len(facts),
        lead=decided.lead(comparison, ablation, found.claims, reference=study.reference),
        warnings=summary.warnings(found.checks),
        facts=key_facts(study, found.checks, facts),
        tables=report_tables(found, {name: entry.pretrained for name, entry in study.tools.items()}),
        notes={"claims": claims.summary(found.claims), "tracking": tracking_note(found.tracking)},
        pictures=[*pictures(study)],
        provenance=provenance(facts, found.checks),
        config=json.dumps(config, indent=CONFIG_INDENT, sort_keys=True),
        citation=citation,
    )


def _for_sentences(found: StudyTables, study: StudyFacts) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows of comparison and ablation that the summary sentences describe.

    They exclude tools and deliberate mistakes; both tables keep the trivial baselines.
    """
    unnamed = [*study.external_tools, *study.tools, *study.set_apart]
    comparison, ablation = found.comparison, found.ablation
    return (
        comparison[~comparison["experiment"].isin(unnamed)],
        ablation[~ablation["experiment"].isin(unnamed)],
    )


def key_facts(study: StudyFacts, checks: pd.DataFrame, facts: Sequence[RunFacts]) -> dict[str, str]:
    """Return the key numbers at the top of the page, by name. facts: the facts.json of every trained network."""
    minutes = sum(each.train_seconds or 0 for each in facts) / 60
    expected = {run.path for run in [*study.runs(), *study.external_runs(), *study.tool_runs()]}
    complete = set(checks[(checks["check"] == "coverage") & (checks["status"] == OK)]["subject"])
    return {
        "runs scored": f"{len(expected & complete)} of {len(expected)}",
        "datasets": str(len(study.datasets)),
        "training": f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.1f} h",
        "flagged": f"{(checks['status'] == FLAGGED).sum()} of {len(checks)}",
    }


def report_tables(found: StudyTables, tools: Mapping[str, bool] | None = None) -> list[page.Table]:
    """Return the tables of the page in order.

    League, power, tracking, pitfalls, silver truth and waterfall are included only if they have rows. tools: the
    tools that the study trained → whether they were pretrained.
    """
    always = {
        "comparison": found.comparison,
        "ablation": found.ablation,
        "transfer": found.transfer,
        "costs": found.costs,
    }
    named = partial(with_tools_marked, tools=tools or {})
    shown = [page.table(name, SHOWN[name](named(table)), to_csv(table)) for name, table in always.items()]
    if len(found.league):
        shown.insert(1, page.table("league", league_shown(found.league), to_csv(found.league)))
    if len(found.power):
        shown.insert(-2, page.table("power", SHOWN["power"](found.power), to_csv(found.power)))
    if len(found.tracking):
        shown.append(page.table("tracking", SHOWN["tracking"](found.tracking), to_csv(found.tracking)))
    if len(found.pitfalls):
        shown.append(page.table("pitfalls", pitfalls_shown(found.pitfalls), to_csv(found.pitfalls)))
    if len(found.silver):
        shown.append(page.table("silver", silver_shown(found.silver), to_csv(found.silver)))
    if len(found.waterfall):
        shown.append(page.table("waterfall", waterfall_shown(found.waterfall), to_csv(found.waterfall)))
    folded = claims.all_not_run(found.claims)
    return [*shown, page.table("claims", claims.claims_shown(found.claims), to_csv(found.claims), folded=folded)]


def chart_names(study: StudyFacts) -> list[str]:
    """Return the file names of a study's charts, without suffix."""
    return [*CHARTS, *study.sweeps, *["waterfall"] * bool(study.protocols), *["league"] * bool(study.tools)]


def pictures(study: StudyFacts) -> Iterator[page.Picture]:
    """Yield the pictures of the page in order: charts of the study, images of each dataset, tracks of each sequence."""
    layout = Layout(study.name)
    for name in chart_names(study):
        yield page.picture(name, Path(layout.figure(name, "svg")).read_bytes(), "svg")
    for name in PANELS:
        for dataset in study.datasets:
            yield _photograph(layout, name, dataset)
    for dataset in study.tracked_datasets:
        yield _photograph(layout, "tracks", dataset)
    for dataset in study.tracked_datasets:
        yield page.picture("motion", Path(layout.figure(f"motion-{dataset}", "svg")).read_bytes(), "svg", of=dataset)


def _photograph(layout: Layout, name: str, dataset: str) -> page.Picture:
    drawn = Path(layout.figure(f"{name}-{dataset}", "png")).read_bytes()
    return page.picture(name, page.compact(drawn), "webp", of=dataset)


def provenance(facts: Sequence[RunFacts], checks: pd.DataFrame) -> dict[str, dict[str, str]]:
    """Return the provenance of the numbers: heading → name → value. facts: the facts.json of every network."""
    data = {str(each.dataset): f"{each.source}, sha256 {each.sha256}" for run in facts for each in run.data}
    codes = Counter(each.code for each in facts)
    return {
        "Data": data,
        "Software": facts[0].versions,
        "Code": {"training code": ", ".join(f"{code} ({count} runs)" for code, count in codes.items())},
        "Checks": {status: str(count) for status, count in sorted(Counter(checks["status"]).items())},
        "Machine": {"device": str(facts[0].device), "threads per training": str(facts[0].threads)},
    }
