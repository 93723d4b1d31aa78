"""All that the report of a study contains, read from the files of its results."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from unetlib.evaluation.pitfalls import pitfalls_shown
from unetlib.evaluation.tables import read_long, to_csv
from unetlib.io.files import read_json
from unetlib.report import claims, page, summary
from unetlib.report.display_tables import SHOWN, tracking_note
from unetlib.study.experiments import swept_levels
from unetlib.study.result_checks import FLAGGED, OK
from unetlib.study.runs import external_runs, runs, trained_runs
from unetlib.study.tracked_runs import tracked_experiments

CHARTS = ("learning-curves", "ablation", "transfer")
PANELS = ("examples", "weight-map", "augmentation")
CONFIG_INDENT = 1


@dataclass(frozen=True)
class StudyTables:
    """The tables of a study's results, and the checks of its scores."""

    comparison: pd.DataFrame
    ablation: pd.DataFrame
    transfer: pd.DataFrame
    costs: pd.DataFrame
    tracking: pd.DataFrame
    pitfalls: pd.DataFrame
    claims: pd.DataFrame
    checks: pd.DataFrame


def read_tables(results: Path) -> StudyTables:
    """Read the tables of a study from the folder of its results."""
    folder = results / "tables"
    return StudyTables(
        comparison=read_long(folder / "comparison.csv"),
        ablation=read_long(folder / "ablation.csv"),
        transfer=read_long(folder / "transfer.csv"),
        costs=read_long(folder / "costs.csv"),
        tracking=pd.read_csv(folder / "tracking.csv", dtype={"sequence": str}),
        pitfalls=read_long(folder / "audits.csv"),
        claims=claims.read_claims(folder / "claims.csv"),
        checks=pd.read_csv(results / "checks.csv", dtype={"experiment": str, "dataset": str}, keep_default_na=False),
    )


def report_context(config: Mapping[str, Any], results: Path, citation: str) -> page.Context:
    """Return everything that the report says. config: the resolved study; results: its folder; citation: CITATION.cff.

    Every table and figure that the study makes must be there.
    """
    found, study = read_tables(results), config["study"]
    expected = trained_runs(config)
    facts = [read_json(results / "runs" / run.path / "facts.json") for run in expected]
    comparison, ablation = _for_sentences(found, config)
    networks = [*study["experiments"], "total"]
    return page.Context(
        title="U-Net cell segmentation, regenerated",
        study=study["name"],
        summary=summary.findings(
            comparison=comparison,
            ablation=ablation,
            transfer=found.transfer[found.transfer["experiment"].isin(networks)],
            costs=found.costs[found.costs["experiment"].isin(networks)],
            reference=study["reference"],
        ),
        runs_expected=len(expected),
        runs_done=len(facts),
        lead=summary.lead(comparison, ablation, reference=study["reference"]),
        warnings=summary.warnings(found.checks),
        facts=key_facts(config, found.checks, facts),
        tables=report_tables(found),
        notes={"claims": claims.summary(found.claims), "tracking": tracking_note(found.tracking)},
        pictures=[*pictures(config, results / "figures")],
        provenance=provenance(facts, found.checks),
        config=json.dumps(config, indent=CONFIG_INDENT, sort_keys=True),
        citation=citation,
    )


def _for_sentences(found: StudyTables, config: Mapping[str, Any]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows of comparison and ablation that sentences are about.

    They name neither other tools nor deliberate mistakes, and of the trivial baselines only the best.
    """
    study = config["study"]
    unnamed = [*study["externals"], *(audit["illusion"] for audit in config["audits"].values())]
    comparison, ablation = found.comparison, found.ablation
    return (
        comparison[~comparison["experiment"].isin(unnamed)],
        ablation[ablation["experiment"].isin(study["experiments"])],
    )


def key_facts(config: Mapping[str, Any], checks: pd.DataFrame, facts: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the numbers at the top of the page by name. facts: the facts.json of every trained network."""
    minutes = sum(each["train_seconds"] for each in facts) / 60
    expected = {run.path for run in [*runs(config), *external_runs(config["study"])]}
    complete = set(checks[(checks["check"] == "coverage") & (checks["status"] == OK)]["subject"])
    return {
        "runs scored": f"{len(expected & complete)} of {len(expected)}",
        "datasets": str(len(config["study"]["datasets"])),
        "training": f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.1f} h",
        "flagged": f"{(checks['status'] == FLAGGED).sum()} of {len(checks)}",
    }


def report_tables(found: StudyTables) -> list[page.Table]:
    """Return the tables of the page in order; tracking and pitfalls where the study has any."""
    always = {
        "comparison": found.comparison,
        "ablation": found.ablation,
        "transfer": found.transfer,
        "costs": found.costs,
    }
    shown = [page.table(name, SHOWN[name](table), to_csv(table)) for name, table in always.items()]
    if len(found.tracking):
        shown.append(page.table("tracking", SHOWN["tracking"](found.tracking), to_csv(found.tracking)))
    if len(found.pitfalls):
        shown.append(page.table("audits", pitfalls_shown(found.pitfalls), to_csv(found.pitfalls)))
    folded = claims.all_not_run(found.claims)
    return [*shown, page.table("claims", claims.claims_shown(found.claims), to_csv(found.claims), folded=folded)]


def pictures(config: Mapping[str, Any], figures: Path) -> Iterator[page.Picture]:
    """Yield the pictures of the page in order: charts of the study, images of each dataset, tracks of each sequence."""
    for name in [*CHARTS, *swept_levels(config)]:
        yield page.picture(name, (figures / f"{name}.svg").read_bytes(), "svg")
    for name in PANELS:
        for dataset in config["study"]["datasets"]:
            yield _photograph(figures, name, dataset)
    tracked = tracked_experiments(config)["datasets"]
    for dataset in tracked:
        yield _photograph(figures, "tracks", dataset)
    for dataset in tracked:
        yield page.picture("motion", (figures / f"motion-{dataset}.svg").read_bytes(), "svg", of=dataset)


def _photograph(figures: Path, name: str, dataset: str) -> page.Picture:
    return page.picture(name, page.compact((figures / f"{name}-{dataset}.png").read_bytes()), "webp", of=dataset)


def provenance(facts: Sequence[Mapping[str, Any]], checks: pd.DataFrame) -> dict[str, dict[str, str]]:
    """Return what the numbers were made from: heading → name → value. facts: the facts.json of every network."""
    data = {each["dataset"]: f"{each['source']}, sha256 {each['sha256']}" for run in facts for each in run["data"]}
    codes = Counter(each["code"] for each in facts)
    return {
        "Data": data,
        "Software": facts[0]["versions"],
        "Code": {"training code": ", ".join(f"{code} ({count} runs)" for code, count in codes.items())},
        "Checks": {status: str(count) for status, count in sorted(Counter(checks["status"]).items())},
        "Machine": {"device": facts[0]["device"], "threads per training": str(facts[0]["threads"])},
    }
