"""Compare every published claim with this study's number for it, and give a verdict."""

from dataclasses import dataclass
from pathlib import Path

from script import run

from unetlib.evaluation import tables
from unetlib.report import claims, literature
from unetlib.report.study_scores import Study
from unetlib.report.study_tables import write_table
from unetlib.study.facts import StudyFacts
from unetlib.study.layout import Layout


@dataclass(frozen=True)
class Arguments:
    study: StudyFacts
    literature: Path
    errors: Path


def main(arguments: Arguments) -> None:
    facts, layout, errors = arguments.study, Layout(arguments.study.name), literature.read_errors(arguments.errors)
    study = Study(
        comparison=tables.read_long(layout.table("comparison")),
        ablation=tables.read_long(layout.table("ablation")),
        transfer=tables.read_long(layout.table("transfer")),
        reference=facts.reference,
        filters={name: entry.base_filters for name, entry in facts.experiments.items()},
        aliases=facts.aliases,
        waterfall=tables.read_long(layout.table("waterfall")) if facts.protocols else None,
    )
    table = claims.compare_claims(literature.read_ledger(arguments.literature, errors), errors, study)
    write_table(Path(layout.table("claims")), table, claims.claims_shown(table))


if __name__ == "__main__":
    run(main, Arguments, __doc__)
