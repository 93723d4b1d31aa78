"""Join tables, figures, sentences and provenance into one self-contained page."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from script import run

from unetlib.evaluation import pitfalls, tables
from unetlib.io.files import atomic_path
from unetlib.networks.run_record import RunFacts
from unetlib.report import claims, display_tables, page, summary
from unetlib.report.study_tables import SHOWN, trained_facts
from unetlib.study.facts import StudyFacts
from unetlib.study.layout import Layout

TABLES = ("comparison", "ablation", "transfer", "costs")
CHARTS = ("learning-curves", "ablation", "transfer")
PANELS = ("examples", "weight-map", "augmentation")


@dataclass(frozen=True)
class Arguments:
    study: StudyFacts
    config: dict[str, Any]  # shown as it is
    template: Path
    citation: Path


def main(arguments: Arguments) -> None:
    study, layout = arguments.study, Layout(arguments.study.name)
    made = {name: tables.read_long(layout.table(name)) for name in TABLES}
    ours = [*study.experiments, "total"]  # of the trivial baselines sentences name the best alone
    told = {n: t if n == "comparison" else t[t["experiment"].isin(ours)] for n, t in made.items()}
    tracked = pd.read_csv(layout.table("tracking"), dtype={"sequence": str})
    claimed = claims.read_claims(layout.table("claims"))
    # neither other tools nor mistakes are named in sentences
    unnamed = [*study.external_tools, *(pitfall.flawed for pitfall in study.pitfalls.values())]
    told["comparison"] = made["comparison"][~made["comparison"]["experiment"].isin(unnamed)]
    facts = trained_facts(study)
    checks = pd.read_csv(layout.checks)
    flagged = (checks["status"] == "flagged").sum()
    minutes = sum(each.train_seconds or 0 for each in facts) / 60
    duration = f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.1f} h"
    context = page.Context(
        title="U-Net cell segmentation, regenerated",
        study=study.name,
        summary=summary.findings(*told.values(), reference=study.reference),
        runs_expected=len(facts),
        runs_done=len(facts),
        lead=summary.lead(told["comparison"], told["ablation"], reference=study.reference),
        warnings=summary.warnings(checks),
        facts={
            "runs scored": scored(study, checks),
            "datasets": str(len(study.datasets)),
            "training": duration,
            "flagged": f"{flagged} of {len(checks)}",
        },
        tables=[page.table(name, SHOWN[name](table), tables.to_csv(table)) for name, table in made.items()]
        + tracking_table(tracked)
        + pitfalls_table(tables.read_long(layout.table("pitfalls")))
        + [claims_table(claimed)],
        notes={"claims": claims.summary(claimed), "tracking": display_tables.tracking_note(tracked)},
        pictures=[
            *charts(layout, [*CHARTS, *study.sweeps]),
            *examples(layout, study.datasets),
            *tracks(layout, study.tracked_datasets),
        ],
        provenance=provenance(facts, checks),
        config=json.dumps(arguments.config, indent=1, sort_keys=True),
        citation=arguments.citation.read_text(encoding="utf-8"),
    )
    with atomic_path(layout.report) as temporary:
        temporary.write_text(page.render(context, arguments.template), encoding="utf-8")


def scored(study: StudyFacts, checks: pd.DataFrame) -> str:
    """Return how many runs, external tools included, have every score that was expected of them."""
    expected = {run.path for run in [*study.runs(), *study.external_runs()]}
    complete = set(checks[(checks["check"] == "coverage") & (checks["status"] == "ok")]["subject"])
    return f"{len(expected & complete)} of {len(expected)}"


def claims_table(claimed: pd.DataFrame) -> page.Table:
    nothing = claims.all_not_run(claimed)
    return page.table("claims", claims.claims_shown(claimed), tables.to_csv(claimed), folded=nothing)


def pitfalls_table(table: pd.DataFrame) -> list[page.Table]:
    """Return the table of pitfalls, where the study measures any."""
    return [page.table("pitfalls", pitfalls.pitfalls_shown(table), tables.to_csv(table))] if len(table) else []


def tracking_table(table: pd.DataFrame) -> list[page.Table]:
    """Return the table of tracked sequences, where the study has any."""
    return [page.table("tracking", display_tables.tracking_shown(table), tables.to_csv(table))] if len(table) else []


def charts(layout: Layout, names: Iterable[str]) -> Iterator[page.Picture]:
    for name in names:
        yield page.picture(name, Path(layout.figure(name, "svg")).read_bytes(), "svg")


def examples(layout: Layout, datasets: Iterable[str]) -> Iterator[page.Picture]:
    for name, dataset in [(name, dataset) for name in PANELS for dataset in datasets]:
        picture = page.compact(Path(layout.figure(f"{name}-{dataset}", "png")).read_bytes())
        yield page.picture(name, picture, "webp", of=dataset)


def tracks(layout: Layout, datasets: Iterable[str]) -> Iterator[page.Picture]:
    for dataset in datasets:
        drawn = page.compact(Path(layout.figure(f"tracks-{dataset}", "png")).read_bytes())
        yield page.picture("tracks", drawn, "webp", of=dataset)
    for dataset in datasets:
        yield page.picture("motion", Path(layout.figure(f"motion-{dataset}", "svg")).read_bytes(), "svg", of=dataset)


def provenance(facts: Sequence[RunFacts], checks: pd.DataFrame) -> dict[str, dict[str, str]]:
    data = {str(each.dataset): f"{each.source}, sha256 {each.sha256}" for run in facts for each in run.data}
    codes = Counter(each.code for each in facts)
    return {
        "Data": data,
        "Software": facts[0].versions,
        "Code": {"training code": ", ".join(f"{code} ({count} runs)" for code, count in codes.items())},
        "Checks": {status: str(count) for status, count in sorted(Counter(checks["status"]).items())},
        "Machine": {"device": str(facts[0].device), "threads per training": str(facts[0].threads)},
    }


if __name__ == "__main__":
    run(main, Arguments, __doc__)
