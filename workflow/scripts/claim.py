"""Compare every published claim with this study's number for it, and give a verdict."""

import argparse

from splice import JSON, PATH, run

from unetlib.evaluation import tables
from unetlib.io.files import atomic_path
from unetlib.report import claims, display_tables, literature
from unetlib.report.study_scores import Study


def main(arguments: argparse.Namespace) -> None:
    config, errors = arguments.config, literature.read_errors(arguments.errors)
    study = Study(
        comparison=tables.read_long(arguments.tables / "comparison.csv"),
        ablation=tables.read_long(arguments.tables / "ablation.csv"),
        transfer=tables.read_long(arguments.tables / "transfer.csv"),
        reference=config["study"]["reference"],
        filters=claims.base_filters(config),
        aliases=claims.aliases(config),
    )
    table = claims.compare_claims(literature.read_ledger(arguments.ledger, errors), errors, study)
    made = {"csv": tables.to_csv(table), "md": display_tables.to_markdown(claims.claims_shown(table))}
    for suffix, text in made.items():
        with atomic_path(arguments.tables / f"claims.{suffix}") as temporary:
            temporary.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    run(main, __doc__, config=JSON, ledger=PATH, errors=PATH, tables=PATH)
