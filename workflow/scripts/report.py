"""Join tables, figures, sentences and provenance into one self-contained page."""

import json
from collections import Counter

import pandas as pd
from script import JSON, PATH, run

from unetlib.evaluation import pitfalls, tables
from unetlib.io.files import atomic_path, read_json
from unetlib.report import claims, display_tables, page, summary
from unetlib.study.experiments import swept_levels
from unetlib.study.runs import external_runs, runs, trained_runs
from unetlib.study.tracked_runs import tracked_experiments

TABLES = ("comparison", "ablation", "transfer", "costs")
CHARTS = ("learning-curves", "ablation", "transfer")
PANELS = ("examples", "weight-map", "augmentation")


def main(arguments):
    config, results = arguments.config, arguments.checks.parent
    study, expected = config["study"], trained_runs(config)
    made = {name: tables.read_long(results / "tables" / f"{name}.csv") for name in TABLES}
    ours = [
        *study["experiments"],
        "total",
    ]  # of the trivial baselines sentences name the best alone
    told = {n: t if n == "comparison" else t[t["experiment"].isin(ours)] for n, t in made.items()}
    tracked = pd.read_csv(results / "tables" / "tracking.csv", dtype={"sequence": str})
    claimed = claims.read_claims(results / "tables" / "claims.csv")
    # neither other tools nor mistakes are named in sentences
    unnamed = [*study["externals"], *(audit["illusion"] for audit in config["audits"].values())]
    told["comparison"] = made["comparison"][~made["comparison"]["experiment"].isin(unnamed)]
    facts = [read_json(results / "runs" / each.path / "facts.json") for each in expected]
    checks = pd.read_csv(arguments.checks)
    flagged = (checks["status"] == "flagged").sum()
    minutes = sum(each["train_seconds"] for each in facts) / 60
    duration = f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.1f} h"
    context = page.Context(
        title="U-Net cell segmentation, regenerated",
        study=study["name"],
        summary=summary.findings(*told.values(), reference=study["reference"]),
        runs_expected=len(expected),
        runs_done=len(facts),
        lead=summary.lead(told["comparison"], told["ablation"], reference=study["reference"]),
        warnings=summary.warnings(checks),
        facts={
            "runs scored": scored(config, checks),
            "datasets": str(len(study["datasets"])),
            "training": duration,
            "flagged": f"{flagged} of {len(checks)}",
        },
        tables=[
            page.table(name, getattr(display_tables, f"{name}_shown")(table), tables.to_csv(table))
            for name, table in made.items()
        ]
        + followed(tracked)
        + audited(tables.read_long(results / "tables" / "pitfalls.csv"))
        + [claims_table(claimed)],
        notes={"claims": claims.summary(claimed), "tracking": display_tables.tracking_note(tracked)},
        pictures=[
            *charts(results / "figures", [*CHARTS, *swept_levels(config)]),
            *panels(results / "figures", study["datasets"]),
            *trails(results / "figures", tracked_experiments(config)["datasets"]),
        ],
        provenance=provenance(facts, checks),
        config=json.dumps(config, indent=1, sort_keys=True),
        citation=arguments.citation.read_text(encoding="utf-8"),
    )
    with atomic_path(arguments.output) as temporary:
        temporary.write_text(page.render(context, arguments.template), encoding="utf-8")


def scored(config, checks):
    """How many runs, other tools' included, have every score that was expected of them."""
    expected = {run.path for run in [*runs(config), *external_runs(config["study"])]}
    complete = set(checks[(checks["check"] == "coverage") & (checks["status"] == "ok")]["subject"])
    return f"{len(expected & complete)} of {len(expected)}"


def claims_table(claimed):
    nothing = claims.all_not_run(claimed)
    return page.table("claims", claims.claims_shown(claimed), tables.to_csv(claimed), folded=nothing)


def audited(table):
    """The table of audits, where the study has any."""
    return [page.table("audits", pitfalls.pitfalls_shown(table), tables.to_csv(table))] if len(table) else []


def followed(table):
    """The table of films, where the study has any."""
    return [page.table("tracking", display_tables.tracking_shown(table), tables.to_csv(table))] if len(table) else []


def charts(figures, names):
    for name in names:
        yield page.picture(name, (figures / f"{name}.svg").read_bytes(), "svg")


def panels(figures, datasets):
    for name in PANELS:
        for dataset in datasets:
            picture = page.compact((figures / f"{name}-{dataset}.png").read_bytes())
            yield page.picture(name, picture, "webp", of=dataset)


def trails(figures, datasets):
    for dataset in datasets:
        tracks = page.compact((figures / f"tracks-{dataset}.png").read_bytes())
        yield page.picture("tracks", tracks, "webp", of=dataset)
    for dataset in datasets:
        yield page.picture("motion", (figures / f"motion-{dataset}.svg").read_bytes(), "svg", of=dataset)


def provenance(facts, checks):
    data = {each["dataset"]: f"{each['source']}, sha256 {each['sha256']}" for run in facts for each in run["data"]}
    codes = Counter(each["code"] for each in facts)
    return {
        "Data": data,
        "Software": facts[0]["versions"],
        "Code": {"training code": ", ".join(f"{code} ({count} runs)" for code, count in codes.items())},
        "Checks": {status: str(count) for status, count in sorted(Counter(checks["status"]).items())},
        "Machine": {"device": facts[0]["device"], "threads per training": str(facts[0]["threads"])},
    }


if __name__ == "__main__":
    run(main, __doc__, config=JSON, checks=PATH, template=PATH, citation=PATH, output=PATH)
