"""Measure the steps of each protocol of the study, from what a document did to what we do."""

from dataclasses import dataclass
from pathlib import Path

from script import run

from unetlib.evaluation import tables
from unetlib.report.study_tables import Scores, trained_facts, waterfall_table, write_table
from unetlib.report.waterfalls import waterfall_shown
from unetlib.study.facts import StudyFacts


@dataclass(frozen=True)
class Arguments:
    study: StudyFacts
    scores: Path
    frames: list[Path]
    csv: Path


def main(arguments: Arguments) -> None:
    scores = tables.read_long(arguments.scores)
    found = Scores(scores, scores[:0], tables.read_clusters(arguments.frames))
    table = waterfall_table(arguments.study, found, trained_facts(arguments.study))
    write_table(arguments.csv, table, waterfall_shown(table))


if __name__ == "__main__":
    run(main, Arguments, __doc__)
