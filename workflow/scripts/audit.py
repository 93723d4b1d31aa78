"""Compare the flawed experiments of the study's audits with the correct ones."""

import argparse

from splice import JSON, PATH, PATHS, run

from unetlib.evaluation import pitfalls, tables
from unetlib.io.files import atomic_path, read_json
from unetlib.report import display_tables
from unetlib.study.runs import trained_runs, training_experiment


def main(arguments: argparse.Namespace) -> None:
    study = arguments.study
    results = arguments.scores.parent
    facts = [read_json(results / "runs" / each.path / "facts.json") for each in trained_runs(study)]
    users = study["study"]["experiments"]  # an experiment that uses another's networks has that one's facts
    facts = [
        fact | {"experiment": n} for n in users for fact in facts if fact["experiment"] == training_experiment(study, n)
    ]
    table = pitfalls.pitfalls(
        tables.read_long(arguments.scores),
        facts,
        study["audits"],
        datasets=study["study"]["datasets"],
        experiments=users,
        clusters=tables.read_clusters(arguments.frames),
        headline={name: entry["headline"] for name, entry in study["datasets"].items()},
    )
    shown = display_tables.to_markdown(pitfalls.pitfalls_shown(table))
    for path, text in ((arguments.csv, tables.to_csv(table)), (arguments.markdown, shown)):
        with atomic_path(path) as temporary:
            temporary.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    run(main, __doc__, study=JSON, scores=PATH, frames=PATHS, csv=PATH, markdown=PATH)
