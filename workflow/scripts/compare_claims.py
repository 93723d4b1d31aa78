"""Compare every published claim with this study's number for it, and give a verdict."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from script import run

from unetlib.evaluation import tables
from unetlib.report import claims, literature
from unetlib.report.study_scores import study_of
from unetlib.report.study_tables import Scores, contrasts_of, write_table
from unetlib.study.facts import StudyFacts
from unetlib.study.layout import Layout


@dataclass(frozen=True)
class Arguments:
    study: StudyFacts
    literature: Path
    errors: Path
    scores: Path
    baselines: Path
    frames: list[Path]


def main(arguments: Arguments) -> None:
    facts, layout, errors = arguments.study, Layout(arguments.study.name), literature.read_errors(arguments.errors)
    names = ("comparison", "ablation", "transfer", *["waterfall"] * bool(facts.protocols))
    runs = [(run, pd.read_csv(layout.history(facts.training_run(run).path))) for run in facts.runs()]
    scores, baselines = (tables.read_long(path) for path in (arguments.scores, arguments.baselines))
    found = contrasts_of(facts, Scores(scores, baselines, tables.read_clusters(arguments.frames)))
    study = study_of(facts, {name: tables.read_long(layout.table(name)) for name in names}, runs, found)
    table = claims.compare_claims(literature.read_ledger(arguments.literature, errors), errors, study)
    write_table(Path(layout.table("claims")), table, claims.claims_shown(table))


if __name__ == "__main__":
    run(main, Arguments, __doc__)
