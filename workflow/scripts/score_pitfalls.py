"""Measure the apparent gain of each pitfall of the study."""

from dataclasses import dataclass
from pathlib import Path

from script import run

from unetlib.evaluation import tables
from unetlib.evaluation.pitfalls import pitfalls_shown
from unetlib.report.study_tables import Scores, pitfall_table, trained_facts, write_table
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
    table = pitfall_table(arguments.study, found, trained_facts(arguments.study))
    write_table(arguments.csv, table, pitfalls_shown(table))


if __name__ == "__main__":
    run(main, Arguments, __doc__)
