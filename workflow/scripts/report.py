"""Join tables, figures, sentences and provenance into one self-contained page."""

import json
from collections import Counter

import pandas as pd
from splice import JSON, PATH, run

from unetlib import audits, claims, findings, report, tables, wording
from unetlib.experiments import curves
from unetlib.files import atomic_path, read_json
from unetlib.filmed import filmed
from unetlib.standing import external_runs
from unetlib.study import runs, trained_runs

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
    context = report.Context(
        title="U-Net cell segmentation, regenerated",
        study=study["name"],
        summary=findings.findings(*told.values(), reference=study["reference"]),
        runs_expected=len(expected),
        runs_done=len(facts),
        lead=findings.in_short(told["comparison"], told["ablation"], reference=study["reference"]),
        warnings=findings.cautions(checks),
        facts={
            "runs scored": scored(config, checks),
            "datasets": str(len(study["datasets"])),
            "training": duration,
            "flagged": f"{flagged} of {len(checks)}",
        },
        tables=[
            report.table(name, getattr(wording, f"{name}_shown")(table), tables.to_csv(table))
            for name, table in made.items()
        ]
        + followed(tracked)
        + audited(tables.read_long(results / "tables" / "audits.csv"))
        + [claims_table(claimed)],
        notes={"claims": claims.summary(claimed), "tracking": wording.tracking_note(tracked)},
        pictures=[
            *charts(results / "figures", [*CHARTS, *curves(config)]),
            *panels(results / "figures", study["datasets"]),
            *trails(results / "figures", filmed(config)["datasets"]),
        ],
        provenance=provenance(facts, checks),
        config=json.dumps(config, indent=1, sort_keys=True),
        citation=arguments.citation.read_text(encoding="utf-8"),
    )
    with atomic_path(arguments.output) as temporary:
        temporary.write_text(report.render(context, arguments.template), encoding="utf-8")


def scored(config, checks):
    """How many runs, other tools' included, have every score that was expected of them."""
    expected = {run.path for run in [*runs(config), *external_runs(config["study"])]}
    complete = set(checks[(checks["check"] == "coverage") & (checks["status"] == "ok")]["subject"])
    return f"{len(expected & complete)} of {len(expected)}"


def claims_table(claimed):
    nothing = claims.all_not_run(claimed)
    return report.table("claims", claims.claims_shown(claimed), tables.to_csv(claimed), folded=nothing)


def audited(table):
    """The table of audits, where the study has any."""
    return [report.table("audits", audits.shown(table), tables.to_csv(table))] if len(table) else []


def followed(table):
    """The table of films, where the study has any."""
    return [report.table("tracking", wording.tracking_shown(table), tables.to_csv(table))] if len(table) else []


def charts(figures, names):
    for name in names:
        yield report.picture(name, (figures / f"{name}.svg").read_bytes(), "svg")


def panels(figures, datasets):
    for name in PANELS:
        for dataset in datasets:
            picture = report.compact((figures / f"{name}-{dataset}.png").read_bytes())
            yield report.picture(name, picture, "webp", of=dataset)


def trails(figures, datasets):
    for dataset in datasets:
        tracks = report.compact((figures / f"tracks-{dataset}.png").read_bytes())
        yield report.picture("tracks", tracks, "webp", of=dataset)
    for dataset in datasets:
        yield report.picture("motion", (figures / f"motion-{dataset}.svg").read_bytes(), "svg", of=dataset)


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
